package dev.serin.gateway.scheduling;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.scheduling.Work.Together;
import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Bounds native runs. A request that finds a slot free runs at once; else it waits in its version's line, in the order of
 * {@linkplain Priority priorities}, and of deadlines within each. Whoever begins a run takes along those in line that fit,
 * as one batch: batches are as large as the traffic makes them, and nobody waits for one to fill unless that was asked for. The {@linkplain Lines lines} take
 * turns, so that one hot model cannot starve the others.
 *
 * <p>A native run pins its carrier: two long ones on two cores would freeze every virtual thread, health checks
 * included. So runs belong on a pool of platform threads, one per slot; only versions of whose runs at most one in a hundred
 * needs a core for more than 200 µs run on the request's own thread, which saves two thread switches. Nobody's thread runs another's request once its
 * own has been run, nor what is left of a batch that failed. Thread-safe.
 */
public final class RunScheduler implements AutoCloseable {
    /** While others have time to come, it is looked this often whether there are enough. */
    private static final long LOOK_NANOS = 200_000;

    /** What gives way waits no longer: a load, of some twenty runs, is to take no more than a tenth of a second longer for it. */
    private static final long GIVING_WAY_NANOS = 5_000_000;

    private final Lines lines;
    private final long batchDelayNanos;
    private final LongSupplier threadNanos;
    private final ExecutorService pool;

    /** @param threadNanos what the thread that asks has had of a core until now; negative where nobody can tell */
    public RunScheduler(SchedulingConfig config, LongSupplier threadNanos) {
        this(
                config,
                threadNanos,
                Executors.newFixedThreadPool(
                        config.runThreads() + config.reserve(),
                        Thread.ofPlatform().name("serin-run-", 0).daemon().factory()));
    }

    /** @param pool closed with this scheduler */
    RunScheduler(SchedulingConfig config, LongSupplier threadNanos, ExecutorService pool) {
        this.lines = new Lines(config, System::nanoTime, this::beginInPool);
        this.batchDelayNanos = config.batchDelay().toNanos();
        this.threadNanos = threadNanos;
        this.pool = pool;
    }

    /**
     * What a run gave and where its time went.
     *
     * @param requests that the run was for
     */
    public record Ran<R>(R result, long queueNanos, long runNanos, int requests) {}

    /**
     * Runs when it is its turn; returns when it has run, or when its deadline passes and nothing of it is in use.
     *
     * @param until the latest moment to begin
     * @param timeoutCode the failure when that moment passes
     * @throws ServingException {@link ErrorCode#MODEL_BUSY} when the line is full
     * @throws DeadlineExceededException when the work's own deadline passes
     */
    public <R> Ran<R> run(RunQueue<R> queue, Deadline until, ErrorCode timeoutCode, Work<R> work) {
        Entry<R> entry = new Entry<>(work, until);
        if (lines.enter(queue, entry)) {
            begin(queue, entry);
        }
        while (true) {
            switch (entry.await()) {
                case DONE -> {
                    return entry.result();
                }
                case LEADS -> {
                    if (lines.claim(queue, entry)) {
                        begin(queue, entry);
                    }
                }
                case LATE -> {
                    if (lines.leave(queue, entry)) {
                        throw new ServingException(timeoutCode, waitedTooLong(queue));
                    }
                }
            }
        }
    }

    /**
     * Refuses a request before it costs anything, if its line was full when it was last looked at and still is.
     *
     * @throws ServingException {@link ErrorCode#MODEL_BUSY} when the line is full
     */
    public void refuseEarly(RunQueue<?> queue) {
        lines.refuseEarly(queue);
    }

    /** {@return whether requests wait for their turn} */
    public boolean isCrowded() {
        return lines.isCrowded();
    }

