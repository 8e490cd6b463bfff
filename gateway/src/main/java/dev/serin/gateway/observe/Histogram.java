package dev.serin.gateway.observe;

import java.util.concurrent.atomic.LongAdder;

/** Whole numbers in buckets, and their sum. Thread-safe. */
final class Histogram {
    private static final long[] NANOS = {
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        25_000_000,
        50_000_000,
        100_000_000,
        250_000_000,
        500_000_000,
        1_000_000_000,
        2_500_000_000L,
        5_000_000_000L,
        10_000_000_000L
    };
    private static final long[] ROWS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024};

    private final double unit;
    private final long[] bounds;
    private final LongAdder[] buckets;
    private final LongAdder sum = new LongAdder();

    /** @param unit how many of what is counted make one of what is shown */
    private Histogram(double unit, long... bounds) {
        this.unit = unit;
        this.bounds = bounds;
        this.buckets = new LongAdder[bounds.length + 1];
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new LongAdder();
        }
    }

    /** {@return one of nanoseconds, shown as seconds: fourteen buckets from 0.5 ms to 10 s} */
    static Histogram ofSeconds() {
        return new Histogram(1e9, NANOS);
    }

    /** {@return one of rows, from 1 to 1,024} */
    static Histogram ofRows() {
        return new Histogram(1, ROWS);
    }

    void record(long amount) {
        long counted = Math.max(0, amount);
        int bucket = 0;
        while (bucket < bounds.length && counted > bounds[bucket]) {
            bucket++;
        }
        buckets[bucket].increment();
        sum.add(counted);
    }

    void write(PrometheusText text, String name, String labels) {
        String separator = labels.isEmpty() ? "" : ",";
        long total = 0;
        for (int i = 0; i < bounds.length; i++) {
            total += buckets[i].sum();
            text.sample(name + "_bucket", labels + separator + "le=\"" + bounds[i] / unit + "\"", total);
        }
        total += buckets[bounds.length].sum();
        text.sample(name + "_bucket", labels + separator + "le=\"+Inf\"", total);
        text.sample(name + "_sum", labels, sum.sum() / unit);
        text.sample(name + "_count", labels, total);
    }
}
