package dev.serin.gateway.shadow;

import dev.serin.registry.VersionId;
import java.time.Instant;
import java.util.List;

/**
 * What one gateway has seen of a shadow beside one version since it began to. Immutable.
 *
 * @param answeredBy what it is compared with
 * @param agreed of those compared
 * @param failed copies on which the shadow gave no answer
 * @param dropped copies for which there was no room
 * @param ranked comparisons in which there were rows with a greatest number
 * @param sameRanks of those, how many had it at the same place
 * @param usualMicros latest run times of what answered, half of them and 99 of 100 not above these; of runs for one request only
 * @param shadowMicros the same of the shadow, on the same requests
 * @param worst the ten that differ most, the worst first
 */
public record ShadowReport(
        VersionId shadow,
        VersionId answeredBy,
        Instant since,
        long compared,
        long agreed,
        long failed,
        long dropped,
        double maxAbsolute,
        double maxRelative,
        long ranked,
        long sameRanks,
        Quantiles usualMicros,
        Quantiles shadowMicros,
        List<Example> worst) {
    public ShadowReport {
        worst = List.copyOf(worst);
    }

    /** Two quantiles, in microseconds; 0 before the first run that was timed. */
    public record Quantiles(long p50, long p99) {}

    /** A request by the id that its caller knows, and how far apart the answers were. */
    public record Example(String requestId, Comparison comparison) {}
}
