package dev.serin.gateway.shadow;

import dev.serin.gateway.predict.Shadows.Copy;
import dev.serin.gateway.shadow.ShadowReport.Example;
import dev.serin.gateway.shadow.ShadowReport.Quantiles;
import dev.serin.registry.ModelName;
import dev.serin.registry.VersionId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Gathers what there is to tell of each model's shadow. Another shadow, or another version that it is compared with, begins
 * anew; what still comes of the former ones is ignored. Thread-safe.
 */
public final class ShadowReports implements ShadowListener {
    private static final int WORST = 10;

    /** Enough for the 99th percentile of run times to mean something, and 16 KiB. */
    private static final int TIMES = 1_024;

    /** Copies of a former shadow are waited out for longer than they wait for their run; then it may be the shadow again. */
    private static final Duration FORMER = Duration.ofMinutes(1);

    private static final Comparator<Example> WORST_FIRST = Comparator.comparingInt(
                    (Example example) -> example.comparison().agrees() ? 1 : 0)
            .thenComparingDouble(example -> -example.comparison().maxRelative());

    private final InstantSource clock;
    private final ConcurrentMap<ModelName, Gathered> byModel = new ConcurrentHashMap<>();

    public ShadowReports(InstantSource clock) {
        this.clock = clock;
    }

    /** {@return what there is of this model; empty when no copy was made yet} */
    public Optional<ShadowReport> of(ModelName model) {
        return Optional.ofNullable(byModel.get(model)).map(Gathered::report);
    }

    @Override
    public void compared(Copy copy, Comparison comparison, long runNanos) {
        gathered(copy).ifPresent(seen -> seen.compared(copy, comparison, runNanos));
    }

    @Override
    public void failed(Copy copy, RuntimeException cause) {
        gathered(copy).ifPresent(Gathered::failed);
    }

    @Override
    public void dropped(Copy copy) {
        gathered(copy).ifPresent(Gathered::dropped);
    }

    /** {@return where a copy's result belongs; empty when it is of a former pair} */
    private Optional<Gathered> gathered(Copy copy) {
        Pair pair = new Pair(copy.shadow().id(), copy.answeredBy());
        ModelName model = pair.shadow().model();
        Gathered there = byModel.get(model);
        if (there == null || !there.pair.equals(pair)) {
            there = byModel.compute(model, (_, present) -> turn(Optional.ofNullable(present), pair));
        }
        return Optional.of(there).filter(seen -> seen.pair.equals(pair));
    }

    private Gathered turn(Optional<Gathered> present, Pair pair) {
        Instant now = clock.instant();
        Map<Pair, Instant> former =
                new HashMap<>(present.map(seen -> seen.former).orElse(Map.of()));
        former.values().removeIf(left -> left.plus(FORMER).isBefore(now));
        if (present.isPresent() && (present.get().pair.equals(pair) || former.containsKey(pair))) {
            return present.get();
        }
        present.ifPresent(seen -> former.put(seen.pair, now));
        return new Gathered(pair, now, Map.copyOf(former));
    }

    /** What is compared. */
    private record Pair(VersionId shadow, VersionId answeredBy) {}

    private static final class Gathered {
        private final Pair pair;
        private final Instant since;
        private final Map<Pair, Instant> former; // and when each was left
        private long compared;
        private long timed; // of those, where both times are of runs for one request
        private long agreed;
        private long failed;
        private long dropped;
        private double maxAbsolute;
        private double maxRelative;
        private long ranked;
        private long sameRanks;
        private final long[] usualMicros = new long[TIMES];
        private final long[] shadowMicros = new long[TIMES];
        private final List<Example> worst = new ArrayList<>();

        Gathered(Pair pair, Instant since, Map<Pair, Instant> former) {
            this.pair = pair;
            this.since = since;
            this.former = former;
        }

        synchronized void compared(Copy copy, Comparison comparison, long runNanos) {
            if (copy.runNanos()
                    > 0) { // else its answer came of a run for several, and its time would blame or flatter the shadow
                int slot = (int) (timed++ % TIMES);
                usualMicros[slot] = copy.runNanos() / 1_000;
                shadowMicros[slot] = runNanos / 1_000;
            }
            compared++;
            agreed += comparison.agrees() ? 1 : 0;
            maxAbsolute = Math.max(maxAbsolute, comparison.maxAbsolute());
            maxRelative = Math.max(maxRelative, comparison.maxRelative());
            ranked += comparison.ranked() ? 1 : 0;
            sameRanks += comparison.ranked() && comparison.sameRanks() ? 1 : 0;
            if (comparison.maxAbsolute() > 0 || !comparison.agrees()) {
                worst.add(new Example(copy.requestId(), comparison));
                worst.sort(WORST_FIRST);
                if (worst.size() > WORST) {
                    worst.removeLast();
                }
            }
        }

        synchronized void failed() {
            failed++;
        }

        synchronized void dropped() {
            dropped++;
        }

        synchronized ShadowReport report() {
            int times = (int) Math.min(timed, TIMES);
            return new ShadowReport(
                    pair.shadow(),
                    pair.answeredBy(),
                    since,
                    compared,
                    agreed,
                    failed,
                    dropped,
                    maxAbsolute,
                    maxRelative,
                    ranked,
                    sameRanks,
                    quantiles(usualMicros, times),
                    quantiles(shadowMicros, times),
                    worst);
        }

        private static Quantiles quantiles(long[] micros, int count) {
            if (count == 0) {
                return new Quantiles(0, 0);
            }
            long[] sorted = Arrays.copyOf(micros, count);
            Arrays.sort(sorted);
            return new Quantiles(sorted[(count - 1) / 2], sorted[(int) Math.ceil(count * 0.99) - 1]);
        }
    }
}
