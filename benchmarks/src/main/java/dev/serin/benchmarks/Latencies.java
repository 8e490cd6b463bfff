package dev.serin.benchmarks;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Times, by quantile, to three digits. Not thread-safe. */
final class Latencies {
    private static final long MOST_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final Histogram nanos = new Histogram(MOST_NANOS, 3);

    void add(long nanosTaken) {
        nanos.recordValue(Math.clamp(nanosTaken, 0, MOST_NANOS));
    }

    long count() {
        return nanos.getTotalCount();
    }

    /** {@return the time that this share of them did not exceed; not a number when there are none} */
    double micros(double quantile) {
        return nanos.getTotalCount() == 0 ? Double.NaN : nanos.getValueAtPercentile(100 * quantile) / 1e3;
    }

    double millis(double quantile) {
        return micros(quantile) / 1e3;
    }
}
