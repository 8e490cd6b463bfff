package dev.serin.registry.policy;

import dev.serin.registry.RegistryException;

/** A change that what lies in {@code model.json} does not allow. Nothing was changed. */
public final class PolicyRefusedException extends RegistryException {
    private static final long serialVersionUID = 1;

    private final Cause kind;

    /** Which way it does not fit. */
    public enum Cause {
        /** What it is about is not there. */
        NOT_THERE,
        /** Something that is there stands against it. */
        IN_THE_WAY
    }

    private PolicyRefusedException(Cause kind, String message) {
        super(message);
        this.kind = kind;
    }

    static PolicyRefusedException notThere(String message) {
        return new PolicyRefusedException(Cause.NOT_THERE, message);
    }

    static PolicyRefusedException inTheWay(String message) {
        return new PolicyRefusedException(Cause.IN_THE_WAY, message);
    }

    /** {@return which way it does not fit} */
    public Cause kind() {
        return kind;
    }
}
