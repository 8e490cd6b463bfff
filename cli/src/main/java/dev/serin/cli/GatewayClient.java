package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;

/** Asks a gateway over HTTP. */
final class GatewayClient implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final Duration PREDICTION = Duration.ofMinutes(11); // more than a deadline may be
    private static final int KNOCK_MILLIS = 300;

    private final URI server;
    private final HttpClient client;

    GatewayClient(URI server) {
        this.server = server;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT)
                .build();
    }

    /** {@return whether something listens there; far cheaper than a request when nothing does} */
    static boolean answers(URI server) {
        int port = server.getPort() >= 0 ? server.getPort() : "https".equals(server.getScheme()) ? 443 : 80;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(server.getHost(), port), KNOCK_MILLIS);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /**
     * {@return the document at a path, empty when there is none}
     *
     * @throws CliException when no gateway answers, or not as a gateway would
     */
    Optional<JsonNode> get(String path) {
        HttpResponse<byte[]> response = send(request(path).timeout(LOOK).GET().build());
        if (response.statusCode() == 404) {
            return Optional.empty();
        }
        if (response.statusCode() != 200) {
            throw unreachable(
                    "answers GET %s with status %d%s".formatted(path, response.statusCode(), detail(response.body())));
        }
        try {
            return Optional.of(Json.MAPPER.readTree(response.body()));
        } catch (IOException _) {
            throw unreachable("is no Serin gateway: GET %s gave no JSON".formatted(path));
        }
    }

    /** {@return what the gateway says to a body; whatever its status} */
    HttpResponse<byte[]> post(String path, byte[] body) {
        return send(request(path)
                .timeout(PREDICTION)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body))
                .build());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server + path));
    }

    private HttpResponse<byte[]> send(HttpRequest request) {
        try {
            return client.send(request, BodyHandlers.ofByteArray());
        } catch (ConnectException _) {
            throw unreachable("does not answer: connection refused");
        } catch (IOException e) {
            throw unreachable("does not answer: " + e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw unreachable("was not waited for");
        }
    }

    /** {@return what it says of that itself, after a colon; nothing when it says nothing} */
    private static String detail(byte[] body) {
        try {
            String detail = Json.MAPPER.readTree(body).path("detail").asText();
            return detail.isEmpty() ? "" : ": " + detail;
        } catch (IOException _) {
            return "";
        }
    }

    private CliException unreachable(String what) {
        return new CliException(
                ExitCode.GATEWAY_UNREACHABLE, "the gateway at %s %s".formatted(server, what), "serin serve");
    }

    @Override
    public void close() {
        client.close();
    }
}
