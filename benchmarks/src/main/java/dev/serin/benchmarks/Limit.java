package dev.serin.benchmarks;

import java.util.Locale;

/**
 * What is asked of one figure of a row.
 *
 * @param figure its name among the figures of a round
 */
record Limit(String figure, Bound bound, double value) {
    /** Which side of the value is good; the value itself is. */
    enum Bound {
        AT_LEAST("≥"),
        AT_MOST("≤");

        private final String sign;

        Bound(String sign) {
            this.sign = sign;
        }
    }

    static Limit atLeast(String figure, double value) {
        return new Limit(figure, Bound.AT_LEAST, value);
    }

    static Limit atMost(String figure, double value) {
        return new Limit(figure, Bound.AT_MOST, value);
    }

    /** {@return whether this figure is good enough; what is not a number never is} */
    boolean isMetBy(double measured) {
        return switch (bound) {
            case AT_LEAST -> measured >= value;
            case AT_MOST -> measured <= value;
        };
    }

    /** {@return what is worse than any figure} */
    double worst() {
        return switch (bound) {
            case AT_LEAST -> Double.NEGATIVE_INFINITY;
            case AT_MOST -> Double.POSITIVE_INFINITY;
        };
    }

    @Override
    public String toString() {
        return "%s %s %s".formatted(figure, bound.sign, text(value));
    }

    /** {@return a number with as many digits as one reads: 0.812, 17.4, 92,300} */
    static String text(double number) {
        double size = Math.abs(number);
        String form = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
        return number == Math.rint(number) && size < 100
                ? "%.0f".formatted(number)
                : String.format(Locale.ROOT, form, number);
    }
}
