package dev.serin.inference.onnx;

import dev.serin.inference.InferenceException;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Session;
import java.nio.file.Path;
import java.time.Duration;

/**
 * ONNX Runtime in this process: one environment, one global thread pool, no spinning. Open it once; thread-safe. The
 * library is taken from the folder that the system property {@code onnxruntime.native.path} names, else unpacked.
 */
public final class OnnxRuntime implements AutoCloseable {
    private final long environment;
    private final RunWatchdog watchdog;

    private OnnxRuntime(long environment) {
        this.environment = environment;
        this.watchdog = new RunWatchdog();
    }

    /**
     * Starts the runtime with a pool of this many threads inside single runs. The native pool lives as long as the
     * process: when started again, it keeps its first size.
     */
    public static OnnxRuntime start(int intraOpThreads) {
        try {
            return new OnnxRuntime(Environment.get(intraOpThreads));
        } catch (OrtFailure | LinkageError e) {
            throw new InferenceException(
                    "ONNX Runtime does not start: " + innermost(e).getMessage(), e);
        }
    }

    /** {@return what a class that cannot be initialised hides} */
    private static Throwable innermost(Throwable failure) {
        Throwable cause = failure.getCause();
        return cause == null ? failure : innermost(cause);
    }

    /** {@return version of the native library} */
    public String version() {
        return NativeLibrary.version();
    }

    /** Which threads work within a run. */
    public enum Threads {
        /** The caller's, and those of the process: a long run is over sooner. */
        SHARED,
        /** The caller's alone: a short run does not wait for another thread to wake. */
        CALLERS
    }

    /** Loads a model for long runs; see {@link #load(Path, Threads)}. */
    public Session load(Path model) {
        return load(model, Threads.SHARED);
    }

    /**
     * Loads a model from a folder of verified files.
     *
     * @param threads within its runs
     * @param model the {@code model.onnx} inside that folder; external data lie beside it
     * @return the session, which the caller closes
     * @throws ModelRefusedException when it cannot be loaded or needs what we do not feed
     */
    public Session load(Path model, Threads threads) {
        try {
            return OnnxSession.of(model, threads, environment, watchdog);
        } catch (OrtFailure e) {
            throw Refusals.of(String.valueOf(model.getFileName()), e);
        }
    }

    /**
     * Cuts off every run in progress, whatever its deadline, and waits until none is left: what is native must not be
     * freed under one.
     *
     * @return whether that came about in time; a single long kernel cannot be cut off
     */
    public boolean endRuns(Duration patience) {
        return watchdog.endRuns(patience);
    }

    /** Stops the watchdog of deadlines; close every session first. */
    @Override
    public void close() {
        watchdog.close();
    }
}
