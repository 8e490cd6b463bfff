package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.serin.registry.fault.FreePort;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The real thing: {@code serin} in a process of its own, on free ports, with a local store of its own. */
final class GatewayProcess implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final Process process;
    private final Path log;
    private final int port;
    private final int managementPort;

    private GatewayProcess(Process process, Path log, int port, int managementPort) {
        this.process = process;
        this.log = log;
        this.port = port;
        this.managementPort = managementPort;
    }

    /** What starts a command. */
    enum By {
        /** A JVM on the classes of this build, made to start quickly. */
        CLASSES {
            @Override
            void start(ProcessBuilder builder, Path work, List<String> arguments) {
                java(builder, work, "dev.serin.cli.Serin", arguments);
            }
        },

        /** The same with a clock that {@link GatewayProcess#setAhead} sets. */
        CLASSES_AND_CLOCK {
            @Override
            void start(ProcessBuilder builder, Path work, List<String> arguments) {
                java(builder, work, "dev.serin.cli.SerinWithClock", arguments);
            }
        },

        /** {@code ./serin}, which may build first, and becomes the JVM. */
        LAUNCHER {
            @Override
            void start(ProcessBuilder builder, Path work, List<String> arguments) {
                List<String> command = new ArrayList<>();
                command.add(System.getProperty("serin.basedir") + "/serin");
                command.addAll(arguments);
                builder.command(command);
                builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            }
        };

        abstract void start(ProcessBuilder builder, Path work, List<String> arguments);

        private static void java(ProcessBuilder builder, Path work, String main, List<String> arguments) {
            FastJava java = FastJava.get();
            List<String> command = java.command();
            command.addAll(List.of("-XX:ErrorFile=" + work.resolve("crash.log"), "-Dserin.cwd=" + work, main));
            command.addAll(arguments);
            builder.command(command);
            builder.environment().put("CLASSPATH", java.classPath());
        }
    }

    /** Starts a gateway that polls five times a second, and waits until it is ready. */
    static GatewayProcess start(Path work, Path registry, String... settings) throws IOException {
        return start(work, registry.toString(), Map.of(), settings);
    }

    /** As {@link #start(Path, Path, String...)}, with more in its environment. */
    static GatewayProcess start(Path work, String registry, Map<String, String> environment, String... settings)
            throws IOException {
        return start(By.CLASSES, work, registry, environment, settings);
    }

    /** As {@link #start(Path, String, Map, String...)}, in one of two ways. */
    static GatewayProcess start(By by, Path work, String registry, Map<String, String> environment, String... settings)
            throws IOException {
        Path readyFile = work.resolve("ready.json");
        Files.deleteIfExists(readyFile); // a former one's
        Path log = work.resolve("gateway.log");
        Process process = launch(by, work, registry, readyFile, log, environment, settings);
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("The gateway ended: " + Files.readString(log));
            }
            return Files.exists(readyFile);
        });
        JsonNode ready = JSON.readTree(readyFile.toFile());
        return new GatewayProcess(
                process,
                log,
                ready.get("port").asInt(),
                ready.get("management-port").asInt());
    }

    /** As {@link #start(Path, String, Map, String...)}, but waits only until it answers at all. */
    static GatewayProcess startUnready(Path work, String registry, Map<String, String> environment, String... settings)
            throws IOException {
        Path log = work.resolve("gateway.log");
        int port = FreePort.find();
        int managementPort = FreePort.find();
        Process process = launch(
                By.CLASSES,
                work,
                registry,
                port,
                managementPort,
                work.resolve("ready.json"),
                log,
                environment,
                settings);
        GatewayProcess gateway = new GatewayProcess(process, log, port, managementPort);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptionsInstanceOf(ConnectException.class)
                .until(() -> gateway.status("/health/live") == 200);
        return gateway;
    }

    /** Starts a gateway and waits for nothing. */
    static Process launch(Path work, Path registry, Path readyFile, Path log, String... settings) throws IOException {
        return launch(By.CLASSES, work, registry.toString(), readyFile, log, Map.of(), settings);
    }

    static Process launch(
            By by,
            Path work,
            String registry,
            Path readyFile,
            Path log,
            Map<String, String> environment,
            String... settings)
            throws IOException {
        return launch(by, work, registry, 0, 0, readyFile, log, environment, settings);
    }

    private static Process launch(
            By by,
            Path work,
            String registry,
            int port,
            int managementPort,
            Path readyFile,
            Path log,
            Map<String, String> environment,
            String... settings)
            throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "serve",
                "--registry",
                registry,
                "--port",
                String.valueOf(port),
                "--management-port",
                String.valueOf(managementPort),
                "--ready-file",
                readyFile.toString(),
                "--set",
                "registry.poll-interval=200ms",
                "--set",
                "registry.full-scan-interval=200ms",
                "--set",
                "store.path=" + work.resolve("store")));
        for (String setting : settings) {
            arguments.addAll(List.of("--set", setting));
        }
        return serin(by, work, log, environment, arguments.toArray(String[]::new));
    }

    /** Starts any command. */
    static Process serin(Path work, Path log, String... arguments) throws IOException {
        return serin(work, log, Map.of(), arguments);
    }

    /** Starts any command with more in its environment. */
    static Process serin(Path work, Path log, Map<String, String> environment, String... arguments) throws IOException {
        return serin(By.CLASSES, work, log, environment, arguments);
    }

    /** Starts any command in one of two ways, with more in its environment. */
    static Process serin(By by, Path work, Path log, Map<String, String> environment, String... arguments)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder()
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        withoutSettings(builder.environment());
        by.start(builder, work, List.of(arguments));
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Takes out what configures a gateway of whoever runs the tests, or their suites. */
    static Map<String, String> withoutSettings(Map<String, String> environment) {
        environment.keySet().removeIf(name -> name.startsWith("SERIN_"));
        return environment;
    }

    HttpResponse<String> predict(String target, String body) throws IOException, InterruptedException {
        return post("/models/" + target + "/predict", body);
    }

    HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(uri(port, path))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    int port() {
        return port;
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    String managementUrl() {
        return "http://127.0.0.1:" + managementPort;
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return JSON.readTree(fetch(port, path).body());
    }

    JsonNode management(String path) throws IOException, InterruptedException {
        return JSON.readTree(fetch(managementPort, path).body());
    }

    int status(String path) throws IOException, InterruptedException {
        return fetch(port, path).statusCode();
    }

    int managementStatus(String path) throws IOException, InterruptedException {
        return fetch(managementPort, path).statusCode();
    }

    /** {@return all metrics, as Prometheus reads them} */
    String metrics() throws IOException, InterruptedException {
        return fetch(managementPort, "/metrics").body();
    }

    private HttpResponse<String> fetch(int on, String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(uri(on, path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static URI uri(int port, String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** Sets how far its clock is ahead of the true one; it must have been started {@link By#CLASSES_AND_CLOCK}. */
    void setAhead(Duration ahead) throws IOException {
        process.outputWriter().write(ahead + "\n");
        process.outputWriter().flush();
    }

    /** Sends TERM. */
    void terminate() {
        process.destroy();
    }

    /** Sends KILL, and waits until it is dead. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    int awaitExit() throws InterruptedException, IOException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("The gateway did not end: " + Files.readString(log));
        }
        return process.exitValue();
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
