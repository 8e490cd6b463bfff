package dev.serin.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The start of a gateway on a copy of one sample model, a few requests, and its end: run once by the launcher with
 * {@code -XX:AOTMode=record}, so that the JVM keeps what it loaded, linked and counted, and later starts have it at once. The only
 * argument is an empty folder for all that is written. Ends within a minute, with another status than 0 whatever went wrong.
 * docs/decisions.md says what it saves.
 */
final class Rehearsal {
    private static final String SAMPLE = "iris/2";

    /** More made no start faster. */
    private static final int ROUNDS = 10;

    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(10);
    private static final Pattern PORT = Pattern.compile("\"port\"\\s*:\\s*(\\d+)");

    private record Scene(String path, String body) {}

    private static final List<Scene> SCENES = List.of(
            new Scene("/models/iris/predict", "{\"instances\": [[6.0, 2.7, 5.1, 1.6]]}"),
            new Scene("/models/iris/2/predict", "{\"inputs\": {\"x\": [[6.0, 2.7, 5.1, null]]}}"), // not by PlainBody
            new Scene(
                    "/v2/models/iris/infer",
                    "{\"inputs\": [{\"name\": \"x\", \"shape\": [1, 4], \"datatype\": \"FP32\", \"data\": [6.0, 2.7,"
                            + " 5.1, 1.6]}]}"),
            new Scene("/models/iris/predict", "{\"instances\": [[6.0, 2.7, 5.1]]}"), // refused, as some will be
            new Scene("/models", ""));

    private Rehearsal() {}

    public static void main(String[] arguments) {
        endAfter(LONGEST);
        try {
            play(Path.of(arguments[0]));
        } catch (Throwable e) { // whatever it is: the launcher waits for the end
            e.printStackTrace();
            Runtime.getRuntime().halt(ExitCode.FAILED.status());
        }
        System.exit(ExitCode.DONE.status()); // and the JVM writes down what it learned
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it ends all
    private static void endAfter(Duration time) {
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("rehearsal-end").daemon().factory());
        clock.schedule(() -> Runtime.getRuntime().halt(ExitCode.FAILED.status()), time.toSeconds(), TimeUnit.SECONDS);
    }

    private static void play(Path folder) throws IOException, InterruptedException {
        Shell caller = Shell.ofProcess();
        Path registry = folder.resolve("models");
        copy(caller.installation().resolve("models").resolve(SAMPLE), registry.resolve(SAMPLE));
        Shell shell = new Shell( // none of the caller's settings
                caller.out(),
                caller.err(),
                caller.in(),
                folder,
                caller.installation(),
                Map.of(),
                false,
                caller.user(),
                caller.clock());
        Path ready = folder.resolve("ready.json");
        try (WatchService created = folder.getFileSystem().newWatchService()) {
            folder.register(created, StandardWatchEventKinds.ENTRY_CREATE);
            Thread.ofPlatform().name("gateway").daemon().start(() -> serve(shell, registry, ready));
            while (!Files.exists(ready)) {
                created.take().reset();
            }
        }
        Matcher port = PORT.matcher(Files.readString(ready));
        if (!port.find()) {
            throw new IllegalStateException("no port in " + ready);
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (int i = 0; i < ROUNDS; i++) {
                for (Scene scene : SCENES) {
                    ask(client, "http://127.0.0.1:" + port.group(1), scene);
                }
            }
        }
    }

    private static void copy(Path version, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(version)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static void serve(Shell shell, Path registry, Path ready) {
        int status = Serin.run(
                shell,
                "serve",
                "--registry",
                registry.toString(),
                "--port",
                "0",
                "--management-port",
                "0",
                "--ready-file",
                ready.toString(),
                "--set",
                "store.path=" + shell.directory().resolve("store"));
        Runtime.getRuntime().halt(status == 0 ? ExitCode.FAILED.status() : status); // too early in any case
    }

    private static void ask(HttpClient client, String gateway, Scene scene) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(gateway + scene.path())).timeout(LONGEST_ANSWER);
        if (!scene.body().isEmpty()) {
            request.POST(BodyPublishers.ofString(scene.body()));
        }
        HttpResponse<Void> unread = client.send(request.build(), BodyHandlers.discarding());
        if (unread.statusCode() >= 500) {
            throw new IOException("%s answered %d".formatted(scene.path(), unread.statusCode()));
        }
    }
}
