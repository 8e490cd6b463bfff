package dev.serin.inference;

import java.util.List;

/**
 * A request that cannot be read ({@link Kind#UNREADABLE}) or that can, but does not fit the model
 * ({@link Kind#MISFIT}). The message is a sentence for the caller: what failed, what was given, what would be right.
 */
public final class InvalidInputException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Kind kind;
    private final transient List<Fault> faults;

    public InvalidInputException(Kind kind, String message) {
        this(kind, message, List.of());
    }

    public InvalidInputException(Kind kind, String message, List<Fault> faults) {
        super(message, null, false, false); // a caller's mistake: no stack trace to pay for
        this.kind = kind;
        this.faults = List.copyOf(faults);
    }

    public Kind kind() {
        return kind;
    }

    /** {@return every fault found, in order; empty when the message says it all} */
    public List<Fault> faults() {
        return faults == null ? List.of() : faults;
    }

    public enum Kind {
        UNREADABLE,
        MISFIT
    }

    /**
     * One fault.
     *
     * @param pointer JSON pointer into the body, as a URI fragment: {@code #/instances/3}
     * @param rule machine-readable: {@code unknown}, {@code missing}, {@code type}, {@code shape}, {@code range}
     */
    public record Fault(String pointer, String rule, String detail) {}
}
