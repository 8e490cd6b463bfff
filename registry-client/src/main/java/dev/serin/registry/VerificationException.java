package dev.serin.registry;

/** The bytes of a version are not what its manifest promises, or are not fit to be used. Waiting does not mend it. */
public final class VerificationException extends RegistryException {
    private static final long serialVersionUID = 1;

    public VerificationException(String message) {
        super(message);
    }

    public VerificationException(String message, Throwable cause) {
        super(message, cause);
    }
}
