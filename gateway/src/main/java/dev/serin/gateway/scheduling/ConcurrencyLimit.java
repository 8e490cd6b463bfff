package dev.serin.gateway.scheduling;

/**
 * How many runs of one version there may be at once. Where runs share what is scarce, memory or the threads within a run,
 * more at once may give less altogether: so the mean time of runs is kept by how many there were, and no more are let run
 * than did well. Only the time of runs counts, never what became of requests. Thread-safe; of two runs that end at once one
 * may count for nothing.
 */
final class ConcurrencyLimit {
    /** Of what the best number of runs gives a second, the part that a greater number must give to be let. */
    private static final double WORTH = 0.75;

    /** Weight of a run in the mean of its number. */
    private static final double FORGET = 1.0 / 64;

    /** Runs of a number, before its mean is believed. */
    private static final int ENOUGH = 64;

    /** Runs after which one more at once is tried again: what was scarce may not be any more. */
    private static final int RETRY = 4_096;

    private final Limit limit;
    private final double[] meanNanos; // by runs at once, less one
    private final int[] counts; // the same; up to ENOUGH
    private volatile int runs;
    private int sinceCut;

    ConcurrencyLimit(Limit limit) {
        this.limit = limit;
        this.runs = limit.most();
        int measured = limit.adapts() ? limit.most() : 0;
        this.meanNanos = new double[measured];
        this.counts = new int[measured];
    }

    /** {@return how many there may be now} */
    int runs() {
        return runs;
    }

    /**
     * Takes a run for one request into account.
     *
     * @param atOnce runs of the version when it began, itself included
     */
    void ran(int atOnce, long nanos) {
        if (!limit.adapts() || limit.most() == 1) {
            return;
        }
        synchronized (this) {
            int at = Math.min(atOnce, limit.most()) - 1;
            counts[at] = Math.min(ENOUGH, counts[at] + 1);
            meanNanos[at] += (nanos - meanNanos[at]) * Math.max(FORGET, 1.0 / counts[at]);
            if (runs < limit.most() && ++sinceCut >= RETRY) {
                counts[runs] = 0; // of one more than now: measured anew
                runs++;
                sinceCut = 0;
            }
            judge();
        }
    }

    private void judge() {
        double best = 0;
        for (int number = 1; number <= runs; number++) {
            if (counts[number - 1] < ENOUGH) {
                continue; // not known: neither praised nor blamed
            }
            double perNano = number / meanNanos[number - 1];
            if (perNano < WORTH * best) {
                runs = number - 1;
                sinceCut = 0;
                return;
            }
            best = Math.max(best, perNano);
        }
    }
}
