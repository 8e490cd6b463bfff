package dev.serin.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * Asks a gateway for one prediction after the other, a thousand a second at most and on a connection that is kept. Nothing is asked
 * twice; everything that is not the right answer is kept as a failure. Thread-safe.
 */
final class Load implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;
    private static final long PACE_NANOS = 1_000_000; // the cores are for what is tested
    private static final int MOST_FAILURES = 100; // when nothing answers any more

    private final int port;
    private final byte[] request;
    private final Predicate<Reply> right;
    private final boolean endsWhenLost;
    private final ReentrantLock turn = new ReentrantLock(true); // who asks, or who wants it to rest
    private final AtomicLong asked = new AtomicLong();
    private final ConcurrentMap<String, AtomicLong> answered = new ConcurrentHashMap<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean closed;

    private Load(int port, String target, String body, Predicate<Reply> right, boolean endsWhenLost) {
        this.port = port;
        this.right = right;
        this.endsWhenLost = endsWhenLost;
        request = "POST /models/%s/predict HTTP/1.1\r\nHost: load\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(target, body.length(), body)
                .getBytes(StandardCharsets.US_ASCII);
        thread = Thread.ofPlatform().name("load").unstarted(this::run);
    }

    /** What came, as far as it can be wrong; the version is the one that the answer names. */
    private record Reply(String status, String version, String body) {}

    /** Begins to ask; {@link #close} ends it. */
    static Load on(int port, String target, String body, String right) {
        return started(new Load(port, target, body, reply -> reply.body().equals(right), false));
    }

    /** The same where each version has its own right answer, so that one of a version which it does not name is a failure. */
    static Load on(int port, String target, String body, Map<String, String> right) {
        return started(new Load(port, target, body, reply -> reply.body().equals(right.get(reply.version())), false));
    }

    /** The same of a gateway that will be killed: the connection which is lost then is kept as a failure, and no other is made. */
    static Load untilKilled(int port, String target, String body, Map<String, String> right) {
        return started(new Load(port, target, body, reply -> reply.body().equals(right.get(reply.version())), true));
    }

    private static Load started(Load load) {
        load.thread.start();
        return load;
    }

    /** {@return how many requests have had an answer, or failed} */
    long asked() {
        return asked.get();
    }

    /** {@return how many had the right answer from this version} */
    long answeredBy(String version) {
        AtomicLong by = answered.get(version);
        return by == null ? 0 : by.get();
    }

    /** Waits until so many more have been asked. */
    void awaitMore(int requests) {
        long enough = asked() + requests;
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> asked() >= enough);
    }

    /** Waits until the connection to what was killed is lost. */
    void awaitLost() {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !thread.isAlive());
    }

    /** {@return what this makes, while nothing is asked: a process starts quicker so} */
    <T> T whileItRests(Callable<T> task) throws Exception {
        turn.lock();
        try {
            return task.call();
        } finally {
            turn.unlock();
        }
    }

    /** {@return what came instead of the right answer, in order; the first hundred} */
    List<String> failures() {
        return List.copyOf(failures);
    }

    private void run() {
        while (!closed) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(PATIENCE_MILLIS);
                socket.setTcpNoDelay(true);
                InputStream in = new BufferedInputStream(socket.getInputStream());
                boolean kept = true;
                while (kept && !closed) {
                    kept = ask(socket, in);
                    LockSupport.parkNanos(PACE_NANOS);
                }
            } catch (IOException e) {
                failed(e.toString());
                asked.incrementAndGet();
                if (endsWhenLost) {
                    return;
                }
            }
        }
    }

    private boolean ask(Socket socket, InputStream in) throws IOException {
        turn.lock();
        try {
            socket.getOutputStream().write(request);
            boolean kept = read(in);
            asked.incrementAndGet();
            return kept;
        } finally {
            turn.unlock();
        }
    }

    /** {@return whether the connection is kept} */
    private boolean read(InputStream in) throws IOException {
        String status = line(in);
        String version = "";
        int length = 0;
        boolean kept = true;
        for (String line = line(in).toLowerCase(Locale.ROOT);
                !line.isEmpty();
                line = line(in).toLowerCase(Locale.ROOT)) {
            if (line.startsWith("content-length:")) {
                length = Integer.parseInt(
                        line.substring("content-length:".length()).strip());
            }
            if (line.startsWith("serin-version:")) {
                version = line.substring("serin-version:".length()).strip();
            }
            kept &= !line.equals("connection: close");
        }
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new IOException("closed within a body");
        }
        Reply reply = new Reply(status, version, new String(body, StandardCharsets.UTF_8));
        if (status.startsWith("HTTP/1.1 200") && right.test(reply)) {
            answered.computeIfAbsent(version, _ -> new AtomicLong()).incrementAndGet();
        } else {
            failed("%s, version '%s': %s".formatted(status, version, reply.body()));
        }
        return kept;
    }

    private void failed(String how) {
        if (failures.size() < MOST_FAILURES) {
            failures.add(how);
        }
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int sign = in.read(); sign != '\n'; sign = in.read()) {
            if (sign < 0) {
                throw new IOException("closed after '" + line + "'");
            }
            if (sign != '\r') {
                line.write(sign);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
