package dev.serin.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/**
 * What a command has from its caller. Results go to {@code out}, everything else to {@code err}.
 *
 * @param directory the caller's; the process itself runs in an empty one
 * @param installation where {@code models/} and {@code docs/} lie
 * @param terminal whether {@code out} is one
 * @param user who runs this, as what he writes says
 */
record Shell(
        PrintStream out,
        PrintStream err,
        InputStream in,
        Path directory,
        Path installation,
        Map<String, String> environment,
        boolean terminal,
        String user,
        InstantSource clock) {
    Shell {
        environment = Map.copyOf(environment);
    }

    /** {@return what this process has; the launcher says what only it can know} */
    static Shell ofProcess() {
        return new Shell(
                utf8(FileDescriptor.out),
                utf8(FileDescriptor.err),
                new FileInputStream(FileDescriptor.in),
                Path.of(System.getProperty("serin.cwd", "")).toAbsolutePath(),
                Path.of(System.getProperty("serin.home", "")).toAbsolutePath(),
                System.getenv(),
                Boolean.getBoolean("serin.terminal"),
                System.getProperty("user.name", "unknown"),
                InstantSource.system());
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /** {@return a path as the caller meant it} */
    Path resolve(String path) {
        return directory.resolve(path).normalize();
    }

    /** {@return whether states may be coloured} */
    boolean allowsColor() {
        return terminal
                && environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "").equals("dumb");
    }
}
