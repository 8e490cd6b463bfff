package dev.serin.gateway.sessions;

import dev.serin.inference.Deadline;
import java.util.concurrent.TimeUnit;

/**
 * Native memory that loaded versions may take together. It is reserved before a load and given back once the session is
 * closed, so what is evicted but still leased, or still closing, counts. Thread-safe.
 */
final class MemoryBudget {
    private final long limitBytes;
    private long reservedBytes; // guarded by this

    MemoryBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** {@return whether there was room, which is taken now} */
    synchronized boolean tryReserve(long bytes) {
        if (bytes > limitBytes - reservedBytes) {
            return false;
        }
        reservedBytes += bytes;
        return true;
    }

    /** Waits until something is given back or the deadline passes. */
    synchronized void awaitRelease(long bytes, Deadline deadline) throws InterruptedException {
        long before = reservedBytes;
        while (bytes > limitBytes - reservedBytes && reservedBytes >= before && !deadline.hasPassed()) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
        }
    }

    synchronized void release(long bytes) {
        reservedBytes -= bytes;
        notifyAll();
    }

    synchronized long freeBytes() {
        return limitBytes - reservedBytes;
    }

    long limitBytes() {
        return limitBytes;
    }
}
