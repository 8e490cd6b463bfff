package dev.serin.gateway.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Requests in progress, and whether the gateway is on its way out. Once it is, every answer says
 * {@code Connection: close}, so that callers go elsewhere by themselves. Thread-safe.
 */
public final class Drain {
    private final AtomicLong inProgress = new AtomicLong();
    private final Object idle = new Object();
    private volatile boolean draining;

    /** Nobody is sent away yet. */
    public Drain() {}

    /** From now on every answer is its connection's last. */
    public void begin() {
        draining = true;
    }

    /** {@return whether {@link #begin()} was called} */
    public boolean isDraining() {
        return draining;
    }

    /** {@return requests in progress} */
    public long inProgress() {
        return inProgress.get();
    }

    /**
     * Waits until no request is in progress.
     *
     * @return whether that came about in time
     * @throws InterruptedException when the waiting thread is told to stop
     */
    public boolean awaitIdle(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        synchronized (idle) {
            while (inProgress.get() > 0) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                idle.wait(left / 1_000_000 + 1);
            }
        }
        return true;
    }

    void enter() {
        inProgress.incrementAndGet();
    }

    void leave() {
        if (inProgress.decrementAndGet() == 0 && draining) {
            synchronized (idle) {
                idle.notifyAll();
            }
        }
    }
}
