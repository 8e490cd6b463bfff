package dev.serin.gateway.shadow;

import dev.serin.gateway.predict.Shadows.Copy;
import dev.serin.gateway.shadow.ShadowReport.Example;
import dev.serin.gateway.shadow.ShadowReport.Quantiles;
import dev.serin.registry.ModelName;
import dev.serin.registry.VersionId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Gathers what there is to tell of each model's shadow; another shadow begins anew. Thread-safe. */
public final class ShadowReports implements ShadowListener {
    private static final int WORST = 10;

    /** Enough for the 99th percentile of run times to mean something, and 16 KiB. */
    private static final int TIMES = 1_024;

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
        gathered(copy).compared(copy, comparison, runNanos);
    }

    @Override
    public void failed(Copy copy, RuntimeException cause) {
        gathered(copy).failed();
    }

    @Override
    public void dropped(Copy copy) {
        gathered(copy).dropped();
    }

    private Gathered gathered(Copy copy) {
        VersionId shadow = copy.shadow().id();
        Gathered there = byModel.get(shadow.model());
        return there != null && there.shadow.equals(shadow)
                ? there
                : byModel.compute(
                        shadow.model(),
                        (_, present) -> present != null && present.shadow.equals(shadow)
                                ? present
                                : new Gathered(shadow, copy.answeredBy(), clock.instant()));
    }

    private static final class Gathered {
        private final VersionId shadow;
        private final Instant since;
        private VersionId answeredBy;
        private long compared;
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

        Gathered(VersionId shadow, VersionId answeredBy, Instant since) {
            this.shadow = shadow;
            this.answeredBy = answeredBy;
            this.since = since;
        }

        synchronized void compared(Copy copy, Comparison comparison, long runNanos) {
            int slot = (int) (compared % TIMES);
            usualMicros[slot] = copy.runNanos() / 1_000;
            shadowMicros[slot] = runNanos / 1_000;
            answeredBy = copy.answeredBy();
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
            int times = (int) Math.min(compared, TIMES);
            return new ShadowReport(
                    shadow,
                    answeredBy,
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
