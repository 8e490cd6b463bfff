package dev.serin.registry.s3;

import java.io.FilterInputStream;
import java.io.IOException;
import java.util.Optional;
import software.amazon.awssdk.http.Abortable;
import software.amazon.awssdk.http.AbortableInputStream;

/**
 * The body of an answer, cut when it drips or is longer than a document may be. An object that is closed early is
 * aborted, because closing would read the rest; documents are small, and closing keeps their connection. Used by one
 * thread, but for {@link #abort()}.
 */
final class GuardedBody extends FilterInputStream implements Abortable {
    private final AbortableInputStream body;
    private final MinimumRate rate;
    private final boolean isObject;
    private final long maxBytes;
    private final Optional<Long> length;
    private final WatchedHttp.Report report;
    private long count;
    private boolean ended;

    private GuardedBody(
            AbortableInputStream body,
            MinimumRate rate,
            boolean isObject,
            long maxBytes,
            Optional<Long> length,
            WatchedHttp.Report report) {
        super(body);
        this.body = body;
        this.rate = rate;
        this.isObject = isObject;
        this.maxBytes = maxBytes;
        this.length = length;
        this.report = report;
    }

    static GuardedBody ofObject(
            AbortableInputStream body, MinimumRate rate, Optional<Long> length, WatchedHttp.Report report) {
        return new GuardedBody(body, rate, true, Long.MAX_VALUE, length, report);
    }

    static GuardedBody ofDocument(
            AbortableInputStream body, MinimumRate rate, long maxBytes, WatchedHttp.Report report) {
        return new GuardedBody(body, rate, false, maxBytes, Optional.empty(), report);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int wanted) throws IOException {
        try {
            long start = System.nanoTime();
            int n = super.read(buffer, offset, wanted);
            check(n, System.nanoTime() - start);
            return n;
        } catch (IOException | RuntimeException e) {
            report.ended(false);
            abort();
            throw e;
        }
    }

    private void check(int n, long waitNanos) throws IOException {
        count += Math.max(0, n);
        ended = n < 0 || length.filter(all -> count >= all).isPresent();
        if (ended) {
            report.ended(true);
        } else if (!rate.holdsAfter(n, waitNanos)) {
            throw new SlowTransferException();
        }
        if (count > maxBytes) {
            throw new NotS3Exception("its answer has more than %d bytes".formatted(maxBytes));
        }
    }

    @Override
    public long skip(long n) throws IOException {
        return readNBytes((int) Math.min(n, 1 << 16)).length; // whatever passes is watched
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    @Override
    public void close() throws IOException {
        report.ended(true);
        if (isObject && !ended) {
            abort();
        }
        super.close();
    }

    @Override
    public void abort() {
        body.abort();
    }
}
