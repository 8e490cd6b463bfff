package dev.serin.gateway.scheduling;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.inference.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Bounds native runs. A request that finds a slot free runs at once; else it waits in its version's line, in the order
 * of deadlines; the lines take turns, so that one hot model cannot starve the others.
 *
 * <p>A native run pins its carrier: two long ones on two cores would freeze every virtual thread, health checks
 * included. So runs belong on a pool of platform threads, one per slot; only versions whose p99 was measured under
 * 200 µs run on the request's own thread, which saves two thread switches. Thread-safe.
 */
public final class RunScheduler implements AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<RunQueue> turns = new ArrayDeque<>(); // lines with waiters, the next one first; by lock
    private final ExecutorService pool;
    private int freeSlots; // guarded by lock

    public RunScheduler(SchedulingConfig config) {
        this(
                config,
                Executors.newFixedThreadPool(
                        config.runThreads(),
                        Thread.ofPlatform().name("serin-run-", 0).daemon().factory()));
    }

    /** @param pool closed with this scheduler */
    RunScheduler(SchedulingConfig config, ExecutorService pool) {
        this.freeSlots = config.runThreads();
        this.pool = pool;
    }

    /** What a run gave and where its time went. */
    public record Ran<T>(T result, long queueNanos, long runNanos) {}

    /**
     * Runs when it is its turn; returns when it has run.
     *
     * @param until the latest moment to begin
     * @param timeoutCode the failure when that moment passes
     * @throws ServingException {@link ErrorCode#MODEL_BUSY} when the line is full
     */
    public <T> Ran<T> run(RunQueue queue, Deadline until, ErrorCode timeoutCode, Supplier<T> work) {
        long arrived = System.nanoTime();
        acquire(queue, until, timeoutCode);
        try {
            return queue.runsInPlace() ? timed(queue, arrived, work) : inPool(() -> timed(queue, arrived, work));
        } finally {
            release(queue);
        }
    }

    /** The run alone is measured, not the way to its thread and back: that would keep a quick version on the pool. */
    private static <T> Ran<T> timed(RunQueue queue, long arrived, Supplier<T> work) {
        long began = System.nanoTime();
        T result = work.get();
        long took = System.nanoTime() - began;
        queue.measured(took);
        return new Ran<>(result, began - arrived, took);
    }

    private <T> T inPool(Supplier<T> work) {
        try {
            return CompletableFuture.supplyAsync(work, pool).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private void acquire(RunQueue queue, Deadline until, ErrorCode timeoutCode) {
        Waiter waiter;
        lock.lock();
        try {
            if (freeSlots > 0 && queue.running < queue.maxConcurrency && queue.waiting.isEmpty()) {
                freeSlots--;
                queue.running++;
                return;
            }
            waiter = enqueue(queue, until);
        } finally {
            lock.unlock();
        }
        if (!waiter.await() && leaveTheLine(waiter)) {
            throw new ServingException(timeoutCode, waitedTooLong(queue));
        }
    }

    private Waiter enqueue(RunQueue queue, Deadline until) {
        if (queue.waiting.size() >= queue.maxQueue) {
            throw new ServingException(
                            ErrorCode.MODEL_BUSY,
                            "%s has %d requests running and %d waiting, its limits. Try again in about 1 s."
                                    .formatted(queue.name, queue.running, queue.waiting.size()))
                    .retryAfter(Duration.ofSeconds(1));
        }
        Waiter waiter = new Waiter(queue, until);
        if (queue.waiting.isEmpty()) {
            turns.addLast(queue);
        }
        queue.waiting.add(waiter);
        return waiter;
    }

    /** {@return whether the waiter left with nothing; false when a slot was given to it at the last moment} */
    private boolean leaveTheLine(Waiter waiter) {
        lock.lock();
        try {
            if (waiter.isGranted()) {
                return false;
            }
            waiter.queue.waiting.remove(waiter);
            if (waiter.queue.waiting.isEmpty()) {
                turns.remove(waiter.queue);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void release(RunQueue queue) {
        lock.lock();
        try {
            freeSlots++;
            queue.running--;
            grantNext();
        } finally {
            lock.unlock();
        }
    }

    private void grantNext() {
        for (int i = turns.size(); i > 0 && freeSlots > 0; i--) {
            RunQueue queue = turns.removeFirst();
            if (queue.running < queue.maxConcurrency) {
                Waiter next = queue.waiting.remove();
                freeSlots--;
                queue.running++;
                next.grant();
            }
            if (!queue.waiting.isEmpty()) {
                turns.addLast(queue);
            }
        }
    }

    /** {@return whether requests wait for their turn} */
    public boolean isCrowded() {
        lock.lock();
        try {
            return !turns.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private static String waitedTooLong(RunQueue queue) {
        return "The time to wait passed before it was the request's turn to run on %s.".formatted(queue.name);
    }

    /** Ends the pool's threads once their runs have ended. */
    @Override
    public void close() {
        pool.shutdown();
    }
}
