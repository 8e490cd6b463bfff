package dev.serin.gateway.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 connections that end politely. Helidon's own stop interrupts every connection that waits for a request line,
 * also one whose caller is about to ask, and with bad luck one whose request has begun. Here a connection in use ends
 * itself after its answer, and one that idles is closed only after its caller had a moment to ask once more: measured
 * with sixteen callers that never pause, nearly all of them lost a request without that moment.
 */
final class Connections implements ServerConnectionSelector {
    private static final ScopedValue<Tracked> CURRENT = ScopedValue.newInstance();
    private static final Duration MOMENT = Duration.ofMillis(500);
    private static final long QUIET_NANOS = Duration.ofMillis(50).toNanos();
    private static final Executor LATER = CompletableFuture.delayedExecutor(MOMENT.toMillis(), TimeUnit.MILLISECONDS);

    private final ServerConnectionSelector http1 = Http1ConnectionSelector.builder()
            .config(Http1Config.builder().sendKeepAliveHeader(false).build())
            .build();
    private final Object changed = new Object();
    private int open; // guarded by changed
    private long lastClosed = System.nanoTime(); // guarded by changed

    Connections() {}

    /**
     * Gives every caller a moment to ask once more, to hear that this connection ends, and to go elsewhere. Returns
     * early once there has been no connection for a while.
     *
     * @param limit of that moment
     */
    void settle(Duration limit) throws InterruptedException {
        long now = System.nanoTime();
        long end = now + Math.min(limit.toNanos(), MOMENT.toNanos());
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

    /** Says that the connection of this thread carries a request now. */
    static void requestBegins() {
        if (CURRENT.isBound()) {
            CURRENT.get().state = State.IN_USE;
        }
    }

    /** Says that its request is answered; the last one of a connection ends it. */
    static void requestEnds(boolean last) {
        if (CURRENT.isBound()) {
            CURRENT.get().answered(last);
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
        return new Tracked(http1.connection(ctx));
    }

    private enum State {
        FRESH,
        IN_USE,
        IDLE
    }

    /** Not an {@code InterruptableTask} on purpose: Helidon's executor would interrupt it past {@link #close}. */
    private final class Tracked implements ServerConnection {
        private final ServerConnection connection;
        private volatile State state = State.FRESH;

        Tracked(ServerConnection connection) {
            this.connection = connection;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            opened();
            try {
                ScopedValue.where(CURRENT, this).call(() -> {
                    connection.handle(limit);
                    return this;
                });
            } finally {
                closed();
            }
        }

        @Override
        public Duration idleTime() {
            return connection.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            if (interrupt) {
                connection.close(true);
                return;
            }
            switch (state) {
                case FRESH -> LATER.execute(this::closeUnlessInUse);
                case IDLE -> connection.close(false);
                case IN_USE -> {} // its answer is its last
            }
        }

        private void closeUnlessInUse() {
            if (state != State.IN_USE) {
                connection.close(false);
            }
        }

        void answered(boolean last) {
            state = State.IDLE;
            if (last) {
                connection.close(false); // on its own thread, which reads no request line now: no interrupt
            }
        }
    }
}
