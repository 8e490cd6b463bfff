package dev.serin.inference.onnx;

import dev.serin.inference.Deadline;
import dev.serin.inference.InferenceException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * Cuts off runs whose deadline has passed. Runs stand in slots, of which there are as many as there were runs at once; one
 * thread looks at them every {@value #TICK_MILLIS} ms and sleeps when nothing has run for a while. Beginning and ending a
 * run allocate nothing. Thread-safe.
 */
final class RunWatchdog implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RunWatchdog.class.getName());
    private static final long TICK_MILLIS = 2;
    private static final int IDLE_TICKS = 500;

    private final int idleTicks;
    private final Thread thread;
    private volatile RunSlot[] slots = {}; // grows under the lock, never shrinks before close
    private volatile boolean asleep;
    private volatile boolean closed;

    RunWatchdog() {
        this(IDLE_TICKS);
    }

    /** @param idleTicks how often to look at nothing before going to sleep */
    RunWatchdog(int idleTicks) {
        this.idleTicks = idleTicks;
        thread = Thread.ofPlatform().name("serin-run-watchdog").daemon().start(this::watch);
    }

    /** Takes a slot for a run, to be started with its options at once and ended by {@link RunSlot#end}. */
    RunSlot begin(Deadline deadline) {
        RunSlot slot = take(deadline.nanoTime());
        if (asleep) {
            LockSupport.unpark(thread);
        }
        return slot;
    }

    private RunSlot take(long deadline) {
        for (RunSlot slot : slots) {
            if (slot.begin(deadline)) {
                return slot;
            }
        }
        return grow(deadline);
    }

    private synchronized RunSlot grow(long deadline) {
        if (closed) {
            throw new IllegalStateException("ONNX Runtime has been closed");
        }
        try {
            RunSlot slot = new RunSlot();
            slot.begin(deadline);
            RunSlot[] grown = Arrays.copyOf(slots, slots.length + 1);
            grown[slots.length] = slot;
            slots = grown;
            return slot;
        } catch (OrtFailure e) {
            throw new InferenceException("Cannot make run options: " + e.getMessage(), e);
        }
    }

    private void watch() {
        int idle = 0;
        while (!closed) {
            idle = terminatePast() ? 0 : idle + 1;
            if (idle < idleTicks) {
                LockSupport.parkNanos(this, TICK_MILLIS * 1_000_000);
            } else {
                sleepUntilNextRun();
                idle = 0;
            }
        }
    }

    /** {@return whether anything is running} */
    private boolean terminatePast() {
        boolean running = false;
        long now = System.nanoTime();
        for (RunSlot slot : slots) {
            running |= slot.isBusy();
            try {
                slot.terminateIfPast(now);
            } catch (RuntimeException e) { // whatever it is, the others are to be cut off all the same
                LOG.log(Level.ERROR, "Cannot cut off a run whose deadline has passed", e);
            }
        }
        return running;
    }

    /**
     * Cuts off every run, whatever its deadline, and waits until none is left.
     *
     * @return whether that came about in time; a single long kernel cannot be cut off
     */
    boolean endRuns(Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        while (terminateAll()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            LockSupport.parkNanos(this, TICK_MILLIS * 1_000_000);
        }
        return true;
    }

    /** {@return whether anything is running} */
    private boolean terminateAll() {
        boolean running = false;
        for (RunSlot slot : slots) {
            running |= slot.isBusy();
            try {
                slot.terminate();
            } catch (RuntimeException e) { // whatever it is, the others are to be cut off all the same
                LOG.log(Level.ERROR, "Cannot cut off a run", e);
            }
        }
        return running;
    }

    private void sleepUntilNextRun() {
        asleep = true;
        if (!terminatePast() && !closed) { // a run that began before it could see that we sleep
            LockSupport.park(this);
        }
        asleep = false;
    }

    boolean isAsleep() {
        return asleep;
    }

    /** Stops watching and frees the slots; no run may be in progress. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        LockSupport.unpark(thread);
        for (RunSlot slot : slots) {
            slot.close();
        }
    }
}
