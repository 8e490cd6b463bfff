package dev.serin.gateway.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * HTTP/1.1 connections that end politely, and that are cut when a request does not come.
 *
 * <p>Helidon's own stop interrupts every connection that waits for a request line, also one whose caller is about to
 * ask, and with bad luck one whose request has begun. Here a connection in use ends itself after its answer, and one
 * that idles is closed only after its caller had a moment to ask once more: measured with sixteen callers that never
 * pause, nearly all of them lost a request without that moment.
 *
 * <p>Helidon has no limit on the time that a head or a body takes: a few stalled callers would hold connections and
 * memory for ever. {@link #sweep} looks at every connection and ends those that are past {@link ReadLimits}.
 */
final class Connections implements ServerConnectionSelector {
    private static final ScopedValue<TrackedConnection> CURRENT = ScopedValue.newInstance();
    private static final long QUIET_NANOS = Duration.ofMillis(50).toNanos();

    private final ServerConnectionSelector http1 = Http1ConnectionSelector.builder()
            .config(Http1Config.builder().sendKeepAliveHeader(false).build())
            .build();
    private final ReadLimits limits;
    private final Function<Exchange, byte[]> lastWords;
    private final Consumer<String> cut;
    private final LongSupplier clock;
    private final Set<TrackedConnection> connections = ConcurrentHashMap.newKeySet();
    private final Object changed = new Object();
    private int open; // guarded by changed
    private long lastClosed = System.nanoTime(); // guarded by changed

    /**
     * Makes an empty set of connections.
     *
     * @param lastWords what is sent to a caller whose body does not come
     * @param cut hears {@code head} or {@code body} for each connection that is cut
     * @param clock nanoseconds, of which the differences count
     */
    Connections(ReadLimits limits, Function<Exchange, byte[]> lastWords, Consumer<String> cut, LongSupplier clock) {
        this.limits = limits;
        this.lastWords = lastWords;
        this.cut = cut;
        this.clock = clock;
    }

    /** The work of one connection's thread, from its first request to its end. */
    @FunctionalInterface
    interface Work {
        void run() throws InterruptedException;
    }

    /** Does that work, and knows the connection as open meanwhile. */
    void handle(TrackedConnection connection, Work work) throws InterruptedException {
        connections.add(connection);
        opened();
        try {
            ScopedValue.where(CURRENT, connection).call(() -> {
                work.run();
                return connection;
            });
        } finally {
            connections.remove(connection);
            closed();
        }
    }

    long now() {
        return clock.getAsLong();
    }

    byte[] lastWords(Exchange exchange) {
        return lastWords.apply(exchange);
    }

    /** Ends every connection whose request does not come; to be called again and again, by one thread. */
    void sweep() {
        long now = now();
        for (TrackedConnection connection : connections) {
            connection
                    .sweep(now, limits)
                    .ifPresent(part -> cut.accept(part.name().toLowerCase(Locale.ROOT)));
        }
    }

    /** {@return how many are open} */
    int size() {
        return connections.size();
    }

    /** {@return whether none of them has a request} */
    boolean areIdle() {
        return connections.stream().allMatch(TrackedConnection::isIdle);
    }

    /** {@return whether each of them waits for a body} */
    boolean areReading() {
        return !connections.isEmpty() && connections.stream().allMatch(TrackedConnection::isReading);
    }

    /** {@return bytes of the bodies that are being read} */
    long bytesRead() {
        return connections.stream().mapToLong(TrackedConnection::bytesRead).sum();
    }

    /**
     * Gives every caller a moment to ask once more, to hear that this connection ends, and to go elsewhere. Returns
     * early once there has been no connection for a while.
     *
     * @param limit of that moment
     */
    void settle(Duration limit) throws InterruptedException {
        long now = System.nanoTime();
        long end = now + Math.min(limit.toNanos(), TrackedConnection.MOMENT.toNanos());
        synchronized (changed) {
            long quietSince = now;
            while (now < end && (open > 0 || now - quietSince < QUIET_NANOS)) {
                TimeUnit.NANOSECONDS.timedWait(changed, Math.min(end - now, QUIET_NANOS));
                now = System.nanoTime();
                quietSince = open > 0 ? now : Math.max(quietSince, lastClosed);
            }
        }
    }

    private void opened() {
        synchronized (changed) {
            open++;
        }
    }

    private void closed() {
        synchronized (changed) {
            open--;
            lastClosed = System.nanoTime();
            changed.notifyAll();
        }
    }

    // What the request of this thread has come to

    /** Its head is here. */
    static void requestBegins(Exchange exchange) {
        if (CURRENT.isBound()) {
            CURRENT.get().requestBegins(exchange);
        }
    }

    /** Its body is about to be read. */
    static void bodyBegins() {
        if (CURRENT.isBound()) {
            CURRENT.get().bodyBegins();
        }
    }

    /** Its body is here. */
    static void bodyEnds() {
        if (CURRENT.isBound()) {
            CURRENT.get().bodyEnds();
        }
    }

    /** It is answered without all of its body, and the connection ends. */
    static void bodyLeft() {
        if (CURRENT.isBound()) {
            CURRENT.get().bodyLeft();
        }
    }

    /** Its answer has left. */
    static void answered() {
        if (CURRENT.isBound()) {
            CURRENT.get().answered();
        }
    }

    /** Nothing more of it comes or goes; the last one of a connection ends it. */
    static void requestEnds(boolean last) {
        if (CURRENT.isBound()) {
            CURRENT.get().requestEnds(last);
        }
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http1.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http1.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http1.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext ctx) {
        return new TrackedConnection(this, http1, ctx);
    }
}
