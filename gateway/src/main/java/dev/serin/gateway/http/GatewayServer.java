package dev.serin.gateway.http;

import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The main and the management listener, running. Both speak HTTP/1.1 only. Closing answers every request that was
 * accepted, for as long as {@link HttpConfig#drainTimeout()}; the management port is the last to go, so that a drain
 * can be watched.
 */
public final class GatewayServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(GatewayServer.class.getName());

    /** What is left after a drain are idle connections, and requests that had their time. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration IDLE_CHECKS = Duration.ofSeconds(15);

    private final HttpConfig config;
    private final Drain drain;
    private final Connections connections; // of the main port
    private final ScheduledExecutorService sweeper;
    private final WebServer main;
    private final WebServer management;

    private GatewayServer(
            HttpConfig config,
            Drain drain,
            Connections connections,
            ScheduledExecutorService sweeper,
            WebServer main,
            WebServer management) {
        this.config = config;
        this.drain = drain;
        this.connections = connections;
        this.sweeper = sweeper;
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
        Port managementPort = new Port(
                "management.port",
                "--management-port",
                config.management().host(),
                config.management().port());
        Connections connections = edge.connections(System::nanoTime);
        Connections managementConnections = edge.connections(System::nanoTime);
        WebServer main = start(mainPort, edge, connections, edge::routing);
        try {
            WebServer management = start(managementPort, edge, managementConnections, edge::managementRouting);
            ScheduledExecutorService sweeper = sweep(config.readLimits(), connections, managementConnections);
            return new GatewayServer(config, drain, connections, sweeper, main, management);
        } catch (RuntimeException e) { // whatever it was: the other listener must not be left behind
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
            connections.settle(config.drainTimeout());
            drain.awaitIdle(config.drainTimeout());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // told to hurry: stop at once
        }
        main.stop();
        management.stop();
        sweeper.shutdownNow();
    }

    private static ScheduledExecutorService sweep(ReadLimits limits, Connections... ports) {
        ScheduledExecutorService sweeper = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("serin-sweeper").daemon().factory());
        long nanos = limits.lookEvery().toNanos();
        for (Connections connections : ports) {
            var _ = sweeper.scheduleWithFixedDelay(() -> sweep(connections), nanos, nanos, TimeUnit.NANOSECONDS);
        }
        return sweeper;
    }

    private static void sweep(Connections connections) {
        try {
            connections.sweep();
        } catch (Throwable e) { // a bug in one look must not end the looking, nor must a full heap
            LOG.log(System.Logger.Level.ERROR, "Failed to look for connections that are too slow", e);
        }
    }

    /** Where one listener listens, and the names of its setting. */
    private record Port(String key, String flag, String host, int number) {}

    private static WebServer start(
            Port port, HttpEdge edge, Connections connections, Consumer<HttpRouting.Builder> routing) {
        probe(port);
        WebServer server = WebServer.builder()
                .update(builder -> listener(builder, edge, connections))
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
    static void listener(WebServerConfig.Builder builder, HttpEdge edge, Connections connections) {
        builder.shutdownHook(false)
                .shutdownGracePeriod(GRACE)
                .idleConnectionTimeout(IDLE_TIMEOUT)
                .idleConnectionPeriod(IDLE_CHECKS)
                .protocolsDiscoverServices(false)
                .useNio(false) // which writes 8 KiB at once, however much there is
                .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
                .addConnectionSelector(connections);
        edge.listener(builder);
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
