package dev.serin.gateway.sessions;

import java.time.Duration;
import java.util.Optional;

/** When to try again after a load failed: a pure function of the cause and the number of attempts. */
final class RetryPolicy {
    /** Attempts at what waiting hardly mends: a refused file, a wrong digest, a wrong golden. */
    static final int LASTING_ATTEMPTS = 5;

    private static final Duration[] PAUSES = {
        Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(5)
    };

    private RetryPolicy() {}

    /**
     * {@return the pause before the next attempt; empty when only a change in the registry can help}
     *
     * @param attempts made so far, at least 1
     * @param lasting whether the cause is in the version itself rather than on the way to it
     */
    static Optional<Duration> pauseAfter(int attempts, boolean lasting) {
        if (lasting && attempts >= LASTING_ATTEMPTS) {
            return Optional.empty();
        }
        Duration pause = PAUSES[Math.min(attempts, PAUSES.length) - 1];
        return Optional.of(lasting || pause.compareTo(PAUSES[1]) < 0 ? pause : PAUSES[1]); // on the way: at most 10 s
    }
}
