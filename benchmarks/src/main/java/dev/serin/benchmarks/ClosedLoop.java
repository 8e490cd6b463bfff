package dev.serin.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Callers who each send the next request when the last is answered, all on one thread: how much a server can do. */
final class ClosedLoop {
    private static final long SELECT_MILLIS = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private ClosedLoop() {}

    /** Which request comes next. */
    @FunctionalInterface
    interface Next {
        ByteBuffer next(int number);
    }

    /** What came of it; latencies are of all answers. */
    record Result(Map<Integer, Long> statuses, Map<Integer, Long> nanos, double seconds, Latencies latencies) {
        /** {@return the rate, if every answer was 200} */
        Rate only200() {
            return allowing(200);
        }

        /** {@return this, if every answer has one of these statuses} */
        Result only(Integer... allowed) {
            if (!List.of(allowed).containsAll(statuses.keySet())) {
                throw new WrongAnswerException(
                        "Only %s is right, the answers by status are %s".formatted(List.of(allowed), statuses));
            }
            return this;
        }

        /** {@return the rate, if every answer has one of these statuses, and some are good} */
        Rate allowing(Integer... allowed) {
            only(allowed);
            long good = count(200);
            if (good == 0) {
                throw new WrongAnswerException("No answer is good, the answers by status are " + statuses);
            }
            long all = statuses.values().stream().mapToLong(each -> each).sum();
            return new Rate(good / seconds, latencies.micros(0.5), latencies.micros(0.99), all - good);
        }

        long count(int status) {
            return statuses.getOrDefault(status, 0L);
        }

        /** {@return how long all callers together waited for answers of this status} */
        long nanosOf(int status) {
            return nanos.getOrDefault(status, 0L);
        }
    }

    static Result during(int port, Request request, int connections, Duration length) throws IOException {
        ByteBuffer wire = request.wire();
        return during(port, _ -> wire, connections, length);
    }

    static Result during(int port, Next next, int connections, Duration length) throws IOException {
        return run(port, next, connections, Integer.MAX_VALUE, System.nanoTime() + length.toNanos());
    }

    static Result times(int port, Next next, int connections, int count) throws IOException {
        return run(port, next, connections, count, Long.MAX_VALUE);
    }

    private static Result run(int port, Next next, int connections, int most, long endNanos) throws IOException {
        Map<Integer, Long> statuses = new TreeMap<>();
        Map<Integer, Long> nanos = new TreeMap<>();
        Latencies latencies = new Latencies();
        List<Connection> open = new ArrayList<>();
        ByteBuffer in = Connection.readBuffer();
        long began = System.nanoTime();
        try (Selector selector = Selector.open()) {
            int sent = 0;
            int waiting = 0;
            for (; sent < Math.min(connections, most); sent++, waiting++) {
                Connection connection = Connection.open(port, selector);
                open.add(connection);
                send(connection, next.next(sent));
            }
            long lastAnswer = System.nanoTime();
            while (waiting > 0) {
                selector.select(SELECT_MILLIS);
                for (SelectionKey key : selector.selectedKeys()) {
                    Connection connection = (Connection) key.attachment();
                    if (key.isWritable()) {
                        connection.flush();
                    }
                    int status = connection.read(in);
                    if (status == Connection.INCOMPLETE) {
                        continue;
                    }
                    lastAnswer = System.nanoTime();
                    latencies.add(lastAnswer - connection.sentNanos);
                    nanos.merge(status, lastAnswer - connection.sentNanos, Long::sum);
                    statuses.merge(status, 1L, Long::sum);
                    if (status == Connection.BROKEN) {
                        connection.close();
                        waiting--;
                    } else if (sent < most && lastAnswer < endNanos) {
                        send(connection, next.next(sent++));
                    } else {
                        waiting--;
                    }
                }
                selector.selectedKeys().clear();
                if (System.nanoTime() - lastAnswer > PATIENCE.toNanos()) {
                    throw new WrongAnswerException("No answer came for " + PATIENCE);
                }
            }
        } finally {
            for (Connection connection : open) {
                connection.close();
            }
        }
        return new Result(statuses, nanos, (System.nanoTime() - began) / 1e9, latencies);
    }

    private static void send(Connection connection, ByteBuffer request) throws IOException {
        connection.sentNanos = System.nanoTime();
        connection.send(request);
    }
}
