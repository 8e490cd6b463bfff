package dev.serin.inference.json;

/** The two 16-bit float formats; Java has one of them. */
final class Halfs {
    private Halfs() {}

    static short toFloat16(float value) {
        return Float.floatToFloat16(value);
    }

    static float fromFloat16(short bits) {
        return Float.float16ToFloat(bits);
    }

    /** {@return the upper half of the value's bits, rounded to nearest even} */
    static short toBfloat16(float value) {
        int bits = Float.floatToIntBits(value);
        return Float.isNaN(value) ? 0x7FC0 : (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }

    static float fromBfloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}
