package dev.serin.gateway.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 connections that end politely. Helidon's own stop interrupts every connection that waits for a request
 * line, also one whose caller has just connected and is about to ask, and with bad luck one whose request has begun.
 * Here a connection in use ends itself after its answer, a fresh one is given a moment to ask, and only one that has
 * served before and now idles is closed at once.
 */
final class Connections implements ServerConnectionSelector {
    private static final ScopedValue<Tracked> CURRENT = ScopedValue.newInstance();
    private static final Executor MOMENT = CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS);

    private final ServerConnectionSelector http1;

    Connections(ServerConnectionSelector http1) {
        this.http1 = http1;
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
    private static final class Tracked implements ServerConnection {
        private final ServerConnection connection;
        private volatile State state = State.FRESH;

        Tracked(ServerConnection connection) {
            this.connection = connection;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            ScopedValue.where(CURRENT, this).call(() -> {
                connection.handle(limit);
                return this;
            });
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
                case FRESH -> MOMENT.execute(this::closeUnlessInUse);
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
