package dev.serin.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Sizes, times and other people's words, for people. */
final class Words {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Words() {}

    /** {@return {@code 812 B}, {@code 11.6 KiB}, {@code 421 MiB}} */
    static String size(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        String digits = String.format(Locale.ROOT, unit == 0 || value >= 100 ? "%.0f" : "%.1f", value);
        return digits.replaceFirst("\\.0$", "") + " " + UNITS[unit];
    }

    /** {@return {@code 2026-11-22 12:03 UTC}} */
    static String time(Instant instant) {
        return TIME.format(instant);
    }

    /** {@return {@code 12:03} on the day of the other instant, else the date too, both in UTC} */
    static String clock(Instant instant, Instant now) {
        String text = TIME.format(instant).replace(" UTC", "");
        String day = TIME.format(now).substring(0, 10) + " ";
        return text.startsWith(day) ? text.substring(day.length()) : text;
    }

    /** {@return the same to the second: {@code 12:03:41}} */
    static String second(Instant instant, Instant now) {
        return clock(instant, now) + String.format(Locale.ROOT, ":%02d", Math.floorMod(instant.getEpochSecond(), 60));
    }

    /** {@return {@code 90 s}, {@code 5 min}, {@code 2 h}, whichever says it whole} */
    static String duration(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds == 0) {
            return duration.toMillis() + " ms";
        }
        if (seconds % 60 != 0) {
            return seconds + " s";
        }
        return seconds % 3600 == 0 ? seconds / 3600 + " h" : seconds / 60 + " min";
    }

    /** {@return {@code 41s ago}, {@code 2h ago}, {@code 3d ago}} */
    static String age(Instant then, Instant now) {
        Duration age = Duration.between(then, now);
        if (age.isNegative() || age.toSeconds() < 1) {
            return "just now";
        }
        if (age.toMinutes() < 1) {
            return age.toSeconds() + "s ago";
        }
        if (age.toHours() < 1) {
            return age.toMinutes() + "m ago";
        }
        return age.toDays() < 2 ? age.toHours() + "h ago" : age.toDays() + "d ago";
    }

    /** {@return {@code 812}, {@code 0.4}: so many a second} */
    static String rate(double perSecond) {
        return String.format(Locale.ROOT, perSecond == 0 || perSecond >= 10 ? "%.0f" : "%.1f", perSecond);
    }

    /** {@return what others wrote without the signs that a terminal would obey, but for the ends of lines} */
    static String printable(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}&&[^\n]]", "\uFFFD");
    }

    /** {@return the same as one line, so that it cannot look like another one of ours} */
    static String line(String text) {
        return printable(text.replace('\n', ' '));
    }

    /** {@return {@code 1 file}, {@code 3 files}} */
    static String count(long count, String one) {
        return count == 1 ? "1 " + one : count + " " + one + "s";
    }
}
