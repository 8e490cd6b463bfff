package dev.serin.benchmarks;

/** A server answered something that the row does not allow: its speed is of no interest. */
final class WrongAnswerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    WrongAnswerException(String message) {
        super(message);
    }
}
