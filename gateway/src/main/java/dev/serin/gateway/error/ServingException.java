package dev.serin.gateway.error;

import dev.serin.inference.InvalidInputException.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A request could not be answered. The message is for the caller: what failed, on what, what was given, what would be
 * right; never native text, paths or addresses, which belong into the cause.
 */
public final class ServingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;
    private final transient List<Fault> faults;
    private final transient Optional<Duration> retryAfter;

    public ServingException(ErrorCode code, String message) {
        this(code, message, null, List.of(), Optional.empty());
    }

    public ServingException(ErrorCode code, String message, Throwable cause) {
        this(code, message, cause, List.of(), Optional.empty());
    }

    private ServingException(
            ErrorCode code,
            String message,
            @org.jspecify.annotations.Nullable Throwable cause,
            List<Fault> faults,
            Optional<Duration> retryAfter) {
        super(message, cause, false, false); // an answer, not a bug: no stack trace to pay for
        this.code = code;
        this.faults = List.copyOf(faults);
        this.retryAfter = retryAfter;
    }

    /** {@return the same failure, naming each fault of the input} */
    public ServingException withFaults(List<Fault> all) {
        return new ServingException(code, text(), getCause(), all, retryAfter);
    }

    /** {@return the same failure, with the time after which to try again; the edge jitters and rounds it} */
    public ServingException retryAfter(Duration duration) {
        return new ServingException(code, text(), getCause(), faults, Optional.of(duration));
    }

    public ErrorCode code() {
        return code;
    }

    public List<Fault> faults() {
        return faults;
    }

    public Optional<Duration> retryAfter() {
        return retryAfter;
    }

    /** {@return the message, which a ServingException always has} */
    public String text() {
        return Objects.requireNonNull(getMessage());
    }
}
