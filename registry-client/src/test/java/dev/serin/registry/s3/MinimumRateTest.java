package dev.serin.registry.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class MinimumRateTest {
    private static final long SECOND = 1_000_000_000;

    private final MinimumRate rate = new MinimumRate(Duration.ofSeconds(10), 100);

    @Test
    void nothingIsHeldAgainstATransferBeforeTheWindowHasPassed() {
        assertThat(rate.holdsAfter(0, 9 * SECOND)).isTrue();
        assertThat(rate.holdsAfter(0, SECOND)).isFalse();
    }

    @Test
    void aTransferAtTheRateGoesOn() {
        for (int i = 0; i < 100; i++) {
            assertThat(rate.holdsAfter(100, SECOND)).isTrue();
        }
    }

    @Test
    void whatCameQuicklyDoesNotPayForADripLater() {
        assertThat(rate.holdsAfter(1L << 40, 10 * SECOND)).isTrue();

        assertThat(rate.holdsAfter(99, 9 * SECOND)).isTrue();
        assertThat(rate.holdsAfter(900, SECOND)).isFalse();
    }

    @Test
    void onlyWaitingCounts() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(rate.holdsAfter(1, 0)).isTrue();
        }
    }
}
