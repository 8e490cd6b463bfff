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

/**
 * Sends requests when they are due, whatever became of those before, and takes each latency from the moment at which the
 * request was due. One thread sends what is due, reads what has come, and then sleeps for {@link PreciseTimer#LEAST_NANOS} at least: by so
 * much, and by what it sends and reads meanwhile, a latency may be too long; woken for each request it would take twice as
 * much of the cores from the servers. A request that finds no connection idle gets one of its own; where there are as many as may
 * be, it waits, and that counts.
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
    private final ByteBuffer in = Connection.readBuffer();
    private final ArrayDeque<Connection> idle = new ArrayDeque<>();
    private final List<Connection> opened = new ArrayList<>();
    private final long[] latencyNanos;
    private final int[] statuses;
    private final Latencies lateness = new Latencies();
    private long beganNanos;
    private int open;
    private int sent;
    private int answered;

    private OpenLoop(int port, List<Request> requests, Schedule schedule, int mostConnections) throws IOException {
        this.port = port;
        this.requests = requests.stream().map(Request::wire).toArray(ByteBuffer[]::new);
        this.schedule = schedule;
        this.mostConnections = mostConnections;
        this.selector = Selector.open();
        this.latencyNanos = new long[schedule.count()];
        this.statuses = new int[schedule.count()];
    }

    /** Sends these requests in turns, and returns when all are answered, or some have not been for too long. */
    static Answers run(int port, List<Request> requests, Schedule schedule) throws IOException {
        return run(port, requests, schedule, MOST_CONNECTIONS);
    }

    /** As above, with no more connections than these. */
    static Answers run(int port, List<Request> requests, Schedule schedule, int mostConnections) throws IOException {
        try (OpenLoop loop = new OpenLoop(port, requests, schedule, mostConnections)) {
            return loop.run();
        }
    }

    private Answers run() throws IOException {
        while (open < Math.min(FIRST_CONNECTIONS, mostConnections)) {
            idle.push(connect());
        }
        PreciseTimer.ask();
        beganNanos = System.nanoTime() + 1_000_000;
        long end = beganNanos + schedule.length().toNanos() + PATIENCE.toNanos();
        while (answered < schedule.count() && System.nanoTime() < end) {
            sendWhatIsDue();
            selector.selectNow(this::ready);
            sleep();
        }
        return new Answers(schedule, latencyNanos, statuses, lateness);
    }

    /** What gets due meanwhile has its turn after the answers, which would otherwise wait for as long as there is something to send. */
    private void sendWhatIsDue() throws IOException {
        long now = System.nanoTime();
        while (sent < schedule.count() && now >= due(sent)) {
            Connection connection = idle.poll();
            if (connection == null) { // or is there one whose answer has come?
                selector.selectNow(this::ready);
                connection = idle.poll();
            }
            if (connection == null) {
                if (open >= mostConnections) {
                    return;
                }
                connection = connect();
            }
            send(connection, sent++);
        }
    }

    private void send(Connection connection, int index) {
        lateness.add(System.nanoTime() - due(index));
        connection.index = index;
        try {
            connection.send(requests[index % requests.length]);
        } catch (IOException e) {
            lost(connection);
        }
    }

    /** Until the next is due, or for the least where an answer is to come. */
    private void sleep() {
        if (sent > answered) {
            PreciseTimer.until(System.nanoTime() + PreciseTimer.LEAST_NANOS);
        } else if (sent < schedule.count()) {
            PreciseTimer.until(due(sent));
        }
    }

    private long due(int index) {
        return beganNanos + schedule.dueNanos()[index];
    }

    private Connection connect() throws IOException {
        Connection connection = Connection.open(port, selector);
        open++;
        opened.add(connection);
        return connection;
    }

    private void ready(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        int status;
        try {
            if (key.isWritable()) {
                connection.flush();
            }
            status = key.isReadable() ? connection.read(in) : Connection.INCOMPLETE;
        } catch (IOException e) {
            status = Connection.BROKEN;
        }
        if (status == Connection.BROKEN) {
            lost(connection);
        } else if (status != Connection.INCOMPLETE) {
            answered(connection, status);
            idle.push(connection);
        }
    }

    private void answered(Connection connection, int status) {
        latencyNanos[connection.index] = System.nanoTime() - due(connection.index);
        statuses[connection.index] = status;
        connection.index = Connection.NONE;
        answered++;
    }

    /** A connection that broke: with a request on its way that is an answer of its own kind, without one it is the server's right. */
    private void lost(Connection connection) {
        idle.remove(connection);
        try {
            connection.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        open--;
        if (connection.index != Connection.NONE) {
            answered(connection, Connection.BROKEN);
        }
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : opened) {
            connection.close();
        }
        selector.close();
    }
}
