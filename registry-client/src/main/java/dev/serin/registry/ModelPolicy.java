package dev.serin.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The operator's word on one model: {@code model.json}, read whole. Immutable.
 *
 * @param primary what answers a request that names no version: a version or an alias, as written
 * @param unknown paths of members that this build does not know, kept by every writer
 */
public record ModelPolicy(
        SortedMap<AliasName, ModelVersion> aliases,
        Optional<String> primary,
        Optional<Canary> canary,
        Optional<Shadow> shadow,
        ServingOptions serving,
        Map<ModelVersion, Retirement> retired,
        List<HistoryEntry> history,
        List<String> unknown) {
    /** No {@code model.json}: the newest version answers. */
    public static final ModelPolicy NONE = new ModelPolicy(
            new TreeMap<>(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            ServingOptions.NONE,
            Map.of(),
            List.of(),
            List.of());

    public ModelPolicy {
        aliases = Collections.unmodifiableSortedMap(new TreeMap<>(aliases));
        retired = Map.copyOf(retired);
        history = List.copyOf(history);
        unknown = List.copyOf(unknown);
    }

    /** {@return the version that the primary names, be it by an alias} */
    public Optional<ModelVersion> primaryVersion() {
        return primary.map(name -> aliases.entrySet().stream()
                .filter(alias -> alias.getKey().value().equals(name))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElseGet(() -> new ModelVersion(name)));
    }

    /**
     * A version on trial.
     *
     * @param weight percent of the requests, 0 to 100
     */
    public record Canary(
            String id,
            ModelVersion version,
            double weight,
            Optional<String> stickyHeader,
            Optional<Instant> startedAt,
            List<Step> steps,
            List<Passed> passed,
            Optional<Guard> guard,
            Optional<Aborted> aborted) {
        public Canary {
            steps = List.copyOf(steps);
            passed = List.copyOf(passed);
        }
    }

    /** One step of a canary: this many percent for this long. */
    public record Step(double weight, Duration length) {}

    /** A step, counted from 1, that a replica found clean. */
    public record Passed(int step, Instant at, String by) {}

    /** What pulls a canary back. */
    public record Guard(
            Duration window,
            int minRequests,
            Optional<Double> maxErrorRate,
            Optional<Double> maxLatencyRatio,
            Optional<Double> maxDisagreement,
            Optional<String> onBreach,
            Optional<String> onSuccess) {}

    /** A canary that was pulled back. */
    public record Aborted(Instant at, String by, String rule, Optional<Double> measured, Optional<Double> limit) {}

    /** A version that sees a copy of this many percent of the requests. */
    public record Shadow(ModelVersion version, double percent) {}

    /** How to serve this model; what is absent takes the gateway's {@code serving.*} default. */
    public record ServingOptions(
            Optional<Boolean> preload,
            OptionalInt keepVersions,
            OptionalInt maxBatchSize,
            Optional<Duration> deadline,
            OptionalInt maxConcurrency,
            OptionalInt maxQueue) {
        public static final ServingOptions NONE = new ServingOptions(
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty());
    }

    /** A version taken out of service: after {@code sunset} (at once when absent) it answers 410. */
    public record Retirement(Instant at, Optional<Instant> sunset, Optional<String> reason) {}

    /** Who changed what, when, why. */
    public record HistoryEntry(
            Instant at,
            String by,
            String command,
            Optional<String> from,
            Optional<String> to,
            Optional<String> reason) {}
}
