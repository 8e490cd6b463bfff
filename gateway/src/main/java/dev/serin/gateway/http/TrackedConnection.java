package dev.serin.gateway.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection: Helidon's own, and what it is doing. Its thread writes the state, {@link #sweep} and
 * {@link #close} read it on theirs; whoever moves it to {@link State#CUT} is the only one to end it. A request costs a
 * few writes of volatile fields, and nothing is allocated for it.
 *
 * <p>Not an {@code InterruptableTask} on purpose: Helidon's executor would interrupt it past {@link #close}.
 */
final class TrackedConnection implements ServerConnection, WatchedContext.Watcher {
    /** How long a caller gets who may be about to ask. */
    static final Duration MOMENT = Duration.ofMillis(500);

    private static final Duration LINGER = Duration.ofSeconds(5);
    private static final Executor LINGERING =
            CompletableFuture.delayedExecutor(LINGER.toMillis(), TimeUnit.MILLISECONDS);
    private static final Executor LATER = CompletableFuture.delayedExecutor(MOMENT.toMillis(), TimeUnit.MILLISECONDS);

    private enum State {
        /** Nothing has come yet; a head is waited for since the connection was made. */
        FRESH,
        /** Between requests. */
        IDLE,
        /** A head has begun. */
        HEAD,
        /** A body is being read. */
        BODY,
        /** The request is here, and not answered yet. */
        ANSWER,
        /** Given up. */
        CUT
    }

    /** Which part of a request did not come in time. */
    enum Part {
        HEAD,
        BODY
    }

    private final Connections owner;
    private final ServerConnection connection;
    private final ConnectionContext context;
    private final AtomicReference<State> state = new AtomicReference<>(State.FRESH);
    private volatile long since; // the state began, on the owner's clock
    private volatile long bytes; // of the body being read
    private volatile @Nullable Exchange exchange; // whose body is being read, while there is no answer yet

    private boolean bodyLeft; // its thread's

    // the sweeper's
    private long stretchOf;
    private long stretchSince;
    private long stretchBytes;

    TrackedConnection(Connections owner, ServerConnectionSelector http1, ConnectionContext context) {
        this.owner = owner;
        this.context = context;
        this.since = owner.now();
        this.connection = http1.connection(new WatchedContext(context, this));
    }

    @Override
    public void handle(Limit limit) throws InterruptedException {
        owner.handle(this, () -> {
            try {
                connection.handle(limit);
            } finally {
                if (bodyLeft) {
                    linger();
                }
            }
        });
    }

    /**
     * Takes what the caller still sends, and throws it away. A socket that is closed with bytes unread resets the
     * connection, and the caller, who sends first and reads then, never sees why he was refused.
     */
    private void linger() {
        HelidonSocket socket = context.serverSocket();
        LINGERING.execute(() -> end(socket));
        try {
            byte[] rest = socket.get();
            while (rest != null && rest.length > 0) {
                rest = socket.get();
            }
        } catch (UncheckedIOException _) {
            // the caller went away, or had his time
        }
    }

    private static void end(HelidonSocket socket) {
        try {
            socket.close();
        } catch (UncheckedIOException _) {
            // it had ended by itself
        }
    }

    // What its thread does

    @Override
    public void waits(boolean left) {
        if (left && state.get() == State.IDLE) { // what came with the former request begins this one
            begin(State.IDLE, State.HEAD);
        }
    }

    @Override
    public void came(int count) {
        switch (state.get()) {
            case IDLE -> begin(State.IDLE, State.HEAD);
            case FRESH -> move(State.FRESH, State.HEAD); // its time runs since the connection was made
            case BODY -> {
                long before = bytes; // no other thread writes it
                bytes = before + count;
            }
            case HEAD, ANSWER, CUT -> {}
        }
    }

    void requestBegins(Exchange request) {
        exchange = request;
        move(state.get(), State.ANSWER);
    }

    void bodyBegins() {
        bytes = 0;
        begin(State.ANSWER, State.BODY);
    }

    void bodyEnds() {
        move(State.BODY, State.ANSWER);
    }

    void bodyLeft() {
        bodyLeft = true;
    }

    /** The answer has left; what follows of the body is read for the sake of the next request alone. */
    void answered() {
        exchange = null;
        move(state.get(), State.ANSWER);
    }

    void requestEnds(boolean last) {
        exchange = null;
        if (state.get() != State.CUT) {
            state.set(State.IDLE); // or cut in this instant, which ends it as well
        }
        if (last) {
            connection.close(false); // on its own thread, which reads no request line now: no interrupt
        }
    }

    private void begin(State from, State to) {
        since = owner.now();
        move(from, to);
    }

    private void move(State from, State to) {
        if (from == State.CUT || !state.compareAndSet(from, to)) {
            throw new CloseConnectionException("The request came too slowly");
        }
    }

    // What others see of it and do to it

    boolean isIdle() {
        return state.get() == State.IDLE;
    }

    boolean isReading() {
        return state.get() == State.BODY;
    }

    long bytesRead() {
        return bytes;
    }

    /** Cuts it when what it waits for is late. {@return which part was cut now} */
    Optional<Part> sweep(long now, ReadLimits limits) {
        State seen = state.get();
        return switch (seen) {
            case FRESH, HEAD -> limits.headIsLate(now - since) ? cut(seen, Part.HEAD) : Optional.empty();
            case BODY -> isTooSlow(now, limits) ? cut(seen, Part.BODY) : Optional.empty();
            case IDLE, ANSWER -> Optional.empty();
            case CUT -> {
                connection.close(true); // should its last words be stuck
                yield Optional.empty();
            }
        };
    }

    private boolean isTooSlow(long now, ReadLimits limits) {
        if (stretchOf != since) { // another body than last time
            stretchOf = since;
            stretchSince = since;
            stretchBytes = 0;
        }
        if (!limits.stretchIsOver(now - stretchSince)) {
            return false;
        }
        long read = bytes;
        boolean tooSlow = limits.isTooLittle(read - stretchBytes);
        stretchSince = now;
        stretchBytes = read;
        return tooSlow;
    }

    private Optional<Part> cut(State seen, Part part) {
        Exchange unanswered = exchange;
        if (!state.compareAndSet(seen, State.CUT)) {
            return Optional.empty(); // it came after all
        }
        if (part == Part.BODY && unanswered != null) {
            Thread.startVirtualThread(() -> end(unanswered)); // the socket may be full: nobody waits for that
        } else {
            connection.close(true);
        }
        return Optional.of(part);
    }

    private void end(Exchange unanswered) {
        try {
            context.dataWriter().writeNow(BufferData.create(owner.lastWords(unanswered)));
        } finally {
            connection.close(true);
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
        switch (state.get()) {
            case FRESH -> LATER.execute(this::closeUnlessInUse);
            case IDLE -> connection.close(false);
            case HEAD, BODY, ANSWER, CUT -> {} // its answer is its last
        }
    }

    private void closeUnlessInUse() {
        State now = state.get();
        if (now == State.FRESH || now == State.IDLE) {
            connection.close(false);
        }
    }
}
