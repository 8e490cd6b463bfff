package dev.serin.gateway.rollout;

import static dev.serin.registry.Canaries.START;
import static dev.serin.registry.Canaries.passed;
import static dev.serin.registry.Canaries.stepped;

import dev.serin.gateway.rollout.Action.Abort;
import dev.serin.gateway.rollout.Action.Hold;
import dev.serin.gateway.rollout.Action.Inconclusive;
import dev.serin.gateway.rollout.Action.Nothing;
import dev.serin.gateway.rollout.Action.Pass;
import dev.serin.gateway.rollout.Action.Promote;
import dev.serin.gateway.rollout.Action.TakeBack;
import dev.serin.gateway.rollout.Rollout.Watched;
import dev.serin.registry.Canaries;
import dev.serin.registry.CanarySchedule;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * One rollout on one gateway, by chance that is drawn from a seed: every ten seconds 2,000 requests are dealt out to the sides
 * by the schedule's weight, and there is a look. Bad times come to both sides: in one slice of twenty all runs take five times
 * as long, and, if told to, ten times as many requests fail.
 */
final class RolloutSimulation {
    private static final int SLICE_SECONDS = 10;
    private static final int REQUESTS_A_SLICE = 2_000;
    private static final int MOST_LOOKS = 720; // two hours
    private static final int WINDOW_SLICES = 30;
    private static final double MEDIAN_NANOS = 2e6;
    private static final double SIGMA = 0.6;

    /**
     * What is simulated.
     *
     * @param errorRate of the primary
     * @param moreErrors what the canary has on top
     * @param slower how many times as slow the canary is
     * @param errorBursts whether errors come in bursts too
     * @param lastStep after 5, 25 and 50
     */
    record Scenario(double errorRate, double moreErrors, double slower, boolean errorBursts, double lastStep) {}

    enum End {
        PROMOTED,
        ABORTED,
        STILL_ON
    }

    /** How it ended, after how many looks, and at which step. */
    record Ended(End how, int looks, int step, Optional<Rule> rule) {}

    /** What both sides did in one slice of time. */
    private static final class Slice {
        private final Instant began;
        private final long[] primary = new long[Latencies.BUCKETS + 1];
        private final long[] canary = new long[Latencies.BUCKETS + 1];

        Slice(Instant began) {
            this.began = began;
        }
    }

    private static final int ERRORS = Latencies.BUCKETS;
    private static final int[] NORMAL_BUCKETS = buckets(1);
    private static final int[] BURST_BUCKETS = buckets(5);

    private final Scenario scenario;
    private final Guard guard = Canaries.GUARD;
    private final SplittableRandom random;
    private final int[] normalOfCanary;
    private final int[] burstOfCanary;
    private final Deque<Slice> slices = new ArrayDeque<>();
    private Sample before = Sample.NONE;

    RolloutSimulation(Scenario scenario, long seed) {
        this.scenario = scenario;
        this.random = new SplittableRandom(seed);
        this.normalOfCanary = buckets(scenario.slower());
        this.burstOfCanary = buckets(5 * scenario.slower());
    }

    Ended run() {
        Canary canary = Canaries.guarded(stepped(5, 25, 50, scenario.lastStep()), guard);
        for (int look = 1; look <= MOST_LOOKS; look++) {
            Instant began = START.plusSeconds((long) SLICE_SECONDS * (look - 1));
            Instant now = began.plusSeconds(SLICE_SECONDS);
            CanarySchedule schedule = CanarySchedule.of(canary);
            int step = schedule.stepAt(began.toEpochMilli());
            serve(began, schedule.weightAt(began.toEpochMilli()));
            switch (decide(canary, schedule, step, now)) {
                case Pass(int passed) -> canary = passed(canary, passed, now);
                case Promote() -> {
                    return new Ended(End.PROMOTED, look, step, Optional.empty());
                }
                case Abort(Verdict.Breach breach) -> {
                    return new Ended(End.ABORTED, look, step, Optional.of(breach.rule()));
                }
                case Nothing(), Inconclusive _ -> {}
                case Hold _, TakeBack _ -> throw new AssertionError("the guard aborts, and nothing was promoted");
            }
        }
        return new Ended(End.STILL_ON, MOST_LOOKS, 0, Optional.empty());
    }

    private Action decide(Canary canary, CanarySchedule schedule, int step, Instant now) {
        boolean all = schedule.weightAt(schedule.stepBegin(step)) == 10_000;
        long since = all ? Long.MIN_VALUE : schedule.stepBegin(step);
        long[] primary = new long[Latencies.BUCKETS + 1];
        long[] trial = new long[Latencies.BUCKETS + 1];
        for (Slice slice : slices) {
            if (slice.began.toEpochMilli() >= since) {
                add(primary, slice.primary);
                add(trial, slice.canary);
            }
        }
        if (!all) {
            before = sample(primary);
        }
        Verdict verdict = all
                ? Judge.judge(guard, Sample.NONE, before, sample(trial))
                : Judge.judge(guard, sample(primary), Sample.NONE, sample(trial));
        ModelPolicy none = ModelPolicy.NONE;
        ModelPolicy policy = new ModelPolicy(
                none.aliases(),
                Optional.of("1"),
                Optional.of(canary),
                none.shadow(),
                none.promoted(),
                none.serving(),
                none.retired(),
                none.history(),
                none.unknown());
        return Rollout.decide(policy, new Watched(canary.id(), canary.guard(), verdict), now);
    }

    private void serve(Instant began, int weight) {
        boolean burst = random.nextInt(20) == 0;
        double errorRate = scenario.errorRate() * (burst && scenario.errorBursts() ? 10 : 1);
        int canaryShare = (int) (weight / 10_000.0 * (1 << 24));
        int primaryErrors = (int) (errorRate * (1 << 24));
        int canaryErrors = (int) ((errorRate + scenario.moreErrors()) * (1 << 24));
        Slice slice = new Slice(began);
        for (int i = 0; i < REQUESTS_A_SLICE; i++) {
            long drawn = random.nextLong();
            int quantile = (int) (drawn & 0xffff);
            int error = (int) (drawn >>> 16 & 0xffffff);
            if ((int) (drawn >>> 40) < canaryShare) {
                slice.canary[(burst ? burstOfCanary : normalOfCanary)[quantile]]++;
                slice.canary[ERRORS] += error < canaryErrors ? 1 : 0;
            } else {
                slice.primary[(burst ? BURST_BUCKETS : NORMAL_BUCKETS)[quantile]]++;
                slice.primary[ERRORS] += error < primaryErrors ? 1 : 0;
            }
        }
        slices.addLast(slice);
        if (slices.size() > WINDOW_SLICES) {
            slices.removeFirst();
        }
    }

    private static void add(long[] sums, long[] counts) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += counts[i];
        }
    }

    private static Sample sample(long[] sums) {
        Latencies latencies = Latencies.of(Arrays.copyOf(sums, Latencies.BUCKETS));
        return new Sample(latencies.total(), sums[ERRORS], latencies, 0, 0);
    }

    /** The latency of each of 65,536 quantiles, as a bucket: a draw is then a look-up. */
    private static int[] buckets(double slower) {
        int[] buckets = new int[1 << 16];
        for (int i = 0; i < buckets.length; i++) {
            double deviation = Samples.normal((i + 0.5) / buckets.length);
            buckets[i] = Latencies.bucket((long) (MEDIAN_NANOS * slower * Math.exp(SIGMA * deviation)));
        }
        return buckets;
    }
}
