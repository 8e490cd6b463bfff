package dev.serin.inference;

/**
 * A model's output has no form in the protocol that it was asked for by. The message says what would be right, and can
 * be shown to callers.
 */
public final class OutputFormException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public OutputFormException(String message) {
        super(message);
    }
}
