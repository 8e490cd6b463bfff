package dev.serin.gateway.http;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.error.Wording;
import dev.serin.inference.Deadline;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import java.time.Duration;
import java.util.Optional;

/** {@code Serin-Deadline: 250ms}: how long the caller waits, from the arrival of the head. */
final class DeadlineHeader {
    static final HeaderName SERIN_DEADLINE = HeaderNames.create("Serin-Deadline");
    private static final long LONGEST_MILLIS = Duration.ofMinutes(10).toMillis();
    private static final int MOST_DIGITS = 9;

    private DeadlineHeader() {}

    /**
     * {@return the deadline asked for}
     *
     * @throws ServingException {@code invalid-request} when there is one that cannot be read
     */
    static Optional<Deadline> read(ServerRequestHeaders headers, long startNanos) {
        if (!headers.contains(SERIN_DEADLINE)) {
            return Optional.empty();
        }
        String text = headers.get(SERIN_DEADLINE).get();
        long millis = millis(text);
        if (millis < 1 || millis > LONGEST_MILLIS) {
            throw new ServingException(
                    ErrorCode.INVALID_REQUEST,
                    "Header Serin-Deadline is " + Wording.quoted(text)
                            + "; it takes whole milliseconds or seconds, such as 250ms or 2s, from 1ms to 600s.");
        }
        return Optional.of(new Deadline(startNanos + millis * 1_000_000));
    }

    private static long millis(String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        if (digits == 0 || digits > MOST_DIGITS) {
            return -1;
        }
        long number = Long.parseLong(text, 0, digits, 10);
        return switch (text.substring(digits)) {
            case "ms" -> number;
            case "s" -> number * 1000;
            default -> -1;
        };
    }
}
