package dev.serin.registry.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A large object as one stream: its head comes from the answer to the first request, the rest in ranges, a few of which
 * are fetched ahead at the same time. Holds so many ranges in memory and no more. Used by one thread.
 */
final class RangedStream extends InputStream {
    private final InputStream head;
    private final Ranges ranges;
    private final long size;
    private final int rangeBytes;
    private final Deque<FutureTask<byte[]>> ahead = new ArrayDeque<>();
    private long position;
    private long nextStart; // of the range to ask for next
    private byte[] current = {};
    private int currentPosition;

    /** Fetches one range. */
    @FunctionalInterface
    interface Ranges {
        /** {@return exactly these bytes} */
        byte[] fetch(long start, int length) throws IOException;
    }

    /**
     * A stream over an object.
     *
     * @param head its first bytes, of which the first {@code rangeBytes} are read; closed with this
     * @param parallel how many transfers may be under way
     */
    RangedStream(InputStream head, Ranges ranges, long size, int rangeBytes, int parallel) {
        this.head = head;
        this.ranges = ranges;
        this.size = size;
        this.rangeBytes = rangeBytes;
        this.nextStart = rangeBytes;
        for (int i = 1; i < parallel; i++) {
            fetchNext();
        }
    }

    private void fetchNext() {
        if (nextStart < size) {
            long start = nextStart;
            int length = (int) Math.min(rangeBytes, size - start);
            FutureTask<byte[]> task = new FutureTask<>(() -> ranges.fetch(start, length));
            Thread.ofVirtual().name("s3-range-" + start).start(task);
            ahead.add(task);
            nextStart += length;
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int wanted) throws IOException {
        if (wanted == 0) {
            return 0;
        }
        int n = position < rangeBytes
                ? head.read(buffer, offset, (int) Math.min(wanted, rangeBytes - position))
                : readCurrent(buffer, offset, wanted);
        position += Math.max(0, n);
        if (n > 0 && position == rangeBytes) {
            head.close();
            fetchNext(); // in its place
        }
        return n;
    }

    private int readCurrent(byte[] buffer, int offset, int wanted) throws IOException {
        if (currentPosition == current.length) {
            FutureTask<byte[]> next = ahead.poll();
            if (next == null) {
                return -1;
            }
            current = join(next);
            currentPosition = 0;
            if (position > rangeBytes) {
                fetchNext();
            }
        }
        int n = Math.min(wanted, current.length - currentPosition);
        System.arraycopy(current, currentPosition, buffer, offset, n);
        currentPosition += n;
        return n;
    }

    private static byte[] join(FutureTask<byte[]> task) throws IOException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            String message = e.getCause() == null ? null : e.getCause().getMessage();
            throw new IOException(message == null ? "a part of it could not be read" : message, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("it was interrupted");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    @Override
    public void close() throws IOException {
        ahead.forEach(task -> task.cancel(true));
        ahead.clear();
        head.close();
    }
}
