package dev.serin.gateway.observe;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Lets so many a second pass, and counts those that it holds back. Thread-safe. */
final class Quota {
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final int perSecond;
    private final LongSupplier nanoTime;
    private long beganNanos; // of the second; this and the rest are guarded by this
    private int passed;
    private long heldBack;

    /** @param nanoTime as {@link System#nanoTime} */
    Quota(int perSecond, LongSupplier nanoTime) {
        this.perSecond = perSecond;
        this.nanoTime = nanoTime;
        this.beganNanos = nanoTime.getAsLong();
    }

    /** {@return for one that may pass, how many were held back since the last that did} */
    synchronized OptionalLong ask() {
        long now = nanoTime.getAsLong();
        if (now - beganNanos >= SECOND_NANOS) {
            beganNanos = now;
            passed = 0;
        }
        if (passed == perSecond) {
            heldBack++;
            return OptionalLong.empty();
        }
        passed++;
        long before = heldBack;
        heldBack = 0;
        return OptionalLong.of(before);
    }
}
