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
    private long leavingBytes; // of those, what is evicted and not closed yet; guarded by this
    private long releases; // guarded by this

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

    /** So much of what is reserved was evicted, and is given back by {@link #left} once nobody uses it any more. */
    synchronized void leaving(long bytes) {
        leavingBytes += bytes;
    }

    /** Gives back what was reserved and has never been {@link #leaving}. */
    synchronized void release(long bytes) {
        left(bytes, 0);
    }

    /**
     * Gives back what was reserved.
     *
     * @param leaving as much of it as was said to be leaving
     */
    synchronized void left(long bytes, long leaving) {
        reservedBytes -= bytes;
        leavingBytes -= leaving;
        releases++;
        notifyAll();
    }

    /** {@return how often something was given back} */
    synchronized long releases() {
        return releases;
    }

    /** Waits until something is given back that is not among these, or the deadline passes. */
    synchronized void awaitRelease(long known, Deadline deadline) throws InterruptedException {
        while (releases == known && !deadline.hasPassed()) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
        }
    }

    /** {@return what has to go for these bytes beside what is going already; 0 or less where nothing has to} */
    synchronized long missingBytes(long bytes) {
        return bytes - (limitBytes - reservedBytes) - leavingBytes;
    }

    synchronized long freeBytes() {
        return limitBytes - reservedBytes;
    }

    long limitBytes() {
        return limitBytes;
    }
}
