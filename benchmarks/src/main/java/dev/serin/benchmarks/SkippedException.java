package dev.serin.benchmarks;

/** What a row needs is not on this machine. */
final class SkippedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    SkippedException(String message) {
        super(message);
    }
}
