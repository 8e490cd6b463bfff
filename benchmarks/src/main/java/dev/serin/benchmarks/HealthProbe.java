package dev.serin.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks a gateway twenty times a second whether it lives, as what orchestrates it would, and notes how long that takes from when it
 * was to be asked. Started and stopped with each gateway; what it saw stays. Thread-safe.
 */
final class HealthProbe {
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Latencies all = new Latencies(); // guarded by this
    private final Map<String, Latencies> byRow = new LinkedHashMap<>(); // guarded by this
    private final AtomicLong unwell = new AtomicLong();
    private volatile String row = "";

    /** Under which row to note what comes. */
    void during(String name) {
        row = name;
    }

    /** What stops it. */
    @FunctionalInterface
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /** Watches this gateway until that is closed. */
    Watch watch(String gateway, int port) {
        Thread thread = Thread.ofPlatform().name("health-probe").daemon().start(() -> probe(gateway, port));
        return () -> {
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }

    private void probe(String gateway, int port) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/live"))
                .timeout(PATIENCE)
                .build();
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            long due = System.nanoTime();
            while (!Thread.currentThread().isInterrupted()) {
                PreciseTimer.until(due);
                String during = row + " of " + gateway;
                int status = ask(client, request);
                if (status == INTERRUPTED) {
                    return;
                }
                note(during, System.nanoTime() - due, status);
                due += INTERVAL_NANOS;
            }
        }
    }

    private static final int INTERRUPTED = -2;

    private static int ask(HttpClient client, HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return Connection.BROKEN;
        } catch (InterruptedException e) {
            return INTERRUPTED;
        }
    }

    private synchronized void note(String during, long nanos, int status) {
        all.add(nanos);
        byRow.computeIfAbsent(during, _ -> new Latencies()).add(nanos);
        if (status != 200) {
            unwell.incrementAndGet();
        }
    }

    /** {@return how many answers were not 200} */
    long unwell() {
        return unwell.get();
    }

    synchronized Figures figures() {
        double worst = byRow.values().stream()
                .mapToDouble(each -> each.millis(0.99))
                .max()
                .orElse(Double.NaN);
        Figures figures = Figures.of("p99_ms_in_the_worst_row", worst)
                .and("p99_ms", all.millis(0.99))
                .and("probes", all.count());
        for (Map.Entry<String, Latencies> each : byRow.entrySet()) {
            figures = figures.and("p99_ms_in_" + each.getKey(), each.getValue().millis(0.99));
        }
        return figures;
    }
}
