package dev.serin.inference;

/**
 * A model file cannot be served. The message says why and what would be right, and can be shown to anybody: no native
 * text and no path is in it. What ONNX Runtime said is the cause.
 */
public final class ModelRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ModelRefusedException(String message) {
        super(message);
    }

    public ModelRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
