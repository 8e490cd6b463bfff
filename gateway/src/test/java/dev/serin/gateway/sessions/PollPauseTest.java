package dev.serin.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PollPauseTest {
    @ParameterizedTest
    @CsvSource({
        "0, PT10S, 1, PT10S",
        "1, PT1S, 0, PT1S",
        "2, PT1S, 0, PT2S",
        "2, PT1S, 1, PT1.6S",
        "5, PT1S, 0, PT10S",
        "5, PT1S, 0.5, PT9S",
        "1000000, PT0.01S, 0, PT10S",
        "9, PT10S, 1, PT10S", // never sooner than without the failure
        "9, PT1M, 0, PT1M",
        "9, PT1M, 1, PT1M",
    })
    void aPauseDoublesUpToTheCapAndIsNeverLessThanTheInterval(
            int failures, Duration interval, double draw, Duration pause) {
        assertThat(PollPause.after(failures, interval, draw)).isEqualTo(pause);
    }

    @Test
    void noPauseIsLongerThanTheCapUnlessPollsAreRarerAnyway() {
        for (int failures = 0; failures < 100; failures++) {
            assertThat(PollPause.after(failures, Duration.ofMillis(700), 0)).isLessThanOrEqualTo(PollPause.CAP);
        }
    }
}
