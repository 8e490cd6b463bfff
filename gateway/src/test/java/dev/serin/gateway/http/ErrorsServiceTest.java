package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.error.ErrorCode;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares docs/errors.md with the code. */
class ErrorsServiceTest {
    private final Map<String, String> sections = new ErrorsService().sections();

    @Test
    void thePageHasAParagraphForEveryCodeAndForNothingElse() {
        assertThat(sections.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(ErrorCode.values()).map(ErrorCode::label).toList());
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void aParagraphTellsTheStatusesAndWhatToDo(ErrorCode code) {
        assertThat(sections.get(code.label()))
                .contains("Status %d · V2 %d\n"
                        .formatted(
                                HttpErrors.nativeStatus(code).code(),
                                HttpErrors.v2Status(code).code()))
                .contains("\nWhat to do: ");
    }
}
