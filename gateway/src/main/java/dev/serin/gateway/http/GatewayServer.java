package dev.serin.gateway.http;

import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The main and the management listener, running. Both speak HTTP/1.1 only. Closing answers every request that was
 * accepted, for as long as {@link HttpConfig#drainTimeout()}; the management port is the last to go, so that a drain
 * can be watched.
 */
public final class GatewayServer implements AutoCloseable {
    /** What is left after a drain are idle connections, and requests that had their time. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration IDLE_CHECKS = Duration.ofSeconds(15);

    private final HttpConfig config;
    private final Drain drain;
    private final WebServer main;
    private final WebServer management;

    private GatewayServer(HttpConfig config, Drain drain, WebServer main, WebServer management) {
        this.config = config;
        this.drain = drain;
        this.main = main;
        this.management = management;
    }

    /**
     * Starts both listeners.
     *
     * @throws PortUnavailableException when an address cannot be listened on; nothing is left running then
     */
    public static GatewayServer start(HttpConfig config, HttpEdge edge, Drain drain) {
        Port mainPort = new Port("server.port", "--port", config.host(), config.port());
        Port managementPort =
                new Port("management.port", "--management-port", config.managementHost(), config.managementPort());
        WebServer main = start(mainPort, edge, edge::routing);
        try {
            return new GatewayServer(config, drain, main, start(managementPort, edge, edge::managementRouting));
        } catch (RuntimeException e) {
            main.stop();
            throw e;
        }
    }

    /** {@return the main port that is listened on} */
    public int port() {
        return main.port();
    }

    /** {@return the management port that is listened on} */
    public int managementPort() {
        return management.port();
    }

    /** Sends callers away, answers what was accepted, then stops listening. Idempotent. */
    @Override
    public void close() {
        drain.begin();
        try {
            drain.awaitIdle(config.drainTimeout());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // told to hurry: stop at once
        }
        main.stop();
        management.stop();
    }

    /** Where one listener listens, and the names of its setting. */
    private record Port(String key, String flag, String host, int number) {}

    private static WebServer start(Port port, HttpEdge edge, Consumer<HttpRouting.Builder> routing) {
        probe(port);
        WebServer server = WebServer.builder()
                .update(builder -> listener(builder, edge))
                .host(port.host())
                .port(port.number())
                .routing(routing)
                .build()
                .start();
        if (!server.isRunning()) { // Helidon does not throw
            throw PortUnavailableException.inUse(port.key(), port.flag(), port.host(), port.number());
        }
        return server;
    }

    /** The settings of a listener, address and routing aside. */
    static void listener(WebServerConfig.Builder builder, HttpEdge edge) {
        builder.shutdownHook(false)
                .shutdownGracePeriod(GRACE)
                .idleConnectionTimeout(IDLE_TIMEOUT)
                .idleConnectionPeriod(IDLE_CHECKS)
                .protocolsDiscoverServices(false)
                .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
                .addConnectionSelector(new Connections(http1()));
        edge.listener(builder);
    }

    private static Http1ConnectionSelector http1() {
        return Http1ConnectionSelector.builder()
                .config(Http1Config.builder().sendKeepAliveHeader(false).build())
                .build();
    }

    /** Helidon logs a port in use with a stack trace and carries on; asking first gives a sentence. */
    private static void probe(Port port) {
        if (port.number() == 0) {
            return;
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(port.host()), port.number()));
        } catch (BindException e) {
            throw PortUnavailableException.of(port.key(), port.flag(), port.host(), port.number(), e);
        } catch (IOException e) {
            throw PortUnavailableException.noSuchHost(port.key().replace(".port", ".host"), port.host(), e);
        }
    }
}
