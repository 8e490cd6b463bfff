package dev.serin.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs commands in this process, from a directory of their own, and keeps what they say. Every document that they print is
 * held to its schema.
 */
final class InProcess {
    static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    static final Instant TWO_HOURS_AGO = Instant.parse("2026-11-22T10:00:00Z");

    private static final Path ROOT = Path.of(System.getProperty("serin.basedir"));

    private final Path directory;
    private final Map<String, String> environment = new HashMap<>();
    private InputStream stdin = InputStream.nullInputStream();
    private boolean terminal;
    private String user = System.getProperty("user.name");
    private Instant now = NOW;

    InProcess(Path directory) {
        this.directory = directory;
        environment.put("HOME", directory.toString());
        environment.put("SERIN_SERVER", "http://127.0.0.1:1"); // where nothing ever listens
        environment.put("SERIN_REGISTRY_URL", "models");
    }

    InProcess with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** For the next command. */
    InProcess stdin(String text) {
        return stdin(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    InProcess stdin(InputStream in) {
        stdin = in;
        return this;
    }

    InProcess onTerminal() {
        terminal = true;
        return this;
    }

    InProcess by(String name) {
        user = name;
        return this;
    }

    InProcess at(Instant time) {
        now = time;
        return this;
    }

    Ran run(String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        Shell shell = shell(out, err);
        int status = Serin.run(shell, arguments);
        var ran = new Ran(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        Schemas.check(Serin.commandLine(shell), ran, arguments);
        return ran;
    }

    /** {@return what is on a terminal after a command: all that it says, and what is typed where it asks} */
    Screen screen(String typed, String... arguments) {
        var screen = new ByteArrayOutputStream();
        Shell shell = onTerminal().stdin(new Keyboard(typed, screen)).shell(screen, screen);
        int status = Serin.run(shell, arguments);
        return new Screen(status, screen.toString(StandardCharsets.UTF_8));
    }

    /** What a command left on a terminal. */
    record Screen(int status, String text) {}

    private Shell shell(OutputStream out, OutputStream err) {
        return new Shell(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                stdin,
                directory,
                ROOT,
                environment,
                terminal,
                user,
                InstantSource.fixed(now));
    }

    /** Shows what is typed when it is read, as terminals do. */
    private static final class Keyboard extends ByteArrayInputStream {
        private final ByteArrayOutputStream screen;

        Keyboard(String typed, ByteArrayOutputStream screen) {
            super(typed.getBytes(StandardCharsets.UTF_8));
            this.screen = screen;
        }

        @Override
        public synchronized int read() {
            int sign = super.read();
            if (sign >= 0) {
                screen.write(sign);
            }
            return sign;
        }

        @Override
        public synchronized int read(byte[] into, int from, int length) {
            int read = super.read(into, from, length);
            if (read > 0) {
                screen.write(into, from, read);
            }
            return read;
        }
    }

    /** Copies a sample into {@code models/} without its manifest, as somebody did by hand two hours ago. */
    InProcess withSample(String model, String version) {
        return copy(ROOT.resolve("models").resolve(model).resolve(version), "models/" + model + "/" + version);
    }

    /** Writes a file and dates it two hours back. */
    InProcess file(String name, byte[] content) {
        Path file = directory.resolve(name);
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, content);
            Files.setLastModifiedTime(file, FileTime.from(TWO_HOURS_AGO));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    InProcess file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Makes {@code models/} and nothing in it. */
    InProcess emptyRegistry() {
        try {
            Files.createDirectories(directory.resolve("models"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    private InProcess copy(Path from, String to) {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file :
                    files.filter(each -> !each.endsWith("manifest.json")).toList()) {
                file(to + "/" + file.getFileName(), Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** What a command left behind. */
    record Ran(int status, String out, String err) {}
}
