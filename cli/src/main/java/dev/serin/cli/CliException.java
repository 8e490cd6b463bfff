package dev.serin.cli;

/** A command cannot do what it was asked. The message is for its caller; the hint is what to type next. */
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private static final String SERIN = "serin: ";

    private final ExitCode code;
    private final String prefix;
    private final String text;
    private final String hint;

    /**
     * A failure.
     *
     * @param hint empty when there is none
     */
    CliException(ExitCode code, String text, String hint) {
        this(code, SERIN, text, hint);
    }

    private CliException(ExitCode code, String prefix, String text, String hint) {
        super(text, null, false, false); // an answer, not a bug: no stack trace to pay for
        this.code = code;
        this.prefix = prefix;
        this.text = text;
        this.hint = hint;
    }

    /** {@return a start that failed, with a text that says itself what to try} */
    static CliException startFailed(ExitCode code, String text) {
        return new CliException(code, "Serin did not start: ", text, "");
    }

    ExitCode code() {
        return code;
    }

    String text() {
        return text;
    }

    /** {@return the text as it is printed} */
    String line() {
        return prefix + text;
    }

    String hint() {
        return hint;
    }
}
