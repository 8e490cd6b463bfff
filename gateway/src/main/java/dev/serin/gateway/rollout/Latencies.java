package dev.serin.gateway.rollout;

import java.util.Arrays;

/**
 * How long runs took: counts in buckets each 2.2 % wider than the one before, from 1 µs to 18 minutes; what is outside is in
 * the first and in the last. Immutable.
 *
 * <p>Since every bucket is the same ratio wider than the one before, dividing all latencies by a power of that ratio is a
 * shift of the counts, without any error.
 */
public final class Latencies {
    public static final Latencies NONE = new Latencies(new long[0]);

    static final int BUCKETS = 1 + 30 * 32;

    private static final int PER_OCTAVE = 32;
    private static final double PER_UNIT = PER_OCTAVE / Math.log(2);
    private static final double LOWEST_NANOS = 1_000;

    private final long[] counts; // may end early: the rest is 0
    private final long total;

    private Latencies(long[] counts) {
        this.counts = counts;
        this.total = Arrays.stream(counts).sum();
    }

    /** {@return these counts, by bucket from the first on} */
    static Latencies of(long[] counts) {
        if (counts.length > BUCKETS) {
            throw new IllegalArgumentException("There are %d buckets, got %d counts".formatted(BUCKETS, counts.length));
        }
        return new Latencies(counts.clone());
    }

    static int bucket(long nanos) {
        return nanos < LOWEST_NANOS ? 0 : Math.min(BUCKETS - 1, 1 + (int) (Math.log(nanos / LOWEST_NANOS) * PER_UNIT));
    }

    /** {@return the fewest buckets that are at least this ratio apart: a ratio is never taken for a smaller one} */
    static int buckets(double ratio) {
        double exact = Math.log(ratio) * PER_UNIT;
        return (int) Math.ceil(Math.clamp(exact, -BUCKETS, BUCKETS) - 1e-9);
    }

    /** {@return how many times as slow a bucket is than the one that lies so many before it} */
    static double ratio(int buckets) {
        return Math.exp(buckets / PER_UNIT);
    }

    /** {@return how many runs were counted} */
    public long total() {
        return total;
    }

    /** {@return the latency that this share of the runs did not exceed, to within 1.1 %; 0 when none was counted} */
    public long quantileNanos(double share) {
        if (total == 0) {
            return 0;
        }
        return (long) (LOWEST_NANOS * Math.exp((quantile(share) - 0.5) / PER_UNIT));
    }

    /** {@return the bucket of the run at this share; there has to be one} */
    int quantile(double share) {
        long rank = Math.clamp((long) Math.ceil(share * total), 1, total);
        int bucket = 0;
        for (long below = counts[0]; below < rank; below += counts[bucket]) {
            bucket++;
        }
        return bucket;
    }

    /** {@return the count of a bucket; 0 for one that is not there} */
    long count(int bucket) {
        return bucket >= 0 && bucket < counts.length ? counts[bucket] : 0;
    }

    /** {@return the runs in buckets above this one} */
    long above(int bucket) {
        long sum = 0;
        for (int i = Math.max(0, bucket + 1); i < counts.length; i++) {
            sum += counts[i];
        }
        return sum;
    }
}
