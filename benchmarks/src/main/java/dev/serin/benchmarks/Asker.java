package dev.serin.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Single requests, of which somebody wants to read the answer. Thread-safe. */
final class Asker implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** The status, and the body as it came. */
    record Answer(int status, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    Answer ask(int port, Request request) throws IOException, InterruptedException {
        HttpRequest.Builder builder = at(port, request.path());
        request.headers().forEach(builder::header);
        return send(builder.POST(HttpRequest.BodyPublishers.ofByteArray(request.body())));
    }

    Answer get(int port, String path) throws IOException, InterruptedException {
        return send(at(port, path));
    }

    /** {@return the sum of all samples of a metric that a gateway tells on this port} */
    double metric(int managementPort, String name) throws IOException, InterruptedException {
        return metric(managementPort, name, "");
    }

    /** {@return the sum of those whose labels have this text in them} */
    double metric(int managementPort, String name, String labels) throws IOException, InterruptedException {
        return get(managementPort, "/metrics")
                .text()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> line.contains(labels))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private Answer send(HttpRequest.Builder builder) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = client.send(builder.build(), HttpResponse.BodyHandlers.ofByteArray());
        return new Answer(response.statusCode(), response.body());
    }

    private static HttpRequest.Builder at(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(PATIENCE);
    }

    @Override
    public void close() {
        client.close();
    }
}
