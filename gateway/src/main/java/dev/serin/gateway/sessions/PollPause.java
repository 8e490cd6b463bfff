package dev.serin.gateway.sessions;

import java.time.Duration;

/**
 * How long to wait before the next look at the registry: a pure function. The requests of a look are not repeated by
 * anybody below, so this is the only pause between two attempts.
 */
final class PollPause {
    /** No outage is noticed to have ended later than this, unless polls are configured to be rarer. */
    static final Duration CAP = Duration.ofSeconds(10);

    private static final double JITTER = 0.2;

    private PollPause() {}

    /**
     * {@return the pause: the interval, twice as much after each further failure up to the cap, less up to a fifth by
     * chance, and never less than the interval}
     *
     * @param failures since the last look that succeeded
     * @param draw by chance, from 0 to 1
     */
    static Duration after(int failures, Duration interval, double draw) {
        Duration longest = longer(interval, CAP);
        Duration pause = interval;
        for (int failure = 1; failure < failures && pause.compareTo(longest) < 0; failure++) {
            pause = pause.multipliedBy(2);
        }
        Duration capped = pause.compareTo(longest) < 0 ? pause : longest;
        return longer(interval, capped.minusNanos((long) (capped.toNanos() * JITTER * draw)));
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }
}
