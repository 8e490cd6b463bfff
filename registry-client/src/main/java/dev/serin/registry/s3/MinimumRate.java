package dev.serin.registry.s3;

import java.time.Duration;

/**
 * Tells a transfer that drips from one that flows: in every window of waiting for bytes at least so many must come.
 * Only the time spent waiting counts, so that a reader may take its own. Used by one thread.
 */
final class MinimumRate {
    private final long windowNanos;
    private final long bytesPerWindow;
    private long waitedNanos;
    private long bytes;

    MinimumRate(Duration window, long bytesPerSecond) {
        this.windowNanos = window.toNanos();
        this.bytesPerWindow = Math.max(1, bytesPerSecond * window.toMillis() / 1_000);
    }

    /** {@return whether the transfer is fast enough still, so many bytes having come after so much waiting} */
    boolean holdsAfter(long newBytes, long waitNanos) {
        bytes += newBytes;
        waitedNanos += waitNanos;
        if (waitedNanos < windowNanos) {
            return true;
        }
        boolean holds = bytes >= bytesPerWindow;
        bytes = 0;
        waitedNanos = 0;
        return holds;
    }
}
