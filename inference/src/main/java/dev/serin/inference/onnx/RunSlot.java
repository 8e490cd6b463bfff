package dev.serin.inference.onnx;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A place for one run at a time, with the native switch that cuts it off. Beginning, ending and cutting off exclude each
 * other, and ending puts the switch back: what was meant for one run cannot hit the next. Thread-safe.
 */
final class RunSlot implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RunSlot.class.getName());

    private static final int LOG_FATAL = 4; // a failed run is told by its exception alone
    private static final int SCRATCH_LONGS = 256;

    private static final MethodHandle CREATE = CApi.CREATE_RUN_OPTIONS.handle();
    private static final MethodHandle LOG_LEVEL = CApi.RUN_OPTIONS_SET_RUN_LOG_SEVERITY_LEVEL.handle();
    private static final MethodHandle TERMINATE = CApi.RUN_OPTIONS_SET_TERMINATE.handle();
    private static final MethodHandle GO_ON = CApi.RUN_OPTIONS_UNSET_TERMINATE.handle();
    private static final MethodHandle RELEASE = CApi.RELEASE_RUN_OPTIONS.handle();

    private final long options;
    private final MemorySegment scratch = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, SCRATCH_LONGS);
    private volatile boolean busy; // written under the lock; read without it to pass by
    private boolean terminated; // guarded by this
    private boolean closed; // guarded by this
    private long deadline; // guarded by this; on the clock of System.nanoTime

    RunSlot() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            OrtFailure.check((long) CREATE.invokeExact(out.address()));
            options = out.get(ValueLayout.JAVA_LONG, 0);
            OrtFailure.check((long) LOG_LEVEL.invokeExact(options, LOG_FATAL)); // cannot fail, by its source
        } catch (Throwable e) { // method handles declare no less
            throw OrtFailure.unchecked(e);
        }
    }

    /** {@return the address of what the run is to be started with} */
    long options() {
        return options;
    }

    /** {@return native memory for the run that has the slot, of at least that many longs} */
    MemorySegment scratch(int longs) {
        return longs <= SCRATCH_LONGS ? scratch : Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, longs);
    }

    /** Takes the slot for a run; false when another has it. */
    boolean begin(long deadlineNanos) {
        if (busy) {
            return false;
        }
        synchronized (this) {
            if (busy) {
                return false;
            }
            deadline = deadlineNanos;
            busy = true;
            return true;
        }
    }

    /** Gives the slot back. {@return whether the run had been cut off} */
    synchronized boolean end() {
        if (closed) {
            return terminated;
        }
        if (!terminated) {
            busy = false;
            return false;
        }
        try {
            OrtFailure.check((long) GO_ON.invokeExact(options));
            terminated = false;
            busy = false;
        } catch (Throwable e) { // as above
            LOG.log(Level.ERROR, "A run slot is given up: its switch is stuck", e); // it stays busy
        }
        return true;
    }

    synchronized boolean isTerminated() {
        return terminated;
    }

    boolean isBusy() {
        return busy;
    }

    /** Cuts the run off, if there is one and its deadline has passed. */
    void terminateIfPast(long now) {
        if (!busy) {
            return;
        }
        synchronized (this) {
            if (now - deadline >= 0) {
                terminate();
            }
        }
    }

    /** Cuts the run off, if there is one. */
    synchronized void terminate() {
        if (busy && !terminated && !closed) {
            try {
                OrtFailure.check((long) TERMINATE.invokeExact(options));
                terminated = true;
            } catch (Throwable e) { // as above
                throw OrtFailure.unchecked(e);
            }
        }
    }

    /** Frees the switch; no run may be in progress. */
    @Override
    public synchronized void close() {
        boolean inUse = busy;
        busy = true; // nobody gets it any more
        closed = true; // nor is it touched
        if (inUse) {
            return; // a run has it all the same: better never freed than under it
        }
        try {
            RELEASE.invokeExact(options);
        } catch (Throwable e) { // as above
            throw OrtFailure.unchecked(e);
        }
    }
}
