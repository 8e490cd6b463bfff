package dev.serin.gateway.http;

import java.io.ByteArrayOutputStream;

/**
 * A byte array output stream that lends its array instead of copying it, and knows where the JSON of an answer ends. Not shared
 * between threads.
 */
final class GrowingBytes extends ByteArrayOutputStream {
    private static final int USUAL_ANSWER = 512;
    private static final int ALL = -1;

    private int jsonLength = ALL;

    GrowingBytes() {
        super(USUAL_ANSWER);
    }

    /** @param more bytes that are expected beyond those of a usual answer */
    GrowingBytes(long more) {
        super((int) Math.min(USUAL_ANSWER + more, Integer.MAX_VALUE - Long.BYTES));
    }

    /** {@return the bytes, of which the first {@link #size()} count} */
    byte[] array() {
        return buf;
    }

    /** Says that what was written until now is JSON, and what follows is not. */
    void endJson() {
        jsonLength = count;
    }

    boolean isJson() {
        return jsonLength == ALL;
    }

    /** {@return how many of the first bytes are JSON, if not all are} */
    int jsonLength() {
        return jsonLength;
    }
}
