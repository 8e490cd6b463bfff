package dev.serin.gateway.observe;

import dev.serin.registry.ModelName;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How many requests a second each model has: the mean over about {@link #SPAN}, the latest that has gone by whole. Made of
 * counters that are counted anyway, so a request pays nothing for it. Thread-safe.
 */
public final class RequestRates {
    /** Long enough for a mean, short enough for whoever looks twice. */
    static final Duration SPAN = Duration.ofSeconds(10);

    private final Metrics metrics;
    private final LongSupplier nanoTime;
    private volatile Span latest;

    /** What was counted at two moments. */
    private record Span(Sums begin, Sums end) {}

    private record Sums(long nanos, Map<String, Long> counts) {}

    /**
     * Knows no rate before the first whole span.
     *
     * @param nanoTime as {@link System#nanoTime}
     */
    public RequestRates(Metrics metrics, LongSupplier nanoTime) {
        this.metrics = metrics;
        this.nanoTime = nanoTime;
        Sums now = now();
        this.latest = new Span(now, now);
    }

    /** Looks at the counters from now on; that thread is not blocked. */
    public void start(ScheduledExecutorService timer) {
        var _ = timer.scheduleWithFixedDelay(this::look, SPAN.toNanos(), SPAN.toNanos(), TimeUnit.NANOSECONDS);
    }

    void look() {
        latest = new Span(latest.end(), now());
    }

    private Sums now() {
        return new Sums(nanoTime.getAsLong(), metrics.requestsByModel());
    }

    /**
     * {@return requests a second; empty before the first span has gone by, and for all where some versions share counters:
     * nobody knows of which models}
     */
    public OptionalDouble of(ModelName model) {
        Span span = latest;
        long nanos = span.end().nanos() - span.begin().nanos();
        Map<String, Long> end = span.end().counts();
        if (nanos <= 0 || end.containsKey(Metrics.OTHER)) {
            return OptionalDouble.empty();
        }
        long requests =
                end.getOrDefault(model.value(), 0L) - span.begin().counts().getOrDefault(model.value(), 0L);
        return OptionalDouble.of(
                Math.max(0, requests) / (nanos / 1e9)); // less than before when it was forgotten meanwhile
    }
}
