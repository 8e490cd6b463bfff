package dev.serin.gateway.scheduling;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Who has a slot, who waits for one, and who is next: the lines take turns, each in its own order. Thread-safe; the pool is
 * called by the lock.
 */
final class Lines {
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<RunQueue<?>> turns =
            new ArrayDeque<>(); // lines that are not empty, the next one first; by lock
    private final int reserve;
    private final LongSupplier nanoTime;
    private final Starter pool;
    private int
            freeSlots; // guarded by lock; below zero, by the reserve at most, for versions of which nothing else runs

    /**
     * Makes them, with all slots free.
     *
     * @param nanoTime as {@link System#nanoTime}
     * @param pool begins runs that are not for their callers' threads
     */
    Lines(SchedulingConfig config, LongSupplier nanoTime, Starter pool) {
        this.freeSlots = config.runThreads();
        this.reserve = config.reserve();
        this.nanoTime = nanoTime;
        this.pool = pool;
    }

    /** Begins a run that has a slot, on another thread. */
    @FunctionalInterface
    interface Starter {
        <R> void begin(RunQueue<R> queue, Entry<R> first);
    }

    /** {@return whether it has a slot; else it is in line} */
    <R> boolean enter(RunQueue<R> queue, Entry<R> entry) {
        lock.lock();
        try {
            if (canBegin(queue) && !isExpected(queue, entry)) {
                freeSlots--;
                queue.running++;
                queue.admitted();
                return true;
            }
            if (queue.canTakeOver(entry)) {
                takeOver(queue);
                return true;
            }
            refuseIfFull(queue, entry.arrivedNanos);
            waits(queue, entry);
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** {@return whether a run waits for others to come, of which this may be one} Who finds no room in line does not wait. */
    private static boolean isExpected(RunQueue<?> queue, Entry<?> entry) {
        return queue.gathering > 0 && entry.rows > 0 && !queue.isFull(entry.arrivedNanos);
    }

    /** Takes the slot of one who was called to it; he is in line again. */
    private <R> void takeOver(RunQueue<R> queue) {
        Entry<R> called = queue.called.remove();
        called.callBack();
        waits(queue, called);
    }

    /** {@return whether the slot to which it was called is still its own} */
    <R> boolean claim(RunQueue<R> queue, Entry<R> entry) {
        lock.lock();
        try {
            if (!queue.called.remove(entry)) {
                return false;
            }
            entry.use();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private <R> void waits(RunQueue<R> queue, Entry<R> entry) {
        if (queue.waiting.isEmpty()) {
            turns.addLast(queue);
        }
        queue.waiting.add(entry);
    }

    /** {@return whether there is a slot for it} One whose runs have all ended finds one even where others take all. */
    private boolean hasSlot(RunQueue<?> queue) {
        return freeSlots > 0 || (queue.running == 0 && freeSlots > -reserve);
    }

    private boolean canBegin(RunQueue<?> queue) {
        return hasSlot(queue) && queue.waiting.isEmpty() && queue.hasRoom();
    }

    private static void refuseIfFull(RunQueue<?> queue, long now) {
        if (queue.refuses(now)) {
            queue.refused(now);
            throw busy(queue);
        }
    }

    /**
     * Refuses a request before it costs anything, if its line was full when it was last looked at and still is.
     *
     * @throws ServingException {@link ErrorCode#MODEL_BUSY} when the line is full
     */
    void refuseEarly(RunQueue<?> queue) {
        if (queue.isRefusing()) {
            lock.lock();
            try {
                if (!queue.hasSlotToTakeOver() && !canBegin(queue)) {
                    refuseIfFull(queue, nanoTime.getAsLong());
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** {@return whether it left with nothing; false when it was given a slot, or taken into a batch, at the last moment} */
    <R> boolean leave(RunQueue<R> queue, Entry<R> entry) {
        lock.lock();
        try {
            if (!entry.isWaiting()) {
                return false;
            }
            queue.waiting.remove(entry);
            forgetIfEmpty(queue);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** From now on those who come wait in line, for the run that waits for them. */
    void beginGathering(RunQueue<?> queue) {
        lock.lock();
        try {
            queue.gathering++;
        } finally {
            lock.unlock();
        }
    }

    /** It has begun; slots that are free are for whoever still waits. */
    void endGathering(RunQueue<?> queue) {
        lock.lock();
        try {
            queue.gathering--;
            grantNext();
        } finally {
            lock.unlock();
        }
    }

    /** {@return whether enough wait to fill a batch with this one, or no more may} */
    <R> boolean fillsBatch(RunQueue<R> queue, Entry<R> first) {
        lock.lock();
        try {
            return queue.fillsBatch(first) || queue.isFull(nanoTime.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    <R> void takeAlong(RunQueue<R> queue, List<Entry<R>> batch) {
        lock.lock();
        try {
            queue.takeAlong(batch);
        } finally {
            forgetIfEmpty(queue);
            lock.unlock();
        }
    }

    private void forgetIfEmpty(RunQueue<?> queue) {
        if (queue.waiting.isEmpty()) {
            turns.remove(queue);
        }
    }

    /** Each line in turn: who is granted a slot goes to the back, who is not keeps the place. */
    private void grantNext() {
        boolean granted = true;
        while (granted && freeSlots > -reserve) {
            granted = false;
            for (RunQueue<?> queue : turns) {
                if (hasSlot(queue) && queue.hasRoom()) {
                    grant(queue);
                    granted = true;
                    break; // the lines are in another order now
                }
            }
        }
    }

    private <R> void grant(RunQueue<R> queue) {
        freeSlots--;
        queue.running++;
        Entry<R> next = queue.waiting.remove();
        turns.remove(queue);
        if (!queue.waiting.isEmpty()) {
            turns.addLast(queue);
        }
        if (queue.runsInPlace()) {
            queue.called.add(next);
            next.lead();
        } else {
            pool.begin(queue, next);
        }
    }

    /**
     * Gives a slot back.
     *
     * @param rows of its run of which something came
     */
    void release(RunQueue<?> queue, int rows) {
        lock.lock();
        try {
            freeSlots++;
            queue.running--;
            queue.ended(nanoTime, rows);
            grantNext();
        } finally {
            lock.unlock();
        }
    }

    /** {@return whether requests wait for their turn} */
    boolean isCrowded() {
        lock.lock();
        try {
            return !turns.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private static ServingException busy(RunQueue<?> queue) {
        return new ServingException(
                        ErrorCode.MODEL_BUSY,
                        "%s has %d requests running and %d waiting, its limits. Try again in about 1 s."
                                .formatted(queue.limits.name(), queue.running, queue.waiting.size()))
                .retryAfter(Duration.ofSeconds(1));
    }
}
