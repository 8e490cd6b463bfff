package dev.serin.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

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
        Optional<Promoted> promoted,
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

    /** {@return the version that an alias of this name is to stand for; empty when there is no such alias} */
    public Optional<ModelVersion> alias(String name) {
        if (aliases.isEmpty()) { // nearly always
            return Optional.empty();
        }
        for (Map.Entry<AliasName, ModelVersion> alias : aliases.entrySet()) {
            if (alias.getKey().value().equals(name)) {
                return Optional.of(alias.getValue());
            }
        }
        return Optional.empty();
    }

    /** {@return the version that the primary is to be, be it named by an alias} */
    public Optional<ModelVersion> primaryVersion() {
        return primary.map(name -> alias(name).orElseGet(() -> new ModelVersion(name)));
    }

    /** {@return why the canary was pulled back, in the words of whoever did it: only the history keeps them} */
    public Optional<String> whyAborted() {
        Optional<Instant> at = canary.flatMap(Canary::aborted).map(Aborted::at);
        return history.reversed().stream()
                .filter(entry -> at.equals(Optional.of(entry.at())))
                .findFirst()
                .flatMap(HistoryEntry::reason);
    }

    /**
     * A version on trial.
     *
     * @param id drawn anew by every start: what replicas know of an earlier trial is not held against this one
     * @param weight percent of the requests, 0 to 100; with steps the one that was right when the file was written, and what
     *     counts is the step that has begun
     * @param passed the steps that a replica found clean, without a gap
     * @param paused while it is, the weight stays what it was then
     * @param aborted beats everything: the weight is 0
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
            Optional<Paused> paused,
            Optional<Aborted> aborted) {
        public Canary {
            steps = List.copyOf(steps);
            passed = List.copyOf(passed);
        }

        /** {@return whether a replica found the step clean, counted from 1} */
        public boolean isPassed(int step) {
            return passed.stream().anyMatch(each -> each.step() == step);
        }

        /** {@return whether a header may have this name, of 64 signs at most} */
        public static boolean isHeaderName(String text) {
            return HEADER.matcher(text).matches();
        }

        private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}");
    }

    /** One step of a canary: this many percent for this long. */
    public record Step(double weight, Duration length) {}

    /** A step, counted from 1, that a replica found clean. */
    public record Passed(int step, Instant at, String by) {}

    /**
     * What pulls a canary back.
     *
     * @param window over which requests are counted
     * @param minRequests of the canary, without which nothing is concluded
     * @param maxErrorRate 0 to 1, of errors that are the model's
     * @param maxLatencyRatio how many times as slow as the primary it may be
     * @param maxDisagreement 0 to 1, of the answers that were compared
     */
    public record Guard(
            Duration window,
            int minRequests,
            Optional<Double> maxErrorRate,
            Optional<Double> maxLatencyRatio,
            Optional<Double> maxDisagreement,
            OnBreach onBreach,
            OnSuccess onSuccess) {
        /** Where its author says nothing else. */
        public static final Duration DEFAULT_WINDOW = Duration.ofMinutes(5);

        /** Where its author says nothing else. */
        public static final int DEFAULT_MIN_REQUESTS = 200;

        /** What is above it limits nothing. */
        public static final BigDecimal MOST_LATENCY_RATIO = BigDecimal.valueOf(1_000_000);

        /**
         * Checks the limits.
         *
         * @throws IllegalArgumentException when a rate is not 0 to 1, the ratio not above 0, or the window takes no time
         */
        public Guard {
            maxErrorRate.ifPresent(rate -> checkRate("max-error-rate", rate));
            maxDisagreement.ifPresent(rate -> checkRate("max-disagreement", rate));
            maxLatencyRatio.ifPresent(ratio -> {
                if (!(ratio > 0 && ratio <= MOST_LATENCY_RATIO.doubleValue())) {
                    throw new IllegalArgumentException("max-latency-ratio is %s; it takes a number above 0, %s at most"
                            .formatted(ratio, MOST_LATENCY_RATIO));
                }
            });
            if (minRequests < 0 || window.isZero() || window.isNegative()) {
                throw new IllegalArgumentException("a guard counts a number of requests over some time");
            }
        }

        private static void checkRate(String name, double rate) {
            if (!(rate >= 0 && rate <= 1)) {
                throw new IllegalArgumentException("%s is %s; it takes a number from 0 to 1".formatted(name, rate));
            }
        }

        /** {@return whether it limits anything} */
        public boolean hasLimit() {
            return maxErrorRate.isPresent() || maxLatencyRatio.isPresent() || maxDisagreement.isPresent();
        }
    }

    /** What a breach of the guard does. */
    public enum OnBreach {
        /** Takes all traffic from the canary, for good. */
        ABORT,
        /** Keeps it from its next step and leaves the rest to people. */
        HOLD
    }

    /** What the end of the last step does. */
    public enum OnSuccess {
        /** Makes the canary the primary. */
        PROMOTE,
        /** Keeps the last step's weight and leaves the rest to people. */
        HOLD
    }

    /**
     * A canary that stays at its weight.
     *
     * @param rule what the guard found, when it was told to hold rather than to pull back
     */
    public record Paused(Instant at, String by, Optional<String> rule) {}

    /**
     * What the latest canary became: the primary. Whoever finds it bad shortly after takes it back.
     *
     * @param id of the canary
     * @param from what was the primary before: a version
     */
    public record Promoted(String id, ModelVersion version, ModelVersion from, Instant at, String by) {}

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

    /**
     * Who changed what, when, why.
     *
     * @param was the members that were changed as they were before, by JSON pointer, with null for those that were not
     *     there: what takes the change back
     * @param became a digest of those members as the change left them: what lies there must still have it to be taken back
     */
    public record HistoryEntry(
            Instant at,
            String by,
            String command,
            Optional<String> from,
            Optional<String> to,
            Optional<String> reason,
            Optional<ObjectNode> was,
            Optional<String> became) {}
}
