package dev.serin.cli;

import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Options that every command takes, wherever they stand. */
final class Globals {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            scope = ScopeType.INHERIT,
            description = "text, or json: one document on stdout.")
    private Format format = Format.text;

    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description = "Say nothing on stderr but failures.")
    private boolean quiet;

    @Option(names = "--no-color", scope = ScopeType.INHERIT, description = "Never colour a state.")
    private boolean noColor;

    @SuppressWarnings("UnusedVariable") // picocli reads the annotation
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    private boolean help;

    boolean json() {
        return format == Format.json;
    }

    boolean quiet() {
        return quiet;
    }

    boolean color() {
        return !noColor;
    }

    /** Spelled as on the command line. */
    enum Format {
        text,
        json
    }
}
