package dev.serin.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.error.ErrorCode;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OutcomeTest {
    @Test
    void anAnswerCountsForTheVersion() {
        assertThat(Outcome.of(Optional.empty(), true)).isEqualTo(Outcome.ANSWERED);
    }

    @ParameterizedTest
    @EnumSource(names = {"INFERENCE_FAILED", "INTERNAL"})
    void theVersionsOwnFailuresAreErrors(ErrorCode code) {
        assertThat(Outcome.of(Optional.of(code), false)).isEqualTo(Outcome.FAILED);
    }

    @Test
    void aDeadlineIsTheVersionsWhileItRunsAndTheGatewaysWhileItWaits() {
        assertThat(Outcome.of(Optional.of(ErrorCode.DEADLINE_EXCEEDED), true)).isEqualTo(Outcome.FAILED);
        assertThat(Outcome.of(Optional.of(ErrorCode.DEADLINE_EXCEEDED), false)).isEqualTo(Outcome.NOT_COUNTED);
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"INFERENCE_FAILED", "INTERNAL", "DEADLINE_EXCEEDED"})
    void faultsOfCallersAndLackOfRoomAreNeverCounted(ErrorCode code) {
        assertThat(Outcome.of(Optional.of(code), true)).isEqualTo(Outcome.NOT_COUNTED);
    }
}
