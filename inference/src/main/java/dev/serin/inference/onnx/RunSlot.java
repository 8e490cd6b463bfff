package dev.serin.inference.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession.RunOptions;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;

/**
 * A place for one run at a time, with the native switch that cuts it off. Beginning, ending and cutting off exclude each
 * other, and ending puts the switch back: what was meant for one run cannot hit the next. Thread-safe.
 */
final class RunSlot implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RunSlot.class.getName());

    private static final Field OPTIONS = CApi.field(RunOptions.class, "nativeHandle");
    private static final int SCRATCH_LONGS = 256;

    private final RunOptions options;
    private final MemorySegment scratch = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, SCRATCH_LONGS);
    private volatile boolean busy; // written under the lock; read without it to pass by
    private boolean terminated; // guarded by this
    private long deadline; // guarded by this; on the clock of System.nanoTime

    RunSlot() throws OrtException {
        options = new RunOptions();
        options.setLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL); // a failed run is told by its exception alone
    }

    /** {@return what the run is to be started with} */
    RunOptions options() {
        return options;
    }

    /** {@return the same for the C API} */
    long optionsAddress() {
        try {
            return OPTIONS.getLong(options);
        } catch (IllegalAccessException e) {
            throw new LinkageError("This is not the binding of ONNX Runtime that Serin was built for", e);
        }
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
        if (!terminated) {
            busy = false;
            return false;
        }
        try {
            options.setTerminate(false);
            terminated = false;
            busy = false;
        } catch (OrtException e) {
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
    void terminateIfPast(long now) throws OrtException {
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
    synchronized void terminate() throws OrtException {
        if (busy && !terminated) {
            terminated = true;
            options.setTerminate(true);
        }
    }

    /** Frees the switch; no run may be in progress. */
    @Override
    public synchronized void close() {
        busy = true; // nobody gets it any more
        terminated = true; // nor is it touched
        options.close();
    }
}
