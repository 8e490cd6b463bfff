package dev.serin.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** How commands speak: results, notes on the way, and states with a colour beside their word. */
final class Terminal {
    private static final String RESET = "\u001b[0m";
    private static final String GREEN = "\u001b[32m";
    private static final String YELLOW = "\u001b[33m";
    private static final String RED = "\u001b[31m";

    private final Shell shell;
    private final Globals globals;

    Terminal(Shell shell, Globals globals) {
        this.shell = shell;
        this.globals = globals;
    }

    Shell shell() {
        return shell;
    }

    boolean json() {
        return globals.json();
    }

    /** Prints a line of the result. */
    void result(String line) {
        shell.out().println(line);
    }

    /** Prints the result as one document. */
    void result(JsonNode document) {
        try {
            shell.out().println(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(document));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Prints what is no result; nothing when the caller wants quiet. */
    void note(String lines) {
        if (!globals.quiet()) {
            shell.err().println(Words.printable(lines));
        }
    }

    /** {@return whether notes are not wanted, so that nothing need be asked for them} */
    boolean isQuiet() {
        return globals.quiet();
    }

    /** {@return whether somebody is there to be asked} */
    boolean canAsk() {
        return shell.terminal();
    }

    /** {@return what somebody answers, without blanks around it; nothing at the end of the input} */
    String ask(String question) {
        shell.err().print(question + " ");
        shell.err().flush();
        var line = new ByteArrayOutputStream();
        try {
            for (int next = shell.in().read();
                    next >= 0 && next != '\n';
                    next = shell.in().read()) {
                line.write(next);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.toString(StandardCharsets.UTF_8).strip();
    }

    /** {@return the text with the colour of the state it begins with, where colours are wanted} */
    String colored(String state) {
        if (!globals.color() || !shell.allowsColor()) {
            return state;
        }
        String word = state.toLowerCase(Locale.ROOT).split("[^a-z]", 2)[0];
        String color = switch (word) {
            case "ready" -> GREEN;
            case "pending", "downloading", "loading", "publishing" -> YELLOW;
            case "failed", "unusable" -> RED;
            default -> "";
        };
        return color.isEmpty() ? state : color + state + RESET;
    }
}
