package dev.serin.gateway.rollout;

/** Samples for tests. */
final class Samples {
    private Samples() {}

    private static final long COMPARED = 10_000;

    static Sample errors(long errors, long requests) {
        return new Sample(requests, errors, constant(requests, 1), COMPARED, 0);
    }

    static Sample compared(long disagreements, long comparisons) {
        return new Sample(10_000, 0, constant(10_000, 1), comparisons, disagreements);
    }

    static Sample latencies(Latencies latencies) {
        return new Sample(latencies.total(), 0, latencies, COMPARED, 0);
    }

    /** {@return so many runs around a median, as if lognormal with sigma 0.5; this share of them {@code slower} times as slow} */
    static Latencies lognormal(long runs, double medianMillis, double slowShare, double slower) {
        long[] counts = new long[Latencies.BUCKETS];
        for (long i = 0; i < runs; i++) {
            double quantile = (i + 0.5) / runs;
            double factor = (i * 7919L) % runs < slowShare * runs ? slower : 1;
            counts[Latencies.bucket((long) (1e6 * medianMillis * factor * Math.exp(0.5 * normal(quantile))))]++;
        }
        return Latencies.of(counts);
    }

    static Latencies constant(long runs, double millis) {
        long[] counts = new long[Latencies.BUCKETS];
        counts[Latencies.bucket((long) (1e6 * millis))] = runs;
        return Latencies.of(counts);
    }

    /** {@return the normal distribution's quantile, to three digits (Shore's approximation)} */
    static double normal(double quantile) {
        return quantile >= 0.5
                ? 5.5556 * (1 - Math.pow((1 - quantile) / quantile, 0.1186))
                : -5.5556 * (1 - Math.pow(quantile / (1 - quantile), 0.1186));
    }
}
