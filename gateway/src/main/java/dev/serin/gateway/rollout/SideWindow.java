package dev.serin.gateway.rollout;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;

/**
 * Counts what one version does, and forgets it after a window: the primary's or the canary's side of one canary.
 *
 * <p>The window is thirty slices of time, each with counters of its own, so that memory is bounded (about 120 KB when full)
 * whatever the traffic, and what is counted is at most one window and at least 29/30 of it old. Counting takes no lock and
 * waits for nobody; it allocates nothing but the counters of a slice, once for each slice. Nothing is lost but by time: who
 * is so late that his slice was taken over by a newer one counts into one that has left the window.
 *
 * <p>Thread-safe. Time is that of the clock given, in nanoseconds, which must not go back; {@link System#nanoTime} is one.
 */
public final class SideWindow {
    private static final int SLICES = 30;

    private static final int UNTIMED = Latencies.BUCKETS;
    private static final int ERRORS = UNTIMED + 1;
    private static final int COMPARISONS = ERRORS + 1;
    private static final int DISAGREEMENTS = COMPARISONS + 1;
    private static final int COUNTERS = DISAGREEMENTS + 1;

    private final LongSupplier nanoTime;
    private final long origin;
    private final long sliceNanos;
    private final AtomicReferenceArray<Slice> ring = new AtomicReferenceArray<>(SLICES);

    public SideWindow(Duration window, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
        this.sliceNanos = Math.max(1, saturatedNanos(window) / SLICES);
    }

    /** The counters of one slice of time; {@code number} counts slices from the making of the window. */
    private record Slice(long number, AtomicIntegerArray counts) {
        Slice(long number) {
            this(number, new AtomicIntegerArray(COUNTERS));
        }
    }

    /**
     * Counts a request, unless its outcome says nothing of the version.
     *
     * @param runNanos what the run took, without waiting for it: that would be the gateway's; 0 when there was none
     *     for this request alone
     */
    public void request(Outcome outcome, long runNanos) {
        if (outcome == Outcome.NOT_COUNTED) {
            return;
        }
        AtomicIntegerArray counts = present();
        counts.getAndIncrement(runNanos > 0 ? Latencies.bucket(runNanos) : UNTIMED);
        if (outcome == Outcome.FAILED) {
            counts.getAndIncrement(ERRORS);
        }
    }

    /** Counts an answer that was compared with the primary's to the same request. */
    public void compared(boolean agrees) {
        AtomicIntegerArray counts = present();
        counts.getAndIncrement(COMPARISONS);
        if (!agrees) {
            counts.getAndIncrement(DISAGREEMENTS);
        }
    }

    /**
     * {@return what was counted within the window}
     *
     * @param since leaves out all slices that began before: comparing two sides wants the odds between them to have been the
     *     same all the time, so this is when this gateway began to route by the present weight
     */
    public Sample sample(long since) {
        long now = number(nanoTime.getAsLong());
        long first = Math.max(now - SLICES + 1, -Math.floorDiv(origin - since, sliceNanos));
        long[] sums = new long[COUNTERS];
        for (int i = 0; i < SLICES; i++) {
            Slice slice = ring.get(i);
            if (slice != null && slice.number() >= first && slice.number() <= now) {
                for (int c = 0; c < COUNTERS; c++) {
                    sums[c] += slice.counts().get(c);
                }
            }
        }
        return sampleOf(sums);
    }

    private static Sample sampleOf(long[] sums) {
        long[] timed = Arrays.copyOf(sums, Latencies.BUCKETS);
        Latencies latencies = Latencies.of(timed);
        long requests = latencies.total() + sums[UNTIMED];
        // Counters are read one after another while others count.
        return new Sample(
                requests,
                Math.min(sums[ERRORS], requests),
                latencies,
                sums[COMPARISONS],
                Math.min(sums[DISAGREEMENTS], sums[COMPARISONS]));
    }

    private AtomicIntegerArray present() {
        long number = number(nanoTime.getAsLong());
        int place = (int) (number % SLICES);
        while (true) {
            Slice there = ring.get(place);
            if (there != null && there.number() >= number) {
                // A greater number: this thread slept through a whole window, and what it counts has left it.
                return there.number() == number ? there.counts() : new AtomicIntegerArray(COUNTERS);
            }
            Slice fresh = new Slice(number);
            if (ring.compareAndSet(place, there, fresh)) {
                return fresh.counts();
            }
        }
    }

    private long number(long nanos) {
        return (nanos - origin) / sliceNanos;
    }

    private static long saturatedNanos(Duration window) {
        try {
            return window.toNanos();
        } catch (ArithmeticException _) {
            return Long.MAX_VALUE;
        }
    }
}
