package dev.serin.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {
    @Test
    void aDurationBeyondTheClockIsFarAway() {
        Deadline far = Deadline.after(Duration.ofSeconds(Long.MAX_VALUE));
        Deadline near = Deadline.after(Duration.ofHours(1));

        assertThat(far.hasPassed()).isFalse();
        assertThat(far.earlier(near)).isEqualTo(near);
    }

    @Test
    void aDurationBeforeTheClockHasPassed() {
        assertThat(Deadline.after(Duration.ofSeconds(-1)).hasPassed()).isTrue();
        assertThat(Deadline.after(Duration.ofSeconds(Long.MIN_VALUE)).hasPassed())
                .isTrue();
    }
}
