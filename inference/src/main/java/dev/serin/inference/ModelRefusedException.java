package dev.serin.inference;

/** A model file cannot be served. The message says why and what would be right, and can be shown to operators. */
public final class ModelRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ModelRefusedException(String message) {
        super(message);
    }

    public ModelRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