    /** Waits while requests wait for their turn, for 5 ms at most: before a run that is no request's, on a platform thread. */
    public void giveWay() {
        long end = System.nanoTime() + GIVING_WAY_NANOS;
        while (isCrowded() && System.nanoTime() < end && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, LOOK_NANOS);
        }
    }

    /** Runs what has a slot, or has it run. */
    private <R> void begin(RunQueue<R> queue, Entry<R> first) {
        if (queue.runsInPlace()) {
            // this thread's own caller has an answer to wait for, and not those of all others
            runWithOthers(queue, first, failed -> inPool(queue, failed, () -> oneByOne(queue, failed)));
        } else {
            beginInPool(queue, first);
        }
    }

    private <R> void beginInPool(RunQueue<R> queue, Entry<R> first) {
        first.use();
        inPool(queue, List.of(first), () -> runWithOthers(queue, first, failed -> oneByOne(queue, failed)));
    }

    /** Takes the slot along. */
    private <R> void inPool(RunQueue<R> queue, List<Entry<R>> entries, Runnable runs) {
        try {
            pool.execute(runs);
        } catch (RuntimeException | Error e) { // the pool has ended, or can have no thread
            entries.forEach(entry -> entry.failed(unchecked(e)));
            end(queue, entries);
        }
    }

    /**
     * Runs the first of a line, with whom it takes along. Whatever is thrown, the slot is given back and each is told what came of it.
     *
     * @param again takes over those whose batch has failed, and the slot
     */
    private <R> void runWithOthers(RunQueue<R> queue, Entry<R> first, Consumer<List<Entry<R>>> again) {
        List<Entry<R>> batch = new ArrayList<>(List.of(first));
        boolean ended = true;
        try {
            boolean gathered = gather(queue, first);
            try {
                lines.takeAlong(queue, batch);
            } finally {
                if (gathered) {
                    lines.endGathering(queue);
                }
            }
            if (batch.size() == 1) {
                alone(queue, first);
            } else {
                ended = together(queue, batch);
            }
        } catch (Throwable e) { // foreseen by nobody; their callers wait for it all the same
            batch.forEach(entry -> entry.failed(unchecked(e)));
        } finally {
            if (ended) {
                end(queue, batch);
            }
        }
        if (!ended) {
            again.accept(batch);
        }
    }

    /**
     * Gives others the time to come that was asked for: until there are enough, and for half of the time that the first has, at
     * most.
     *
     * @return whether they were made to wait for it
     */
    private <R> boolean gather(RunQueue<R> queue, Entry<R> first) {
        if (batchDelayNanos == 0 || first.rows == 0 || queue.limits.maxBatchRows() == 1) {
            return false;
        }
        long end = System.nanoTime() + Math.min(batchDelayNanos, first.until.remainingNanos() / 2);
        lines.beginGathering(queue);
        long left = end - System.nanoTime();
        while (left > 0
                && !lines.fillsBatch(queue, first)
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, Math.min(left, LOOK_NANOS));
            left = end - System.nanoTime();
        }
        return true;
    }

    /** Gives the slot back, and lets everybody go on who has not yet been told to. */
    private <R> void end(RunQueue<R> queue, List<Entry<R>> entries) {
        try {
            lines.release(queue, rows(entries));
        } finally {
            entries.forEach(Entry::end);
        }
    }

    private static <R> int rows(List<Entry<R>> entries) {
        int rows = 0;
        for (Entry<R> entry : entries) {
            rows += entry.hasResult() ? Math.max(1, entry.rows) : 0;
        }
        return rows;
    }

    private RunTime begin(RunQueue<?> queue) {
        return RunTime.begin(queue.isInDoubt() ? threadNanos : RunTime.UNKNOWN);
    }

    /** The run alone is measured, not the way to its thread and back: that would keep a quick version on the pool. */
    private <R> void alone(RunQueue<R> queue, Entry<R> entry) {
        try {
            entry.work.begins(1);
            RunTime time = begin(queue);
            R result = entry.work.run();
            time.end(RunQueue.IN_PLACE_NANOS);
            queue.ranAlone(time.nanos(), time.ownNanos(), entry.rows);
            entry.done(new Ran<>(result, time.began() - entry.arrivedNanos, time.nanos(), 1));
        } catch (Throwable e) { // whatever it is, its caller waits for it
            entry.failed(unchecked(e));
        }
    }

    /**
     * Runs several as one. One of them is the host: it is run by its work and within its deadline, the latest of all, so it
     * stays until the run has ended, with all that its lease holds. The others may leave once they are copied.
     *
     * @return whether each has what came of it; else they are to be run one by one
     */
    private <R> boolean together(RunQueue<R> queue, List<Entry<R>> batch) {
        Entry<R> host = Collections.max(batch, Comparator.comparing(entry -> entry.work.deadline()));
        List<Work<R>> all = batch.stream().map(entry -> entry.work).toList();
        try (Together<R> run = host.work.together(all)) {
            all.forEach(work -> work.begins(all.size()));
            batch.stream().filter(entry -> entry != host).forEach(Entry::copied);
            RunTime time = begin(queue);
            List<R> results = run.run(host.work.deadline());
            time.end(RunQueue.IN_PLACE_NANOS);
            int rows = batch.stream().mapToInt(entry -> entry.rows).sum();
            queue.ranTogether(time.nanos(), time.ownNanos(), rows, batch.size());
            for (int i = 0; i < results.size(); i++) {
                Entry<R> entry = batch.get(i);
                entry.done(new Ran<>(results.get(i), time.began() - entry.arrivedNanos, time.nanos(), results.size()));
            }
            return true;
        } catch (DeadlineExceededException e) { // the latest of all
            queue.failedTogether();
            batch.forEach(entry -> entry.failed(e));
            return true;
        } catch (RuntimeException | OutOfMemoryError _) { // of one of them, or of all: no other is to fail for it
            queue.failedTogether();
            return false;
        }
    }

    /** Runs those of a batch that has failed; who waits for his turn may leave, and who has had it need not wait for the others. */
    private <R> void oneByOne(RunQueue<R> queue, List<Entry<R>> batch) {
        try {
            batch.forEach(Entry::copied); // the host too: nobody runs on what it holds
            for (Entry<R> entry : batch) {
                if (entry.useAgain()) {
                    alone(queue, entry);
                    entry.end();
                }
            }
        } finally {
            end(queue, batch);
        }
    }

    private static RuntimeException unchecked(Throwable e) {
        return e instanceof RuntimeException known ? known : new IllegalStateException("A run ended in an error", e);
    }

    private static String waitedTooLong(RunQueue<?> queue) {
        return "The time to wait passed before it was the request's turn to run on %s.".formatted(queue.limits.name());
    }

    /** Ends the pool's threads once their runs have ended. */
    @Override
    public void close() {
        pool.shutdown();
    }
}
