package dev.serin.gateway.rollout;

import org.apache.commons.numbers.gamma.LogBeta;
import org.apache.commons.numbers.gamma.RegularizedBeta;

/** Upper tails of the two distributions that counts are judged by, for counts of any size. */
final class Tails {
    private Tails() {}

    /** {@return how likely {@code hits} or more of {@code of} are, when each is a hit with this probability} */
    static double binomial(long hits, long of, double probability) {
        if (hits <= 0) {
            return 1;
        }
        if (probability <= 0) {
            return 0;
        }
        return probability >= 1 ? 1 : RegularizedBeta.value(probability, (double) hits, of - hits + 1.0);
    }

    /**
     * {@return how likely it is that {@code hits} or more of all the hits fall to the one side, when chance alone dealt them
     * out: Fisher's exact test, one-sided}
     *
     * @param of how many the one side has
     * @param otherHits what fell to the other side
     * @param otherOf how many that has
     */
    static double fisher(long hits, long of, long otherHits, long otherOf) {
        long allHits = hits + otherHits;
        long all = of + otherOf;
        if (hits <= Math.max(0, allHits - otherOf)) {
            return 1;
        }
        if (hits <= (double) allHits * of / all) { // below the mean the other tail is the short one
            return 1 - tail(of - hits + 1, of, all - allHits, all);
        }
        return tail(hits, of, allHits, all);
    }

    /**
     * The sum from a place above the mean on. Each term is a smaller part of the one before than that was of its own, so the
     * terms vanish within some standard deviations: a number of steps that grows with the root of the counts.
     */
    private static double tail(long hits, long of, long allHits, long all) {
        double term = Math.exp(logChoose(allHits, hits) + logChoose(all - allHits, of - hits) - logChoose(all, of));
        double sum = 0;
        for (long k = hits; term > sum * 1e-15; k++) {
            sum += term;
            term *= (double) (allHits - k) / (k + 1) * ((double) (of - k) / (all - allHits - of + k + 1));
        }
        return Math.min(1, sum);
    }

    private static double logChoose(long n, long k) {
        return k < 0 || k > n
                ? Double.NEGATIVE_INFINITY
                : -Math.log1p((double) n) - LogBeta.value(n - k + 1.0, k + 1.0);
    }
}
