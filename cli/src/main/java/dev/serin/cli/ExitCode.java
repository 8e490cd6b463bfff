package dev.serin.cli;

/** How a command ended; scripts rely on the numbers. */
enum ExitCode {
    DONE(0, "done"),
    FAILED(1, "failed"),
    USAGE(2, "the command line is wrong"),
    NOT_FOUND(3, "no such model, version, alias, canary or file"),
    CONFLICT(4, "it exists already, or was changed meanwhile"),
    VERIFICATION_FAILED(5, "a model or a file is not what it should be"),
    REGISTRY_UNREACHABLE(6, "the registry cannot be reached, or refuses"),
    GATEWAY_UNREACHABLE(7, "no gateway answers"),
    PULLED_BACK(8, "the canary was pulled back, and somebody waited for it"),
    CONFIGURATION(78, "the settings are wrong"),
    INTERRUPTED(130, "interrupted by Ctrl-C");

    private final int status;
    private final String meaning;

    ExitCode(int status, String meaning) {
        this.status = status;
        this.meaning = meaning;
    }

    int status() {
        return status;
    }

    String meaning() {
        return meaning;
    }
}
