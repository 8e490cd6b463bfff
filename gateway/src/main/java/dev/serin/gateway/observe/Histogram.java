package dev.serin.gateway.observe;

import java.util.concurrent.atomic.LongAdder;

/** Durations in fourteen buckets from 0.5 ms to 10 s, and their sum. Thread-safe. */
final class Histogram {
    private static final long[] BOUNDS_MICROS = {
        500,
        1_000,
        2_500,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000
    };

    private final LongAdder[] buckets = new LongAdder[BOUNDS_MICROS.length + 1];
    private final LongAdder sumNanos = new LongAdder();

    Histogram() {
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new LongAdder();
        }
    }

    void record(long nanos) {
        long counted = Math.max(0, nanos);
        int bucket = 0;
        while (bucket < BOUNDS_MICROS.length && counted > BOUNDS_MICROS[bucket] * 1000) {
            bucket++;
        }
        buckets[bucket].increment();
        sumNanos.add(counted);
    }

    void write(PrometheusText text, String name, String labels) {
        String separator = labels.isEmpty() ? "" : ",";
        long total = 0;
        for (int i = 0; i < BOUNDS_MICROS.length; i++) {
            total += buckets[i].sum();
            text.sample(name + "_bucket", labels + separator + "le=\"" + BOUNDS_MICROS[i] / 1e6 + "\"", total);
        }
        total += buckets[BOUNDS_MICROS.length].sum();
        text.sample(name + "_bucket", labels + separator + "le=\"+Inf\"", total);
        text.sample(name + "_sum", labels, sumNanos.sum() / 1e9);
        text.sample(name + "_count", labels, total);
    }
}
