package dev.serin.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A server in a process of its own, which ends when this is closed. */
final class Server implements AutoCloseable {
    private static final Duration TO_START = Duration.ofMinutes(5);
    private static final Duration TO_STOP = Duration.ofSeconds(45); // a gateway drains for 30 s at most

    private final String name;
    private final Process process;
    private final Path log;
    private final int port;
    private final int managementPort;
    private final HealthProbe.Watch watch;
    private final Consumer<Server> onClose;

    /**
     * One that has been started.
     *
     * @param watch is closed before the server is ended
     * @param onClose is told when it has ended
     */
    Server(
            String name,
            Process process,
            Path log,
            int port,
            int managementPort,
            HealthProbe.Watch watch,
            Consumer<Server> onClose) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.port = port;
        this.managementPort = managementPort;
        this.watch = watch;
        this.onClose = onClose;
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    /** {@return where a gateway tells its metrics} */
    int managementPort() {
        return managementPort;
    }

    long pid() {
        return process.pid();
    }

    /** {@return the ids of the process and of those that it started} */
    Stream<Long> processes() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .map(ProcessHandle::pid);
    }

    /** {@return memory of the process that is resident, in MB of a million bytes} */
    double residentMegabytes() throws IOException {
        if (!Files.exists(Path.of("/proc/self"))) {
            throw new SkippedException("only /proc tells what is resident, and there is none here");
        }
        for (String line : Files.readAllLines(Path.of("/proc/" + pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024 / 1e6;
            }
        }
        throw new IOException("/proc/%d/status does not say what is resident".formatted(pid()));
    }

    /** A condition that may not be true yet. */
    @FunctionalInterface
    interface Condition {
        boolean isTrue() throws IOException, InterruptedException;
    }

    /** Waits until the server is up. */
    void await(Condition up) throws IOException, InterruptedException {
        await(process, name, log, up);
    }

    /** Waits for that of this process, and looks often: a start may be what is measured. */
    static void await(Process process, String name, Path log, Condition up) throws IOException, InterruptedException {
        long end = System.nanoTime() + TO_START.toNanos();
        while (!up.isTrue()) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new IOException("%s %s: %s"
                        .formatted(name, process.isAlive() ? "does not come up" : "ended", Files.readString(log)));
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    /** Ends the process, and those that it started, at once. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    @Override
    public void close() throws IOException {
        watch.close();
        process.destroy();
        try {
            if (!process.waitFor(TO_STOP.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException(name + " did not end within " + TO_STOP);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            kill();
            onClose.accept(this);
        }
    }
}
