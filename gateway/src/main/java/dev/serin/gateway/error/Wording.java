package dev.serin.gateway.error;

import java.time.Duration;
import java.util.Locale;

/** How values and names are put into sentences for people. */
public final class Wording {
    private static final int LONGEST_VALUE = 40;
    private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB"};

    private Wording() {}

    /** {@return a value that a caller gave, in quotes, cut and on one line} */
    public static String quoted(String value) {
        String shown = value.length() <= LONGEST_VALUE ? value : value.substring(0, LONGEST_VALUE) + "…";
        return "'"
                + shown.codePoints()
                        .map(sign -> Character.isISOControl(sign) ? '\uFFFD' : sign)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                + "'";
    }

    /** {@return a size with its unit: {@code 80.2 MiB}, {@code 64 MiB}, {@code 812 bytes}} */
    public static String size(long bytes) {
        int unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        String digits = String.format(Locale.ROOT, "%.1f", value);
        return (digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits) + " " + UNITS[unit];
    }

    /** {@return a time in its two largest units: {@code 12 s}, {@code 5 min 12 s}, {@code 3 h 5 min}, {@code 2 d 3 h}} */
    public static String duration(Duration time) {
        if (time.toMinutes() == 0) {
            return time.toSeconds() + " s";
        }
        if (time.toHours() == 0) {
            return "%d min %d s".formatted(time.toMinutes(), time.toSecondsPart());
        }
        return time.toDays() == 0
                ? "%d h %d min".formatted(time.toHours(), time.toMinutesPart())
                : "%d d %d h".formatted(time.toDays(), time.toHoursPart());
    }
}
