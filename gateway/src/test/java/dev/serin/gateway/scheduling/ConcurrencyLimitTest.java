package dev.serin.gateway.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class ConcurrencyLimitTest {
    private static final double ONE_MILLI = 1e6;

    private final ConcurrencyLimit limit = new ConcurrencyLimit(Limit.upTo(8));

    @Test
    void runsThatDoNotDisturbEachOtherMayAllRun() {
        measure(limit, 2_000, _ -> ONE_MILLI);

        assertThat(limit.runs()).isEqualTo(8);
    }

    @Test
    void runsThatShareOneThingEquallyMayAllRun() {
        measure(limit, 2_000, atOnce -> atOnce * ONE_MILLI);

        assertThat(limit.runs()).isEqualTo(8);
    }

    @Test
    void noMoreRunThanDoesGood() {
        // three have room beside each other; each further one costs all of them
        measure(limit, 2_000, atOnce -> atOnce <= 3 ? ONE_MILLI : ONE_MILLI * atOnce);

        assertThat(limit.runs()).isEqualTo(3);
    }

    @Test
    void oneAtATimeWhereTwoAreSlowerThanOneAfterTheOther() {
        measure(limit, 2_000, atOnce -> ONE_MILLI * Math.pow(atOnce, 3));

        assertThat(limit.runs()).isOne();
    }

    @Test
    void aFewSlowRunsSayNothing() {
        measure(limit, 10, atOnce -> ONE_MILLI * Math.pow(atOnce, 3));

        assertThat(limit.runs()).isEqualTo(8);
    }

    @Test
    void whatWasScarceIsTriedAgainLater() {
        measure(limit, 2_000, atOnce -> ONE_MILLI * Math.pow(atOnce, 3));

        measure(limit, 100_000, _ -> ONE_MILLI);

        assertThat(limit.runs()).isEqualTo(8);
    }

    @Test
    void aFixedLimitStaysWhatItIs() {
        ConcurrencyLimit fixed = new ConcurrencyLimit(Limit.fixed(8));

        measure(fixed, 2_000, atOnce -> ONE_MILLI * Math.pow(atOnce, 3));

        assertThat(fixed.runs()).isEqualTo(8);
    }

    /** So many runs, as many at once in turn as may be. */
    private static void measure(ConcurrencyLimit limit, int runs, IntToDoubleFunction nanos) {
        for (int i = 0; i < runs; i++) {
            int atOnce = 1 + i % limit.runs();
            limit.ran(atOnce, (long) nanos.applyAsDouble(atOnce));
        }
    }
}
