package dev.serin.gateway.http;

import dev.serin.inference.BufferPool;
import dev.serin.inference.TensorBytes;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
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

    /**
     * {@return the whole body; empty when there is none, whatever the method}
     *
     * @throws RequestException when it is too large or badly framed
     * @throws CloseConnectionException when the caller has gone
     */
    static byte[] read(ServerRequest request) {
        return read(request, Body::readWhole);
    }

    /**
     * A body whose first bytes are JSON.
     *
     * @param json all of it, or of a body that is shorter than its JSON should be, all that there is
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Divided(byte[] json, TensorBytes bytes) implements AutoCloseable {
        long length() {
            return (long) json.length + bytes.length();
        }

        @Override
        public void close() {
            bytes.close();
        }
    }

    /**
     * {@return the whole body, of which so many bytes are JSON}
     *
     * @throws RequestException when it is too large or badly framed
     * @throws CloseConnectionException when the caller has gone
     */
    static Divided readDivided(ServerRequest request, int jsonLength) {
        return read(request, whole -> divided(whole, jsonLength));
    }

    private static Divided divided(ServerRequest request, int jsonLength) throws IOException {
        long declared = request.headers().contentLength().orElse(-1);
        InputStream in = request.content().inputStream();
        byte[] json = in.readNBytes(jsonLength); // grows with what really comes, as the rest does
        TensorBytes bytes =
                TensorBytes.read(in, declared < 0 ? -1 : Math.max(0, declared - json.length), BufferPool.SHARED);
        try {
            Connections.bodyEnds();
        } catch (RuntimeException e) { // whatever it was: nobody else would give the buffer back
            bytes.close();
            throw e;
        }
        return new Divided(json, bytes);
    }

    /** Reads a body to its end, and says so. */
    @FunctionalInterface
    private interface Reading<T> {
        T read(ServerRequest request) throws IOException;
    }

    private static <T> T read(ServerRequest request, Reading<T> reading) {
        try {
            Connections.bodyBegins();
            return reading.read(request);
        } catch (NumberFormatException e) { // Helidon on the size of a chunk
            throw RequestException.builder()
                    .type(DirectHandler.EventType.BAD_REQUEST)
                    .message("The size of a chunk is no number")
                    .cause(e)
                    .build();
        } catch (DataReader.InsufficientDataAvailableException | UncheckedIOException | IOException e) {
            throw new CloseConnectionException("The caller went away while sending the body", e);
        }
    }

    /**
     * Takes what a service has left of a body once it has been answered, so that the next request is found behind it.
     *
     * @throws CloseConnectionException when that fails, or does not come in time
     */
    static void takeRest(ServerRequest request) {
        if (!request.content().hasEntity() || request.content().consumed()) {
            return;
        }
        try {
            Connections.answered();
            Connections.bodyBegins();
            request.content().consume();
            Connections.bodyEnds();
        } catch (RuntimeException e) { // Helidon has many for a caller who is gone, late or wrong; all end alike
            throw new CloseConnectionException("The rest of a body cannot be read", e);
        }
    }

    private static byte[] readWhole(ServerRequest request) throws IOException {
        byte[] body = whole(request);
        Connections.bodyEnds();
        return body;
    }

    private static byte[] whole(ServerRequest request) throws IOException {
        long declared = request.headers().contentLength().orElse(-1);
        InputStream in = request.content().inputStream();
        if (declared < 0 || declared > EXPECTED_AT_MOST) {
            return in.readAllBytes(); // grows with what really comes, not with what was promised
        }
        return exactly(in, (int) declared);
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
