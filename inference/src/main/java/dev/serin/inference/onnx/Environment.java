package dev.serin.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime's environment, of which a process has one for its whole life: the first to ask sizes its threads. */
final class Environment {
    private static @Nullable OrtEnvironment environment; // guarded by the class

    private Environment() {}

    static synchronized OrtEnvironment get(int intraOpThreads) throws OrtException {
        OrtEnvironment made = environment;
        if (made == null) {
            try (OrtEnvironment.ThreadingOptions threads = new OrtEnvironment.ThreadingOptions()) {
                threads.setGlobalIntraOpNumThreads(intraOpThreads);
                threads.setGlobalInterOpNumThreads(1);
                threads.setGlobalSpinControl(false);
                made = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "serin", threads);
            }
            environment = made;
        }
        return made;
    }
}
