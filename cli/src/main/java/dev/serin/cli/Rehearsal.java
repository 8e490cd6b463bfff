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
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The start of a gateway on the sample models, a few requests, and its end: run once by the launcher with
 * {@code -XX:AOTCacheOutput}, so that the JVM keeps what it loaded, linked and counted, and later starts have it at once. The only
 * argument is an empty folder for what the gateway writes. docs/decisions.md says what it saves.
 */
final class Rehearsal {
    /** Enough for the JVM to see which methods are hot; more made no start faster. */
    private static final int ROUNDS = 10;

    private static final Pattern PORT = Pattern.compile("\"port\"\\s*:\\s*(\\d+)");

    private record Scene(String path, String body) {}

    private static final List<Scene> SCENES = List.of(
            new Scene("/models/iris/predict", "{\"instances\": [[6.0, 2.7, 5.1, 1.6]]}"),
            new Scene("/models/iris/2/predict", "{\"inputs\": {\"x\": [[6.0, 2.7, 5.1, 1.6]]}}"),
            new Scene(
                    "/v2/models/iris/infer",
                    "{\"inputs\": [{\"name\": \"x\", \"shape\": [1, 4], \"datatype\": \"FP32\", \"data\": [6.0, 2.7,"
                            + " 5.1, 1.6]}]}"),
            new Scene("/models/iris/predict", "{\"instances\": [[6.0, 2.7, 5.1]]}"), // refused, as some will be
            new Scene("/models", ""));

    private Rehearsal() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Path.of(arguments[0]);
        Path ready = folder.resolve("ready.json");
        Shell caller = Shell.ofProcess();
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
        try (WatchService created = folder.getFileSystem().newWatchService()) {
            folder.register(created, StandardWatchEventKinds.ENTRY_CREATE);
            Thread.ofPlatform().name("gateway").start(() -> serve(shell, ready, folder));
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
        System.exit(ExitCode.DONE.status()); // as by TERM: the gateway drains
    }

    private static void serve(Shell shell, Path ready, Path folder) {
        System.exit(Serin.run(
                shell,
                "serve",
                "--registry",
                shell.installation().resolve("models").toString(),
                "--port",
                "0",
                "--management-port",
                "0",
                "--ready-file",
                ready.toString(),
                "--set",
                "store.path=" + folder.resolve("store")));
    }

    private static void ask(HttpClient client, String gateway, Scene scene) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway + scene.path()));
        if (!scene.body().isEmpty()) {
            request.POST(BodyPublishers.ofString(scene.body()));
        }
        HttpResponse<Void> unread = client.send(request.build(), BodyHandlers.discarding());
        if (unread.statusCode() >= 500) {
            throw new IOException("%s answered %d".formatted(scene.path(), unread.statusCode()));
        }
    }
}
