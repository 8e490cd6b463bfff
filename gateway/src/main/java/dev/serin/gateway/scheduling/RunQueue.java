package dev.serin.gateway.scheduling;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/**
 * The line before one version: who waits, in the order of {@linkplain Priority priorities} and deadlines, and how many run. Everything but what was measured is
 * guarded by the lock of {@link Lines}.
 *
 * @param <R> what comes of a run
 */
public final class RunQueue<R> {
    /** A run longer than this holds its carrier thread long enough for others to notice. */
    static final long IN_PLACE_NANOS = 200_000;

    /** With this share of long runs a version belongs on the pool. */
    private static final double MOST_LONG_RUNS = 0.01;

    /** Others wait for their turn while a batch runs, so it may take this long, or twice as long as a run alone. */
    private static final long LONGEST_BATCH_NANOS = 5_000_000;

    /** Who waits no longer than this is soon served: no line is made shorter. */
    private static final double SOON_NANOS = 10_000_000;

    /** Weight of one run in the moving share of long runs: half of it is forgotten after some 700 runs. */
    private static final double FORGET = 1.0 / 1024;

    /** Weight of one run in the moving mean of runs for one. */
    private static final double FORGET_TIME = 1.0 / 64;

    /** Who waits and does not fit into a batch is passed over; so many are looked at for one batch. */
    private static final int MOST_PASSED_OVER = 16;

    final Limits limits;
    final QueueLimit queueLimit;
    final RunLimit runLimit;
    final PriorityQueue<Entry<R>> waiting = new PriorityQueue<>();
    final Deque<Entry<R>> called =
            new ArrayDeque<>(); // to a slot each, of those running; their threads have yet to come
    int running;
    int gathering; // of those running, which wait for others to come

    private final boolean onOneThread;
    private final BatchSize batchSize;
    private final IntConsumer rowsOfRuns;
    private volatile boolean refusing; // written by lock
    private volatile double shareOfLongRuns;
    private volatile double meanRunNanos; // of runs for one

    /**
     * What one version may take.
     *
     * @param name of the model, for texts
     * @param runs at a time
     * @param queue requests in line
     * @param maxBatchRows of one run for several requests; 1 where each runs alone
     */
    public record Limits(String name, Limit runs, Limit queue, int maxBatchRows) {}

    /**
     * Makes the line for one version.
     *
     * @param expectedRunNanos what one run is expected to take, until runs have been measured
     * @param onOneThread whether a run works on its thread alone, so that the thread's time is the run's
     * @param rowsOfRuns told of each run that could be for several how many rows it had; on the thread that runs
     */
    public RunQueue(Limits limits, long expectedRunNanos, boolean onOneThread, IntConsumer rowsOfRuns) {
        this.limits = limits;
        this.queueLimit = new QueueLimit(limits.queue());
        this.runLimit = new RunLimit(limits.runs());
        this.rowsOfRuns = rowsOfRuns;
        this.shareOfLongRuns = expectedRunNanos < IN_PLACE_NANOS / 2 ? 0 : 1;
        this.meanRunNanos = expectedRunNanos;
        this.onOneThread = onOneThread;
        // as if each row cost as much as a run alone
        this.batchSize = new BatchSize(limits.maxBatchRows, longestBatch() / Math.max(1, expectedRunNanos));
    }

    /** {@return whether at most one in a hundred of its latest runs had a core for more than 200 µs, so that it may run on the request's own thread} */
    boolean runsInPlace() {
        return shareOfLongRuns < MOST_LONG_RUNS;
    }

    boolean hasRoom() {
        return running < runLimit.runs();
    }

    /** {@return whether no more may wait} By lock. */
    boolean isFull(long now) {
        return waiting.size() >= queueLimit.requests(now);
    }

    /** {@return the same for somebody who would have to, which is remembered} By lock. */
    boolean refuses(long now) {
        refusing = isFull(now);
        return refusing;
    }

    /** {@return whether somebody was refused, and nobody has found room since} Without the lock. */
    boolean isRefusing() {
        return refusing;
    }

    /** Takes a request into account for which there was no room. By lock. */
    void refused(long now) {
        int rows = limits.maxBatchRows > 1 ? batchSize.rows() : 1;
        double soon = SOON_NANOS / Math.max(1, meanRunNanos);
        queueLimit.refused(now, (int) Math.min(Integer.MAX_VALUE, limits.runs().most() * Math.max(2.0 * rows, soon)));
    }

    /**
     * Says that a run has ended. By lock.
     *
     * @param nanoTime asked only while somebody waits
     * @param rows of which something came
     */
    void ended(LongSupplier nanoTime, int rows) {
        if (waiting.isEmpty()) {
            runLimit.calm();
        } else {
            runLimit.ended(nanoTime.getAsLong(), rows);
        }
    }

