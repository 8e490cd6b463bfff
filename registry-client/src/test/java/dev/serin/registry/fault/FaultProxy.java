package dev.serin.registry.fault;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A network that misbehaves: forwards TCP connections to a store, and does to what the store answers whatever the fault
 * of the moment is, which may change while bytes flow. Thread-safe; closing it cuts every connection.
 */
public final class FaultProxy implements AutoCloseable {
    private static final int BUFFER = 1 << 14;
    private static final Duration TICK = Duration.ofMillis(5);

    private final ServerSocket server;
    private volatile InetSocketAddress target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong forwarded = new AtomicLong();
    private volatile Fault fault = new Fault.None();
    private volatile boolean closed;

    /** What the network does to answers. */
    public sealed interface Fault {
        /** Nothing. */
        record None() implements Fault {}

        /** Every piece comes later. */
        record Latency(Duration delay) implements Fault {}

        /** So many bytes a second and no more. */
        record RateLimit(int bytesPerSecond) implements Fault {}

        /** One byte at a time, with pauses in between, once so many bytes of a connection have passed. */
        record Drip(long afterBytes, Duration pause) implements Fault {}

        /** Nothing comes any more, and the connection stays open, once so many bytes of it have passed. */
        record Stall(long afterBytes) implements Fault {}

        /** The connection ends in good order once so many bytes of it have passed. */
        record CutAfter(long bytes) implements Fault {}

        /** The connection is reset once so many bytes of it have passed. */
        record ResetAfter(long bytes) implements Fault {}

        /** Connections are accepted, and nothing is ever answered. */
        record BlackHole() implements Fault {}
    }

    private FaultProxy(ServerSocket server, InetSocketAddress target) {
        this.server = server;
        this.target = target;
    }

    /** {@return one before that store, on a free port of this machine, harmless at first} */
    public static FaultProxy before(URI store) throws IOException {
        return before(store, 0);
    }

    /** As {@link #before(URI)}, on a port that is known to be free, a closed one's say. */
    public static FaultProxy before(URI store, int port) throws IOException {
        ServerSocket server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        FaultProxy proxy = new FaultProxy(server, address(store));
        Thread.ofVirtual().name("fault-proxy").start(proxy::accept);
        return proxy;
    }

    private static InetSocketAddress address(URI store) {
        return new InetSocketAddress(store.getHost(), store.getPort());
    }

    /** Leads to another store from now on; what is open is cut. */
    public void leadTo(URI store) {
        target = address(store);
        sockets.forEach(this::close);
    }

    /** {@return where to find it} */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    /** Does this from now on, to connections that are open too. */
    public void set(Fault newFault) {
        fault = newFault;
    }

    /** {@return how many connections were made to it} */
    public long connections() {
        return accepted.get();
    }

    /** {@return how many bytes of answers have passed} */
    public long forwardedBytes() {
        return forwarded.get();
    }

    /** {@return how many connections are open, each counting for both of its ends} */
    public int openSockets() {
        return sockets.size();
    }

    private void accept() {
        while (!closed) {
            try {
                Socket client = server.accept();
                accepted.incrementAndGet();
                sockets.add(client);
                Thread.ofVirtual().name("fault-proxy-connection").start(() -> serve(client));
            } catch (IOException _) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        Socket store = new Socket();
        sockets.add(store);
        try {
            store.connect(target);
            Thread.ofVirtual().name("fault-proxy-requests").start(() -> forwardRequests(client, store));
            forwardAnswers(store, client);
        } catch (IOException _) {
            // one side has gone, as sides do
        } finally { // which ends the other direction too
            close(store);
            close(client);
        }
    }

    private void forwardRequests(Socket client, Socket store) {
        try {
            client.getInputStream().transferTo(store.getOutputStream());
            store.shutdownOutput();
        } catch (IOException _) {
            close(store);
        }
    }

    private void forwardAnswers(Socket store, Socket client) throws IOException {
        InputStream in = store.getInputStream();
        OutputStream out = client.getOutputStream();
        byte[] buffer = new byte[BUFFER];
        long passed = 0;
        for (int n = in.read(buffer); n >= 0 && !closed; n = in.read(buffer)) {
            for (int done = 0; done < n && !closed; ) {
                int piece = pass(buffer, done, n - done, passed, client, out);
                if (piece < 0) {
                    return;
                }
                done += piece;
                passed += piece;
                forwarded.addAndGet(piece);
            }
        }
    }

    /** {@return how many bytes went on; 0 to ask again, -1 when the connection is over} */
    private int pass(byte[] buffer, int offset, int length, long passed, Socket client, OutputStream out)
            throws IOException {
        return switch (fault) {
            case Fault.None() -> write(out, buffer, offset, length);
            case Fault.Latency(Duration delay) -> {
                pause(delay);
                yield write(out, buffer, offset, length);
            }
            case Fault.RateLimit(int bytesPerSecond) -> {
                int piece = Math.min(length, Math.max(1, bytesPerSecond / 20));
                pause(Duration.ofNanos(1_000_000_000L * piece / bytesPerSecond));
                yield write(out, buffer, offset, piece);
            }
            case Fault.Drip(long afterBytes, Duration pause) -> {
                if (passed < afterBytes) {
                    yield write(out, buffer, offset, (int) Math.min(length, afterBytes - passed));
                }
                pause(pause);
                yield write(out, buffer, offset, 1);
            }
            case Fault.Stall(long afterBytes) -> {
                if (passed < afterBytes) {
                    yield write(out, buffer, offset, (int) Math.min(length, afterBytes - passed));
                }
                pause(TICK);
                yield hasGone(client) ? -1 : 0;
            }
            case Fault.CutAfter(long bytes) ->
                passed >= bytes ? -1 : write(out, buffer, offset, (int) Math.min(length, bytes - passed));
            case Fault.ResetAfter(long bytes) -> {
                if (passed >= bytes) {
                    client.setSoLinger(true, 0); // closing resets
                    yield -1;
                }
                yield write(out, buffer, offset, (int) Math.min(length, bytes - passed));
            }
            case Fault.BlackHole() -> {
                pause(TICK);
                yield hasGone(client) ? -1 : 0;
            }
        };
    }

    private static int write(OutputStream out, byte[] buffer, int offset, int length) throws IOException {
        out.write(buffer, offset, length);
        return length;
    }

    private boolean hasGone(Socket client) {
        return closed || client.isClosed();
    }

    private static void pause(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void close(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        server.close();
        sockets.forEach(this::close);
    }
}
