package dev.serin.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A bug: told in a sentence, with the rest in a file. */
final class Crash {
    private Crash() {}

    static CliException of(Throwable failure, String version) {
        return new CliException(
                ExitCode.FAILED,
                "this is a bug in Serin %s: %s".formatted(version, failure),
                report(failure, version).map(path -> "report it with " + path).orElse(""));
    }

    private static Optional<Path> report(Throwable failure, String version) {
        var text = new StringWriter();
        text.append("Serin %s, Java %s, %s %s%n"
                .formatted(
                        version,
                        System.getProperty("java.version"),
                        System.getProperty("os.name"),
                        System.getProperty("os.arch")));
        failure.printStackTrace(new PrintWriter(text, true));
        try {
            Path file = Files.createTempFile("serin-crash-", ".txt");
            return Optional.of(Files.writeString(file, text.toString()));
        } catch (IOException _) { // nowhere to write: the sentence must do
            return Optional.empty();
        }
    }
}
