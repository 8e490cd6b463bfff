package dev.serin.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The file that tells scripts that the gateway is ready, and on which ports: gone at start, there once ready. */
final class ReadyFile {
    private final Path path;

    /** Deletes what an earlier process left. */
    ReadyFile(Path path) {
        this.path = path;
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot delete the old ready file " + path, e);
        }
    }

    /** Writes it, whole or not at all. */
    void write(int port, int managementPort) {
        String json =
                """
                {"port": %d, "management-port": %d, "pid": %d}
                """.formatted(port, managementPort, ProcessHandle.current().pid());
        Path temporary = path.resolveSibling(path.getFileName() + ".tmp");
        try {
            Files.writeString(temporary, json);
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write the ready file " + path, e);
        }
    }
}
