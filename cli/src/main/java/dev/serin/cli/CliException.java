package dev.serin.cli;

/** A command cannot do what it was asked. The message is for its caller; the hint is what to type next. */
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ExitCode code;
    private final String text;
    private final String hint;

    /**
     * A failure.
     *
     * @param hint empty when there is none
     */
    CliException(ExitCode code, String text, String hint) {
        super(text, null, false, false); // an answer, not a bug: no stack trace to pay for
        this.code = code;
        this.text = text;
        this.hint = hint;
    }

    ExitCode code() {
        return code;
    }

    String text() {
        return text;
    }

    String hint() {
        return hint;
    }
}
