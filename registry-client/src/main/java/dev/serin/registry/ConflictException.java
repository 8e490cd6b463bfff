package dev.serin.registry;

/** Somebody else wrote meanwhile, or what should be new is there already. Nothing was changed. */
public final class ConflictException extends RegistryException {
    private static final long serialVersionUID = 1;

    public ConflictException(String message) {
        super(message);
    }
}