    /** Says that a request has found a slot or room. By lock. */
    void admitted() {
        refusing = false;
    }

    /** {@return what a batch may take, in nanoseconds} */
    long longestBatch() {
        return runsInPlace() ? IN_PLACE_NANOS : Math.max(LONGEST_BATCH_NANOS, (long) (2 * meanRunNanos));
    }

    /**
     * {@return whether to measure what a run has of its core, which costs a call of the system, and two if it seems long} When all cores are busy,
     * others have one for a while in the middle of a short run; by the clock, versions would move to the pool just when it is slowest.
     * So the clock alone may bring a version half of the way to the pool; the rest only what its runs had of their cores.
     */
    boolean isInDoubt() {
        return onOneThread && shareOfLongRuns > MOST_LONG_RUNS / 2;
    }

    /**
     * Takes a run for one into account; an update lost to a race changes nothing that matters.
     *
     * @param ownNanos of those, how long it had a core; all where that was not measured
     */
    void ranAlone(long nanos, long ownNanos, int rows) {
        learn(ownNanos > IN_PLACE_NANOS);
        double mean = meanRunNanos;
        meanRunNanos = mean + (nanos - mean) * FORGET_TIME;
        tell(rows);
    }

    /**
     * The same of a run for several. One that was short shows that each alone is; and one that was long even when each
     * is given its part of the time shows that each alone is long. What lies between shows nothing: it is not for that moved to the
     * pool, but made shorter.
     *
     * @param ownNanos as in {@link #ranAlone}
     */
    void ranTogether(long nanos, long ownNanos, int rows, int requests) {
        if (ownNanos <= IN_PLACE_NANOS) {
            learn(false);
        } else if (ownNanos / requests > IN_PLACE_NANOS) {
            learn(true);
        }
        batchSize.ran(rows, nanos > longestBatch());
        tell(rows);
    }

    /** Takes a run for several into account that gave nothing. */
    void failedTogether() {
        batchSize.failed();
    }

    private void learn(boolean isLong) {
        double share = shareOfLongRuns;
        double sample = isLong ? 1 : 0;
        if (share != sample) {
            double next = share + (sample - share) * FORGET;
            shareOfLongRuns = next < 1e-6 ? 0 : next;
        }
    }

    private void tell(int rows) {
        if (rows > 0 && limits.maxBatchRows > 1) {
            rowsOfRuns.accept(rows);
        }
    }

    /**
     * {@return whether a slot is that of one who was called to it and has not come yet} Who asks has a core, and the other's
     * thread may have to wait for one behind all that are ready to run; a slot that waits for its owner serves nobody, and
     * meanwhile the line fills up. But nobody has that happen to him twice. By lock.
     */
    boolean hasSlotToTakeOver() {
        Entry<R> next = called.peek();
        return next != null && !next.wasCalledBack() && runsInPlace();
    }

    /** {@return whether there is one that this may have: who goes before it is at least taken along} By lock. */
    boolean canTakeOver(Entry<R> entry) {
        Entry<R> next = called.peek();
        return next != null
                && hasSlotToTakeOver()
                && (next.hasNoPriorityOver(entry) || (entry.rows > 0 && next.rows > 0 && entry.work.joins(next.work)));
    }

    /** {@return whether enough wait to fill a batch with this one, if each has one row} By lock. */
    boolean fillsBatch(Entry<R> first) {
        return first.rows + waiting.size() >= batchSize.rows();
    }

    /**
     * Adds to a batch whoever of the line goes with its first, up to the rows that it may have. By lock.
     *
     * @param batch of one, which has left the line; holds at each moment all who have
     */
    void takeAlong(List<Entry<R>> batch) {
        Entry<R> first = batch.getFirst();
        first.use();
        int room = first.rows == 0 ? 0 : batchSize.rows() - first.rows;
        if (room <= 0 || waiting.isEmpty()) {
            return;
        }
        List<Entry<R>> passedOver = new ArrayList<>();
        try {
            while (!waiting.isEmpty() && room > 0 && passedOver.size() < MOST_PASSED_OVER) {
                Entry<R> next = waiting.remove();
                if (next.until.hasPassed()) {
                    continue; // its own thread is about to say so
                }
                passedOver.add(next); // until it has its place: whatever is thrown, it keeps the one that it has
                if (next.rows > 0 && next.rows <= room && first.work.joins(next.work)) {
                    batch.add(next);
                    next.use();
                    passedOver.removeLast();
                    room -= next.rows;
                }
            }
        } finally {
            waiting.addAll(passedOver);
        }
    }
}
