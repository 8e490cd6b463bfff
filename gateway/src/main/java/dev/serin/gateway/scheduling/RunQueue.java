package dev.serin.gateway.scheduling;

import java.util.PriorityQueue;

/**
 * The line before one version: who waits, in the order of deadlines, and how many run. Everything but the measured run
 * times is guarded by the {@link RunScheduler}'s lock.
 */
public final class RunQueue {
    /** A run longer than this holds its carrier thread long enough for others to notice. */
    private static final long IN_PLACE_NANOS = 200_000;

    /** Weight of one run in the moving share of long runs: half of it is forgotten after some 700 runs. */
    private static final double FORGET = 1.0 / 1024;

    final String name;
    final int maxConcurrency;
    final int maxQueue;
    final PriorityQueue<Waiter> waiting = new PriorityQueue<>();
    int running;

    private volatile double shareOfLongRuns;

    /**
     * Makes the line for one version.
     *
     * @param name of the model, for texts
     * @param expectedRunNanos what one run is expected to take, until runs have been measured
     */
    public RunQueue(String name, int maxConcurrency, int maxQueue, long expectedRunNanos) {
        this.name = name;
        this.maxConcurrency = maxConcurrency;
        this.maxQueue = maxQueue;
        this.shareOfLongRuns = expectedRunNanos < IN_PLACE_NANOS / 2 ? 0 : 1;
    }

    /** {@return whether its p99 is under 200 µs, so that it may run on the request's own thread} */
    boolean runsInPlace() {
        return shareOfLongRuns < 0.01;
    }

    /** Takes a run into account; an update lost to a race changes nothing that matters. */
    void measured(long nanos) {
        double share = shareOfLongRuns;
        double sample = nanos > IN_PLACE_NANOS ? 1 : 0;
        if (share != sample) {
            double next = share + (sample - share) * FORGET;
            shareOfLongRuns = next < 1e-6 ? 0 : next;
        }
    }
}
