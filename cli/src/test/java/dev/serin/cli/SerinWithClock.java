package dev.serin.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/** {@link Serin} with a clock that is ahead of the true one, by what the latest line of standard input says. */
final class SerinWithClock {
    private SerinWithClock() {}

    public static void main(String[] args) {
        AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
        Thread.ofPlatform().name("clock").daemon().start(() -> follow(ahead));
        Shell shell = Shell.ofProcess();
        System.exit(Serin.run(
                new Shell(
                        shell.out(),
                        shell.err(),
                        shell.in(),
                        shell.directory(),
                        shell.installation(),
                        shell.environment(),
                        shell.terminal(),
                        shell.user(),
                        () -> InstantSource.system().instant().plus(ahead.get())),
                args));
    }

    private static void follow(AtomicReference<Duration> ahead) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                ahead.set(Duration.parse(line));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
