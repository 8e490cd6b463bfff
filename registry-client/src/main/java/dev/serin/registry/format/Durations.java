package dev.serin.registry.format;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: a whole number and its unit, such as {@code 250ms}, {@code 10m}, {@code 1d}. */
public final class Durations {
    private static final Pattern SYNTAX = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

    private Durations() {}

    /**
     * {@return the duration}
     *
     * @throws IllegalArgumentException when the text is none
     */
    public static Duration parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "must be a duration such as 250ms, 2s, 10m, 1h or 1d, got '%s'".formatted(text));
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    /**
     * {@return the duration, which is not zero}
     *
     * @throws IllegalArgumentException when the text is none, or zero
     */
    public static Duration parsePositive(String text) {
        Duration duration = parse(text);
        if (duration.isZero()) {
            throw new IllegalArgumentException("must be longer than nothing, got '%s'".formatted(text));
        }
        return duration;
    }
}
