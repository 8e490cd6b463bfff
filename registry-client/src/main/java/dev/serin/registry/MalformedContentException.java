package dev.serin.registry;

/** An object of the registry is not what its name says: no JSON, too large, a member that does not fit. */
public final class MalformedContentException extends RegistryException {
    private static final long serialVersionUID = 1;

    public MalformedContentException(String message) {
        super(message);
    }

    public MalformedContentException(String message, Throwable cause) {
        super(message, cause);
    }
}
