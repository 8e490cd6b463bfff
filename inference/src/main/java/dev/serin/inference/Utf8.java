package dev.serin.inference;

/** Signs as UTF-8 (RFC 3629, section 3). */
public final class Utf8 {
    /** What stands for half a pair of surrogates. */
    public static final char REPLACEMENT = '\ufffd';

    private Utf8() {}

    /**
     * Writes a sign into an array. {@return where the next goes}
     *
     * @param point a code point, no surrogate
     */
    public static int put(int point, byte[] to, int at) {
        int next = at;
        if (point < 0x80) {
            to[next++] = (byte) point;
            return next;
        }
        if (point < 0x800) {
            to[next++] = (byte) (0xC0 + (point >> 6));
        } else if (point < 0x10000) {
            to[next++] = (byte) (0xE0 + (point >> 12));
            to[next++] = continued(point >> 6);
        } else {
            to[next++] = (byte) (0xF0 + (point >> 18));
            to[next++] = continued(point >> 12);
            to[next++] = continued(point >> 6);
        }
        to[next++] = continued(point);
        return next;
    }

    private static byte continued(int bits) {
        return (byte) (0x80 + (bits & 0x3F));
    }
}
