package dev.serin.gateway.scheduling;

import dev.serin.inference.Deadline;
import java.util.concurrent.locks.LockSupport;

/** One request in line. */
final class Waiter implements Comparable<Waiter> {
    final RunQueue queue;
    private final Deadline until;
    private final Thread thread = Thread.currentThread();
    private volatile boolean granted;

    Waiter(RunQueue queue, Deadline until) {
        this.queue = queue;
        this.until = until;
    }

    /** Gives the slot to this waiter. */
    void grant() {
        granted = true;
        LockSupport.unpark(thread);
    }

    /** {@return whether a slot was given before the deadline passed or the thread was interrupted} */
    boolean await() {
        while (!granted) {
            long nanos = until.remainingNanos();
            if (nanos <= 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(this, nanos);
        }
        return true;
    }

    boolean isGranted() {
        return granted;
    }

    @Override
    public int compareTo(Waiter other) {
        return until.compareTo(other.until);
    }
}
