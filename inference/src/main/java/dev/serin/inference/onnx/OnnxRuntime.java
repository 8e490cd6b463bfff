package dev.serin.inference.onnx;

import dev.serin.inference.Session;
import java.nio.file.Path;

/**
 * ONNX Runtime in this process: one environment, one global thread pool, no spinning. Open it once; thread-safe.
 */
public final class OnnxRuntime implements AutoCloseable {
    private OnnxRuntime() {}

    /** Starts the runtime with a pool of this many threads inside single runs. */
    public static OnnxRuntime start(int intraOpThreads) {
        return new OnnxRuntime();
    }

    /** {@return version of the native library} */
    public String version() {
        return "";
    }

    /**
     * Loads a model from a folder of verified files.
     *
     * @param model the {@code model.onnx} inside that folder; external data lie beside it
     * @throws dev.serin.inference.ModelRefusedException when it cannot be loaded or needs what this binding cannot feed
     */
    public Session load(Path model) {
        throw new UnsupportedOperationException(model.toString());
    }

    /** Stops the watchdog of deadlines; close every session first. */
    @Override
    public void close() {}
}
