package dev.serin.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests when they are due, whatever became of those before, and takes each latency from the moment at which the
 * request was due. Two threads: one sends, one reads; each sleeps for {@link PreciseTimer#LEAST_NANOS} at least, which is as much as a
 * latency may be too long by, and takes half as much of the cores from the servers as if it were woken for each request. One that
 * finds no connection idle gets one of its own; where there are as many as may be, it waits, and that counts.
 */
final class OpenLoop implements AutoCloseable {
    private static final int FIRST_CONNECTIONS = 32;
    private static final int MOST_CONNECTIONS = 1024;

    /** More than the longest deadline that a gateway has by default. */
    private static final Duration PATIENCE = Duration.ofSeconds(35);

    private final int port;
    private final ByteBuffer[] requests;
    private final Schedule schedule;
    private final int mostConnections;
    private final Selector selector;
    private final ArrayDeque<Connection> idle = new ArrayDeque<>(); // guarded by itself
    private final List<Connection> opened = new ArrayList<>(); // of the sender
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();
    private final long[] latencyNanos;
    private final int[] statuses;
    private final Latencies lateness = new Latencies();
    private volatile long beganNanos;
    private volatile boolean over;
    private volatile @Nullable Exception trouble; // of the reader

    private OpenLoop(int port, List<Request> requests, Schedule schedule, int mostConnections) throws IOException {
        this.port = port;
        this.requests = requests.stream().map(Request::wire).toArray(ByteBuffer[]::new);
        this.schedule = schedule;
        this.mostConnections = mostConnections;
        this.selector = Selector.open();
        this.latencyNanos = new long[schedule.count()];
        this.statuses = new int[schedule.count()];
    }

    /** Sends these requests in turns, and returns when all are answered. */
    static Answers run(int port, List<Request> requests, Schedule schedule) throws IOException, InterruptedException {
        return run(port, requests, schedule, MOST_CONNECTIONS);
    }

    /** As above, with no more connections than these. */
    static Answers run(int port, List<Request> requests, Schedule schedule, int mostConnections)
            throws IOException, InterruptedException {
        try (OpenLoop loop = new OpenLoop(port, requests, schedule, mostConnections)) {
            return loop.run();
        }
    }

    private Answers run() throws IOException, InterruptedException {
        for (int i = 0; i < Math.min(FIRST_CONNECTIONS, mostConnections); i++) {
            idle.push(connect());
        }
        Thread reader = Thread.ofPlatform().name("open-loop-reader").start(this::read);
        try {
            PreciseTimer.ask();
            beganNanos = System.nanoTime() + 1_000_000;
            for (int i = 0; i < schedule.count() && trouble == null; i++) {
                send(i);
            }
            awaitAnswers();
        } finally {
            over = true;
            selector.wakeup();
            reader.join();
        }
        if (trouble != null) {
            throw new IOException("The answers cannot be read: " + trouble.getMessage(), trouble);
        }
        return new Answers(schedule, latencyNanos, statuses, lateness);
    }

    private void send(int index) throws IOException, InterruptedException {
        long due = beganNanos + schedule.dueNanos()[index];
        PreciseTimer.until(due);
        Connection connection = take();
        lateness.add(System.nanoTime() - due);
        connection.index = index;
        try {
            connection.send(requests[index % requests.length]);
        } catch (IOException e) {
            lost(connection);
        }
    }

    private Connection take() throws IOException, InterruptedException {
        synchronized (idle) {
            Connection connection = idle.poll();
            if (connection != null) {
                return connection;
            }
            if (open.get() >= mostConnections) {
                while (idle.isEmpty() && trouble == null) {
                    idle.wait(100);
                }
                return idle.isEmpty() ? connect() : idle.pop();
            }
        }
        return connect();
    }

    private Connection connect() throws IOException {
        Connection connection = Connection.open(port, selector);
        open.incrementAndGet();
        opened.add(connection);
        selector.wakeup();
        return connection;
    }

    private void awaitAnswers() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        synchronized (idle) {
            while (answered.get() < schedule.count() && trouble == null && System.nanoTime() < end) {
                idle.wait(10);
            }
        }
    }

    private void read() {
        try {
            PreciseTimer.ask();
            while (!over) {
                if (selector.select(this::ready, 100) > 0) {
                    PreciseTimer.until(System.nanoTime() + PreciseTimer.LEAST_NANOS);
                }
            }
        } catch (IOException | RuntimeException e) {
            trouble = e;
        }
    }

    private void ready(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        int status;
        try {
            if (key.isWritable()) {
                connection.flush();
            }
            status = key.isReadable() ? connection.read() : Connection.INCOMPLETE;
        } catch (IOException e) {
            status = Connection.BROKEN;
        }
        if (status == Connection.BROKEN) {
            lost(connection);
        } else if (status != Connection.INCOMPLETE) {
            answered(connection, status);
            synchronized (idle) {
                idle.push(connection);
                idle.notifyAll();
            }
        }
    }

    private void answered(Connection connection, int status) {
        int index = connection.index;
        connection.index = -1;
        latencyNanos[index] = System.nanoTime() - beganNanos - schedule.dueNanos()[index];
        statuses[index] = status;
        answered.incrementAndGet();
    }

    /** A connection that broke: with a request on its way that is an answer of its own kind, without one it is the server's right. */
    private void lost(Connection connection) {
        synchronized (idle) {
            idle.remove(connection);
            if (!connection.isOpen()) {
                return; // both threads may find out
            }
            try {
                connection.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        if (connection.index >= 0) {
            answered(connection, Connection.BROKEN);
        }
        open.decrementAndGet();
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : opened) {
            connection.close();
        }
        selector.close();
    }
}
