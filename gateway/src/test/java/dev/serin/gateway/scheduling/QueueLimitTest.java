package dev.serin.gateway.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QueueLimitTest {
    private static final int BUSY = 4;
    private static final long START = -5_000_000_000L; // the clock of nanoseconds may begin anywhere

    private final QueueLimit limit = new QueueLimit(Limit.upTo(64));
    private long now = START;

    @Test
    void aLineThatIsNeverFullKeepsItsWholeLength() {
        assertThat(limit.requests(now)).isEqualTo(64);
        assertThat(limit.requests(now + 10 * QueueLimit.CALM_NANOS)).isEqualTo(64);
    }

    @Test
    void refusalsShortenItByHalvesDownToWhatKeepsTheRunsBusy() {
        for (int expected : new int[] {32, 16, 8, 4, 4}) {
            refuse();
            assertThat(limit.requests(now)).isEqualTo(expected);
            now += QueueLimit.PAUSE_NANOS;
        }
    }

    @Test
    void thoseRefusedTogetherCountOnce() {
        for (int i = 0; i < 100; i++) {
            refuse();
        }

        assertThat(limit.requests(now)).isEqualTo(32);
    }

    @Test
    void aWhileWithoutRefusalsLetsItGrowAgain() {
        for (int i = 0; i < 5; i++, now += QueueLimit.PAUSE_NANOS) {
            refuse();
        }
        assertThat(limit.requests(now)).isEqualTo(4);

        assertThat(limit.requests(now + QueueLimit.CALM_NANOS)).isEqualTo(5);
        assertThat(limit.requests(now + 5 * QueueLimit.CALM_NANOS)).isEqualTo(10);
        assertThat(limit.requests(now + 20 * QueueLimit.CALM_NANOS)).isEqualTo(64);
    }

    @Test
    void itStaysShortWhileRefusalsGoOn() {
        for (int i = 0; i < 1_000; i++, now += QueueLimit.CALM_NANOS / 2) {
            refuse();
        }

        assertThat(limit.requests(now)).isEqualTo(4);
    }

    @Test
    void aLineShorterThanWhatKeepsTheRunsBusyIsNotMadeLonger() {
        QueueLimit two = new QueueLimit(Limit.upTo(2));

        two.refused(now, BUSY);

        assertThat(two.requests(now)).isEqualTo(2);
    }

    @Test
    void aFixedLimitStaysWhatItIs() {
        QueueLimit fixed = new QueueLimit(Limit.fixed(64));

        fixed.refused(now, BUSY);

        assertThat(fixed.requests(now)).isEqualTo(64);
    }

    private void refuse() {
        limit.refused(now, BUSY);
    }
}
