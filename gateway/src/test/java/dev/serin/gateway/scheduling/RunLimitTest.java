package dev.serin.gateway.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunLimitTest {
    private static final long MILLI = 1_000_000;

    @Test
    void aVersionWhoseRunsHinderEachOtherGetsFewer() {
        Simulated version = new Simulated(Limit.upTo(4), 1, running -> 2.0 * running * running);

        version.crowdedFor(Duration.ofSeconds(60));

        assertThat(version.share(1, 1)).as("of the runs' time").isGreaterThan(0.8);
    }

    @Test
    void oneThatDoesMoreAtOnceKeepsAllAndPaysLittleForTheTrials() {
        Simulated version = new Simulated(Limit.upTo(2), 1, _ -> 2);

        version.crowdedFor(Duration.ofMinutes(2));

        assertThat(version.share(2, 2)).isGreaterThan(0.99);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void neitherNoiseNorRequestsOfAllSizesMoveIt(long seed) {
        Random random = new Random(seed);
        Simulated version = new Simulated(
                Limit.upTo(2), seed, _ -> random.nextInt(8) == 0 ? 8 : StrictMath.exp(0.3 * random.nextGaussian()));

        version.crowdedFor(Duration.ofMinutes(2));

        assertThat(version.share(2, 2)).isGreaterThan(0.99);
    }

    @Test
    void whereItMakesNoDifferenceNothingMoves() {
        Simulated version = new Simulated(Limit.upTo(2), 1, running -> 2.0 * running);

        version.crowdedFor(Duration.ofMinutes(2));

        assertThat(version.share(2, 2)).isGreaterThan(0.98);
    }

    @Test
    void whatWasRightIsTriedAgainWhenTheVersionIsAnother() {
        double[] hindrance = {4};
        Simulated version = new Simulated(Limit.upTo(2), 1, running -> running == 1 ? 2 : 2 * hindrance[0]);
        version.crowdedFor(Duration.ofSeconds(60));
        assertThat(version.limit.runs()).isEqualTo(1);

        hindrance[0] = 1;
        version.crowdedFor(Duration.ofMinutes(2));

        assertThat(version.limit.runs()).isEqualTo(2);
    }

    @Test
    void whileNobodyWaitsNothingIsTried() {
        Simulated version = new Simulated(Limit.upTo(2), 1, running -> 2.0 * running * running);

        version.calmFor(Duration.ofSeconds(60));

        assertThat(version.share(2, 2)).isEqualTo(1);
    }

    @Test
    void aPauseInTheCrowdEndsATrialWithoutAWord() {
        Simulated version = new Simulated(Limit.upTo(2), 1, running -> 2.0 * running * running);
        Duration step = Duration.ofMillis(5);
        for (int steps = 0; version.limit.runs() == 2; steps++) { // until it is in the middle of a trial
            assertThat(steps).isLessThan(400);
            version.crowdedFor(step);
        }

        version.calmFor(step);

        assertThat(version.limit.runs()).isEqualTo(2);
    }

    @Test
    void aFixedLimitStays() {
        Simulated version = new Simulated(Limit.fixed(2), 1, running -> 2.0 * running * running);

        version.crowdedFor(Duration.ofSeconds(60));

        assertThat(version.share(2, 2)).isEqualTo(1);
    }

    /** A version on a clock of its own; as many runs are begun as there may be. */
    private static final class Simulated {
        final RunLimit limit;
        private final Random random;
        private final IntToDoubleFunction millis; // that a run takes, by how many there are
        private final PriorityQueue<Long> ends = new PriorityQueue<>();
        private final long[] nanosAt = new long[16]; // by the limit
        private long now;

        Simulated(Limit most, long seed, IntToDoubleFunction millis) {
            this.limit = new RunLimit(most);
            this.random = new Random(seed);
            this.millis = millis;
        }

        void crowdedFor(Duration time) {
            runFor(time, () -> limit.ended(now, 1));
        }

        void calmFor(Duration time) {
            runFor(time, limit::calm);
        }

        private void runFor(Duration time, Runnable ended) {
            long end = now + time.toNanos();
            while (now < end) {
                while (ends.size() < limit.runs()) {
                    double took = millis.applyAsDouble(ends.size() + 1) * (0.95 + 0.1 * random.nextDouble());
                    ends.add(now + (long) (took * MILLI));
                }
                long next = ends.remove();
                nanosAt[limit.runs()] += next - now;
                now = next;
                ended.run();
            }
        }

        /** {@return for which part of the time there might be that many} */
        double share(int from, int to) {
            long all = 0;
            long those = 0;
            for (int runs = 0; runs < nanosAt.length; runs++) {
                all += nanosAt[runs];
                those += runs >= from && runs <= to ? nanosAt[runs] : 0;
            }
            return (double) those / all;
        }
    }
}
