package dev.serin.gateway.rollout;

import java.time.Duration;
import java.util.Locale;

/** What one look at both sides of a canary says. */
public sealed interface Verdict {
    /** Enough was seen, and nothing of it is above its limit. */
    record Clean() implements Verdict {}

    /**
     * Neither good nor certainly bad.
     *
     * @param text why: {@code 41 of 200 requests}
     * @param requests of the canary
     * @param needed requests of the canary before anything is concluded
     */
    record Inconclusive(String text, long requests, long needed) implements Verdict {}

    /**
     * Above a limit, with certainty.
     *
     * @param measured what the canary has: a share, or a ratio to the primary's latency
     * @param limit what it may have
     * @param count the canary's errors, disagreements, or runs that are slower than most
     * @param of its requests, comparisons, or runs
     */
    record Breach(Rule rule, double measured, double limit, long count, long of) implements Verdict {
        /** {@return {@code errors 3.1 % > 1 % over 5 min (317 of 10 236)}} */
        public String text(Duration window) {
            return "%s over %s (%s of %s)"
                    .formatted(rule.above(measured, limit), duration(window), grouped(count), grouped(of));
        }

        private static String duration(Duration time) {
            if (time.toSecondsPart() != 0 || time.isZero()) {
                return time.toSeconds() + " s";
            }
            return time.toMinutesPart() != 0 ? time.toMinutes() + " min" : time.toHours() + " h";
        }

        private static String grouped(long count) {
            return String.format(Locale.ROOT, "%,d", count).replace(',', ' ');
        }
    }
}
