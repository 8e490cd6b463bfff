package dev.serin.inference.json;

import java.nio.charset.StandardCharsets;

/**
 * Reads JSON's numbers from bytes into the nearest float or double, without an object where there are few digits: a whole number up
 * to 2^53 times or through a power of ten up to 10^22 is rounded once, and so rightly (W. D. Clinger, How to Read Floating Point
 * Numbers Accurately, 1990). Not thread-safe.
 */
final class NumberScanner {
    private static final int NONE = -1;
    private static final int MOST_SIGNS = 64; // longer ones are somebody else's
    private static final int MOST_WHOLE_DIGITS = 18; // longer ones Jackson rounds to a double first
    private static final int MOST_EXPONENT = 9_999;
    private static final long MOST_EXACT = 1L << 53;
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };

    /** A double halfway between two floats: what it was rounded from may lie on either side. */
    private static final long BELOW_FLOAT = (1L << 29) - 1;

    private static final long HALFWAY = 1L << 28;

    private final byte[] bytes;
    private final int end;
    private final boolean single;
    private double value;

    /** @param single whether numbers are rounded to floats, at once */
    NumberScanner(byte[] bytes, int end, boolean single) {
        this.bytes = bytes;
        this.end = end;
        this.single = single;
    }

    /** {@return the number that {@link #scan} read} */
    double value() {
        return value;
    }

    /** {@return where the number ends that begins there; negative where none does, or one that Jackson reads in another
     *     way: one that is not finite, a whole -0, a whole one of more than 18 digits} */
    int scan(int from) {
        int at = from;
        boolean negative = at < end && bytes[at] == '-';
        if (negative) {
            at++;
        }
        int first = at;
        long digits = 0;
        boolean exact = true;
        while (at < end && isDigit(bytes[at])) {
            digits = digits * 10 + (bytes[at++] - '0');
            exact &= digits <= MOST_EXACT; // and stays false, whatever overflows
        }
        if (at == first || (bytes[first] == '0' && at > first + 1)) {
            return NONE;
        }
        boolean whole = true;
        int exponent = 0;
        if (at < end && bytes[at] == '.') {
            whole = false;
            int point = ++at;
            while (at < end && isDigit(bytes[at])) {
                digits = digits * 10 + (bytes[at++] - '0');
                exact &= digits <= MOST_EXACT;
            }
            if (at == point) {
                return NONE;
            }
            exponent = point - at;
        }
        if (at < end && (bytes[at] | 0x20) == 'e') {
            whole = false;
            at++;
            boolean down = at < end && bytes[at] == '-';
            if (down || (at < end && bytes[at] == '+')) {
                at++;
            }
            int power = at;
            int written = 0;
            while (at < end && isDigit(bytes[at])) {
                written = Math.min(MOST_EXPONENT, written * 10 + (bytes[at++] - '0'));
            }
            if (at == power) {
                return NONE;
            }
            exponent += down ? -written : written;
        }
        boolean odd = whole && ((negative && digits == 0) || at - first > MOST_WHOLE_DIGITS);
        if (at - from > MOST_SIGNS || odd) {
            return NONE;
        }
        if (!exact || Math.abs(exponent) >= POWERS.length || !round(negative ? -(double) digits : digits, exponent)) {
            String text = new String(bytes, from, at - from, StandardCharsets.ISO_8859_1);
            value = single ? Float.parseFloat(text) : Double.parseDouble(text);
        }
        return Double.isFinite(value) ? at : NONE;
    }

    /** {@return whether the value is certain} */
    private boolean round(double digits, int exponent) {
        double nearest = exponent < 0 ? digits / POWERS[-exponent] : digits * POWERS[exponent];
        if (single) {
            double size = Math.abs(nearest);
            if ((Double.doubleToRawLongBits(nearest) & BELOW_FLOAT) == HALFWAY
                    || (size < Float.MIN_NORMAL && size > 0)) {
                return false;
            }
            value = (float) nearest;
        } else {
            value = nearest;
        }
        return true;
    }

    private static boolean isDigit(byte sign) {
        return sign >= '0' && sign <= '9';
    }
}
