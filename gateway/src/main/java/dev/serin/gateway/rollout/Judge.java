package dev.serin.gateway.rollout;

import dev.serin.gateway.rollout.Verdict.Breach;
import dev.serin.gateway.rollout.Verdict.Clean;
import dev.serin.gateway.rollout.Verdict.Inconclusive;
import dev.serin.registry.ModelPolicy.Guard;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Judges a canary by what it and its primary did over the same time: a pure function.
 *
 * <p>A value above its limit is no breach yet: with few requests it is above by chance, and a guard looks thousands of times.
 * So a look breaches only when chance would have done it with at most {@link #LEVEL}, whatever the traffic is like:
 *
 * <ul>
 *   <li><b>errors</b>: more than {@code max-error-rate} by the exact binomial tail, <em>and</em> more than the primary's by
 *       Fisher's exact test. The second is what holds the level: chance alone deals requests out to the sides, so bad input
 *       and bad minutes meet both of them in proportion.
 *   <li><b>p50, p99</b>: the canary's latencies are divided by {@code max-latency-ratio} and pooled with the primary's. If the
 *       canary were exactly as slow as it may be, both sides would now be alike, and the slower half, or slowest hundredth, of
 *       the pool would be dealt out by chance: Fisher's test again (Mood's median test, and the same at another quantile).
 *       The ratio is rounded up to a whole number of histogram buckets, by at most 2.2 %; then dividing is a shift of the
 *       counts, and the test is exact. Without {@code min-requests} runs for one request alone on a side that has as many requests
 *       nothing is clean.
 *   <li><b>disagreement</b>: more than {@code max-disagreement} by the exact binomial tail; there is nothing to compare it with.
 *       Without {@code min-requests} comparisons nothing is clean: a limit that nobody measures must not look kept. Where the
 *       primary has no traffic there is nothing to copy, and this does not hold.
 * </ul>
 *
 * <p>Each look makes four tests, so a rollout with 10,000 looks (28 hours of one every ten seconds) of a version that is as
 * good as its primary has a false alarm with less than 4 × 10,000 × {@link #LEVEL} = 0.04 %, by the union bound: however the
 * looks depend on each other. Each gateway judges its own share alone, and k of them are k times as often wrong.
 *
 * <p>The comparison needs a primary. When it has no traffic, as at 100 %, latencies are not judged, and errors are compared
 * with what the primary did before: that is another time, so the level does not hold for bursts of errors there. Without even
 * that the limit alone counts.
 */
public final class Judge {
    /** The probability of a false alarm by one test of one look. */
    static final double LEVEL = 1e-8;

    /** {@return what of a limit nobody has measured enough: it must not look kept} */
    private static Optional<String> unseen(Guard guard, Sample primary, Sample canary, long needed) {
        if (guard.maxDisagreement().isPresent() && canary.comparisons() < needed) {
            return Optional.of("%d of %d comparisons".formatted(canary.comparisons(), needed));
        }
        long timed = Math.min(
                canary.latencies().total(),
                primary.requests() < needed ? needed : primary.latencies().total());
        return guard.maxLatencyRatio().isPresent() && timed < needed
                ? Optional.of("%d of %d runs for one request alone".formatted(timed, needed))
                : Optional.empty();
    }

    private static final Clean CLEAN = new Clean();

    private Judge() {}

    /**
     * {@return what a look says}
     *
     * @param primary over the same time as the canary, at unchanged weights
     * @param before where the canary has all traffic, what the primary did in the last window in which it had some; else none.
     *     While there is a primary to compare with, however little it gets, another time must not take its place
     * @param canary since the weights changed; where it has all traffic, over the whole window whatever the weights were: a burst
     *     of errors is then measured by the window and not by the moments since the step began
     */
    public static Verdict judge(Guard guard, Sample primary, Sample before, Sample canary) {
        long needed = Math.max(1, guard.minRequests());
        if (canary.requests() < needed) {
            return new Inconclusive(
                    "%d of %d requests".formatted(canary.requests(), needed), canary.requests(), needed);
        }
        List<Finding> findings = new ArrayList<>();
        guard.maxErrorRate()
                .ifPresent(
                        limit -> errors(limit, needed, primary, before, canary).ifPresent(findings::add));
        if (primary.latencies().total() >= needed && canary.latencies().total() > 0) {
            guard.maxLatencyRatio().ifPresent(limit -> {
                latency(Rule.P50, 0.5, limit, primary.latencies(), canary.latencies())
                        .ifPresent(findings::add);
                latency(Rule.P99, 0.99, limit, primary.latencies(), canary.latencies())
                        .ifPresent(findings::add);
            });
        }
        guard.maxDisagreement().ifPresent(limit -> disagreement(limit, canary).ifPresent(findings::add));
        return findings.isEmpty() && primary.requests() > 0
                ? unseen(guard, primary, canary, needed)
                        .<Verdict>map(text -> new Inconclusive(text, canary.requests(), needed))
                        .orElse(CLEAN)
                : verdict(findings, canary, needed);
    }

    /** A value above its limit. */
    private record Finding(Breach breach, boolean certain) {}

    private static Verdict verdict(List<Finding> findings, Sample canary, long needed) {
        for (Finding finding : findings) {
            if (finding.certain()) {
                return finding.breach();
            }
        }
        if (findings.isEmpty()) {
            return CLEAN;
        }
        Breach first = findings.getFirst().breach();
        String text = first.rule().above(first.measured(), first.limit()) + ", not yet certain";
        return new Inconclusive(text, canary.requests(), needed);
    }

    private static Optional<Finding> errors(double limit, long needed, Sample primary, Sample before, Sample canary) {
        Sample other = before.requests() > 0 ? before : primary;
        double measured = canary.errorRate();
        if (measured <= (other.requests() >= needed ? Math.max(limit, other.errorRate()) : limit)) {
            return Optional.empty();
        }
        boolean overLimit = certain(Tails.binomial(canary.errors(), canary.requests(), limit));
        boolean overOther = other.requests() == 0
                || certain(Tails.fisher(canary.errors(), canary.requests(), other.errors(), other.requests()));
        return Optional.of(new Finding(
                new Breach(Rule.ERRORS, measured, limit, canary.errors(), canary.requests()), overLimit && overOther));
    }

    private static Optional<Finding> latency(
            Rule rule, double share, double limit, Latencies primary, Latencies canary) {
        int shift = Latencies.buckets(limit);
        int apart = canary.quantile(share) - primary.quantile(share);
        if (apart <= shift) {
            return Optional.empty();
        }
        int edge = edge(share, shift, primary, canary);
        long slow = canary.above(edge + shift);
        double chance = Tails.fisher(slow, canary.total(), primary.above(edge), primary.total());
        return Optional.of(
                new Finding(new Breach(rule, Latencies.ratio(apart), limit, slow, canary.total()), certain(chance)));
    }

    /**
     * The bucket above which runs count as slow: next to the quantile of the pool, where the share of slow runs is nearest to
     * what is meant, but neither none nor all. It is found from the pool alone, without a look at who is who, or the test would not be
     * exact.
     */
    private static int edge(double share, int shift, Latencies primary, Latencies canary) {
        long total = primary.total() + canary.total();
        double meant = (1 - share) * total;
        long above = 0;
        int bucket = Math.max(Latencies.BUCKETS, Latencies.BUCKETS - shift);
        while (true) { // down from above all
            long with = above + primary.count(bucket) + canary.count(bucket + shift);
            if (with >= meant && with > 0) {
                boolean nearer = meant - above <= with - meant || with == total;
                return above > 0 && nearer ? bucket : bucket - 1;
            }
            above = with;
            bucket--;
        }
    }

    private static Optional<Finding> disagreement(double limit, Sample canary) {
        double measured = canary.disagreementRate();
        if (measured <= limit) {
            return Optional.empty();
        }
        boolean certain = certain(Tails.binomial(canary.disagreements(), canary.comparisons(), limit));
        return Optional.of(new Finding(
                new Breach(Rule.DISAGREEMENT, measured, limit, canary.disagreements(), canary.comparisons()), certain));
    }

    private static boolean certain(double chance) {
        return chance <= LEVEL;
    }
}
