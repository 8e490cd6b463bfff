package dev.serin.gateway.rollout;

/**
 * What one version did while it was watched. Immutable.
 *
 * @param requests those that say something about the version
 * @param errors of these, that are the version's own
 * @param latencies of those that ran
 * @param comparisons answers that were compared with the primary's
 * @param disagreements of these, that differed
 */
public record Sample(long requests, long errors, Latencies latencies, long comparisons, long disagreements) {
    public static final Sample NONE = new Sample(0, 0, Latencies.NONE, 0, 0);

    public Sample {
        if (errors < 0 || errors > requests || disagreements < 0 || disagreements > comparisons) {
            throw new IllegalArgumentException("Of %d requests %d cannot be errors, of %d comparisons %d not disagree"
                    .formatted(requests, errors, comparisons, disagreements));
        }
    }

    /** {@return 0 to 1; 0 without a request} */
    public double errorRate() {
        return requests == 0 ? 0 : (double) errors / requests;
    }

    /** {@return 0 to 1; 0 without a comparison} */
    public double disagreementRate() {
        return comparisons == 0 ? 0 : (double) disagreements / comparisons;
    }
}
