package dev.serin.gateway.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with their units, read and written. */
final class Quantities {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?) ?([A-Za-z%]+)");
    private static final Pattern BARE = Pattern.compile("[0-9.]+");
    private static final List<Unit> TIMES = List.of(
            new Unit("d", 86_400_000_000_000L),
            new Unit("h", 3_600_000_000_000L),
            new Unit("m", 60_000_000_000L),
            new Unit("s", 1_000_000_000),
            new Unit("ms", 1_000_000));
    private static final List<Unit> SIZES = List.of(
            new Unit("TiB", 1L << 40),
            new Unit("GiB", 1L << 30),
            new Unit("MiB", 1L << 20),
            new Unit("KiB", 1L << 10),
            new Unit("B", 1));
    private static final List<Unit> DECIMAL_SIZES = List.of(
            new Unit("TB", 1_000_000_000_000L),
            new Unit("GB", 1_000_000_000),
            new Unit("MB", 1_000_000),
            new Unit("kB", 1_000));

    private Quantities() {}

    static Optional<Duration> duration(String text) {
        return quantity(text, TIMES).map(Duration::ofNanos);
    }

    static Optional<Long> bytes(String text) {
        return quantity(text, SIZES).or(() -> quantity(text, DECIMAL_SIZES));
    }

    /** {@return the share as a fraction of one} */
    static Optional<BigDecimal> share(String text) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text);
        return matcher.matches() && matcher.group(2).equals("%")
                ? Optional.of(new BigDecimal(matcher.group(1)).movePointLeft(2))
                : Optional.empty();
    }

    /** {@return whether this is a number that lacks its unit} */
    static boolean isBare(String text) {
        return BARE.matcher(text).matches();
    }

    private static Optional<Long> quantity(String text, List<Unit> units) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text);
        return matcher.matches()
                ? units.stream()
                        .filter(unit -> unit.label().equals(matcher.group(2)))
                        .findFirst()
                        .map(unit -> multiply(new BigDecimal(matcher.group(1)), unit.size()))
                : Optional.empty();
    }

    private static long multiply(BigDecimal count, long size) {
        BigDecimal product = count.multiply(BigDecimal.valueOf(size));
        return product.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
                ? Long.MAX_VALUE
                : product.setScale(0, RoundingMode.HALF_UP).longValueExact();
    }

    static String format(Duration duration) {
        return duration.isZero() ? "0s" : format(duration.toNanos(), TIMES);
    }

    static String format(long bytes) {
        return format(bytes, SIZES);
    }

    private static String format(long value, List<Unit> units) {
        Unit largest = units.stream()
                .filter(unit -> value >= unit.size() && value % unit.size() == 0)
                .findFirst()
                .orElse(units.getLast());
        return value / largest.size() + largest.label();
    }

    private record Unit(String label, long size) {}
}
