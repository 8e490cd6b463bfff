package dev.serin.registry;

/** A registry could not be read or written, or holds something unusable. The message can be shown to operators. */
public class RegistryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public RegistryException(String message) {
        super(message);
    }

    public RegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}
