package dev.serin.gateway.http;

import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Reads bodies. The limit on their size is the listener's ({@code maxPayloadSize}): Helidon refuses a declared length
 * at once and a chunked body at the chunk that goes over, and both end in {@link HttpErrors}.
 */
final class Body {
    private static final int EXPECTED_AT_MOST = 64 << 10;

    private Body() {}

    /** {@return the whole body; empty when there is none, whatever the method} */
    static byte[] read(ServerRequest request) {
        long declared = request.headers().contentLength().orElse(-1);
        try {
            InputStream in = request.content().inputStream();
            if (declared < 0 || declared > EXPECTED_AT_MOST) {
                return in.readAllBytes(); // grows with what really comes, not with what was promised
            }
            return exactly(in, (int) declared);
        } catch (IOException e) {
            throw new UncheckedIOException("The body ended early", e);
        }
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] body = new byte[length];
        int read = in.readNBytes(body, 0, length);
        if (read < length || in.read() >= 0) { // the second read tells Helidon that the body has been taken
            throw new IOException("expected " + length + " bytes, got " + read);
        }
        return body;
    }
}
