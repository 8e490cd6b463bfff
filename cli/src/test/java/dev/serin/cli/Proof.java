package dev.serin.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** What a proof measured, for whoever runs it: a line each in the file that {@code serin.proof} names, if it does. */
final class Proof {
    private static final Optional<Path> FILE =
            Optional.ofNullable(System.getProperty("serin.proof")).map(Path::of);

    private Proof() {}

    static void line(String line) throws IOException {
        if (FILE.isPresent()) {
            Files.writeString(FILE.get(), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }
}
