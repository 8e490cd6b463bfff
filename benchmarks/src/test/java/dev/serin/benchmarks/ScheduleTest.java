package dev.serin.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    @Test
    void aConstantRateHasEqualDistances() {
        assertThat(Schedule.constant(4, Duration.ofSeconds(1)).dueNanos())
                .containsExactly(0, 250_000_000, 500_000_000, 750_000_000);
    }

    @Test
    void callersAtRandomKeepTheRateAndComeInOrderWithinTheTime() {
        long[] due = Schedule.poisson(1_000, TEN_SECONDS, 1).dueNanos();

        assertThat((double) due.length).isCloseTo(10_000, within(400.0)); // four standard deviations
        assertThat(due).isSorted();
        assertThat(due[due.length - 1]).isLessThan(TEN_SECONDS.toNanos());
    }

    @Test
    void callersAtRandomDoNotKnowOfEachOther() {
        long[] due = Schedule.poisson(1_000, TEN_SECONDS, 2).dueNanos();
        long close = 0;
        for (int i = 1; i < due.length; i++) {
            close += due[i] - due[i - 1] < 100_000 ? 1 : 0;
        }

        // A tenth of the mean distance: 1 - exp(-0.1) of them are closer than that.
        assertThat((double) close / due.length).isCloseTo(0.095, within(0.015));
    }

    @Test
    void theSameSeedGivesTheSame() {
        assertThat(Schedule.poisson(50, TEN_SECONDS, 3).dueNanos())
                .isEqualTo(Schedule.poisson(50, TEN_SECONDS, 3).dueNanos())
                .isNotEqualTo(Schedule.poisson(50, TEN_SECONDS, 4).dueNanos());
    }

    @Test
    void oneFollowsTheOther() {
        Schedule both = Schedule.constant(2, Duration.ofSeconds(1)).then(Schedule.constant(1, Duration.ofSeconds(2)));

        assertThat(Arrays.stream(both.dueNanos()).mapToDouble(nanos -> nanos / 1e9))
                .containsExactly(0.0, 0.5, 1.0, 2.0);
        assertThat(both.length()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void thereIsNoScheduleWithoutARate() {
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.poisson(0, TEN_SECONDS, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.constant(Double.NaN, TEN_SECONDS));
    }
}
