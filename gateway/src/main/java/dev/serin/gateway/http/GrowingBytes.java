package dev.serin.gateway.http;

import java.io.ByteArrayOutputStream;

/** A byte array output stream that lends its array instead of copying it. Not shared between threads. */
final class GrowingBytes extends ByteArrayOutputStream {
    private static final int USUAL_ANSWER = 512;

    GrowingBytes() {
        super(USUAL_ANSWER);
    }

    /** {@return the bytes, of which the first {@link #size()} count} */
    byte[] array() {
        return buf;
    }
}
