package dev.serin.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Answers what it was told to, by path and query; everything else with 404. */
final class FakeGateway implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, Reply> replies = new ConcurrentHashMap<>();
    private final Semaphore requests = new Semaphore(0);
    private volatile String received = "";

    FakeGateway() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    FakeGateway on(String path, int status, Map<String, String> headers, String body) {
        replies.put(path, new Reply(status, headers, body));
        return this;
    }

    FakeGateway on(String path, String body) {
        return on(path, 200, Map.of(), body);
    }

    /** Waits until this many more requests were answered. */
    FakeGateway awaitRequests(int more) throws InterruptedException {
        requests.drainPermits();
        requests.acquire(more);
        return this;
    }

    /** {@return the body of the latest request} */
    String received() {
        return received;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            received = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            Reply reply = replies.getOrDefault(exchange.getRequestURI().toString(), new Reply(404, Map.of(), "{}"));
            byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
            reply.headers().forEach(exchange.getResponseHeaders()::add);
            exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            requests.release();
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private record Reply(int status, Map<String, String> headers, String body) {}
}
