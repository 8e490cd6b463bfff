package dev.serin.registry.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelName;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationTest {
    private static final ModelName IRIS = new ModelName("iris");
    private static final ModelName FRAUD = new ModelName("fraud");

    @Test
    void whatIsWrittenIsRead() {
        Generation generation = Generation.first("a", IRIS).next("b", FRAUD);

        assertThat(Generation.parse(generation.write())).isEqualTo(generation);
        assertThat(generation.write()).asString(UTF_8).startsWith("""
            {
              "format": 1,
              "id": "b",
              "recent": [
                {
                  "id": "b",
                  "model": "fraud"
                },
            """);
    }

    @Test
    void itTellsWhatChangedSinceAnEarlierOne() {
        Generation generation =
                Generation.first("a", IRIS).next("b", FRAUD).next("c", FRAUD).next("d", IRIS);

        assertThat(generation.changedSince("d")).hasValue(Set.of());
        assertThat(generation.changedSince("c")).hasValue(Set.of(IRIS));
        assertThat(generation.changedSince("a")).hasValue(Set.of(IRIS, FRAUD));
        assertThat(generation.changedSince("z")).isEmpty();
    }

    @Test
    void itForgetsAllButTheLatestHundred() {
        Generation generation = Generation.first("0", IRIS);
        for (int i = 1; i <= 100; i++) {
            generation = generation.next(Integer.toString(i), IRIS);
        }

        assertThat(generation.recent()).hasSize(100);
        assertThat(generation.changedSince("1")).isPresent();
        assertThat(generation.changedSince("0")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[]",
                "{\"id\": 1}",
                "{\"id\": \"a\", \"recent\": [{\"id\": \"a\", \"model\": \"../x\"}]}"
            })
    void anythingElseIsMalformed(String content) {
        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() -> Generation.parse(content.getBytes(UTF_8)))
                .withMessageStartingWith(".serin/generation");
    }
}
