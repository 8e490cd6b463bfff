package dev.serin.registry.s3;

import java.io.FilterInputStream;
import java.io.IOException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * The bytes of an object. Whatever goes wrong on the way, a wrong checksum included, is an {@link IOException} whose
 * message can follow "Cannot read it:". Used by one thread.
 */
final class ObjectStream extends FilterInputStream {
    private final ResponseInputStream<GetObjectResponse> body;
    private final Exchange exchange;
    private final Failures failures;
    private final long length;
    private long count;
    private boolean ended;

    ObjectStream(ResponseInputStream<GetObjectResponse> body, Exchange exchange, Failures failures) {
        super(body);
        this.body = body;
        this.exchange = exchange;
        this.failures = failures;
        Long announced = body.response().contentLength();
        this.length = announced == null ? -1 : announced;
    }

    /** {@return how many bytes were announced; -1 when none were} */
    long length() {
        return length;
    }

    /** {@return the tag as the store has it} */
    String eTag() {
        String eTag = body.response().eTag();
        return eTag == null ? "" : eTag;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int wanted) throws IOException {
        int n;
        try {
            n = body.read(buffer, offset, wanted);
        } catch (IOException | SdkException e) {
            throw new IOException(reason(e), e);
        }
        ended = n < 0;
        count += Math.max(0, n);
        if (ended && length >= 0 && count != length) {
            throw new IOException("it ended after %d of %d bytes".formatted(count, length));
        }
        return n;
    }

    private String reason(Exception e) {
        return length >= 0 && count < length
                ? "after %d of %d bytes, %s".formatted(count, length, failures.reason(exchange, e))
                : failures.reason(exchange, e);
    }

    @Override
    public long skip(long n) throws IOException {
        return readNBytes((int) Math.min(n, 1 << 16)).length;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** Closing would read the rest, however long that takes. */
    @Override
    public void close() {
        if (ended) {
            try {
                body.close();
            } catch (IOException | SdkException _) {
                body.abort(); // all bytes are here
            }
        } else {
            body.abort();
        }
    }
}
