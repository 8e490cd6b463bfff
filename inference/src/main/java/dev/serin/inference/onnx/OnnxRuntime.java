package dev.serin.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
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
    /** Without the arena a large output is given back at once, and small models run no slower. */
    private static final boolean CPU_ARENA = false;

    private final OrtEnvironment environment;
    private final RunWatchdog watchdog;

    private OnnxRuntime(OrtEnvironment environment) {
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
        } catch (OrtException e) {
            throw new InferenceException("ONNX Runtime does not start: " + e.getMessage(), e);
        }
    }

    /** {@return version of the native library} */
    public String version() {
        return environment.getVersion();
    }

    /**
     * Loads a model from a folder of verified files.
     *
     * @param model the {@code model.onnx} inside that folder; external data lie beside it
     * @return the session, which the caller closes
     * @throws ModelRefusedException when it cannot be loaded or needs what this binding cannot feed
     */
    public Session load(Path model) {
        try (SessionOptions options = options()) {
            OrtSession session = environment.createSession(model.toString(), options);
            try {
                return new OnnxSession(environment, watchdog, session, Signatures.of(session));
            } catch (OrtException | RuntimeException e) {
                session.close();
                throw e;
            }
        } catch (OrtException e) {
            throw Refusals.of(String.valueOf(model.getFileName()), e);
        }
    }

    private static SessionOptions options() throws OrtException {
        SessionOptions options = new SessionOptions();
        try {
            options.disablePerSessionThreads();
            options.setCPUArenaAllocator(CPU_ARENA);
            options.setMemoryPatternOptimization(CPU_ARENA); // patterns are blocks cut from the arena
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            return options;
        } catch (OrtException | RuntimeException e) {
            options.close();
            throw e;
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
