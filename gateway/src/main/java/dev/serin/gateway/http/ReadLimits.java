package dev.serin.gateway.http;

import java.time.Duration;

/**
 * How long callers may take to send a request: the head as a whole, the body as long as it keeps coming. A body that
 * takes longer than its limit must have brought, in every stretch of that length, a kibibyte for each second of it. So
 * a slow line gets through, and one that stalls or drips does not.
 *
 * @param head from its first byte; the first of a connection from when that was made
 * @param body length of the stretches
 */
public record ReadLimits(Duration head, Duration body) {
    private static final long LEAST_BYTES_PER_SECOND = 1 << 10;

    public ReadLimits {
        if (!head.isPositive() || !body.isPositive()) {
            throw new IllegalArgumentException("Limits must be positive, got %s and %s".formatted(head, body));
        }
    }

    boolean headIsLate(long nanos) {
        return nanos >= head.toNanos();
    }

    /** {@return whether a stretch of the body is over} */
    boolean stretchIsOver(long nanos) {
        return nanos >= body.toNanos();
    }

    /** {@return whether a stretch that is over brought too little} */
    boolean isTooLittle(long bytes) {
        return bytes < LEAST_BYTES_PER_SECOND * body.toMillis() / 1000;
    }

    /** {@return how often to look, so that nobody gets much more than his limit} */
    Duration lookEvery() {
        Duration shorter = head.compareTo(body) < 0 ? head : body;
        Duration tenth = shorter.dividedBy(10);
        return tenth.compareTo(Duration.ofSeconds(1)) < 0 ? tenth : Duration.ofSeconds(1);
    }
}
