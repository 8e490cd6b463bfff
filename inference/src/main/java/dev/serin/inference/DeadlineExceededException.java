package dev.serin.inference;

/** A run was cut off, or not begun, because its deadline had passed. */
public final class DeadlineExceededException extends InferenceException {
    private static final long serialVersionUID = 1;

    public DeadlineExceededException() {
        super("The deadline passed");
    }
}
