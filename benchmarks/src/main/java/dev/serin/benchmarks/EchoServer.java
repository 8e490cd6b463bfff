package dev.serin.benchmarks;

import io.helidon.common.socket.SocketOptions;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The echo endpoint: a bare Helidon server with the gateway's listener settings that reads the body and sends it back.
 * Nobody on this platform can be faster and still read what it is sent.
 */
public final class EchoServer {
    private static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");

    private EchoServer() {}

    /** Listens on the port that the first argument gives, until the process is ended. */
    public static void main(String[] arguments) {
        WebServer.builder()
                .host("127.0.0.1")
                .port(Integer.parseInt(arguments[0]))
                .shutdownHook(false)
                .protocolsDiscoverServices(false)
                .useNio(false) // which writes 8 KiB at once, however much there is
                .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
                .addConnectionSelector(Http1ConnectionSelector.builder()
                        .config(Http1Config.builder().sendKeepAliveHeader(false).build())
                        .build())
                .routing(EchoServer::routing)
                .build()
                .start();
    }

    private static void routing(HttpRouting.Builder routing) {
        routing.any(EchoServer::echo);
    }

    private static void echo(ServerRequest request, ServerResponse response) {
        try (InputStream body = request.content().inputStream()) {
            response.header(JSON);
            response.send(body.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read the body", e);
        }
    }
}
