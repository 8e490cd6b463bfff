package dev.serin.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNameTest {
    @Test
    void swappedLettersAreOneMistake() {
        assertThat(NearestName.distance("fruad", "fraud")).isEqualTo(1);
        assertThat(NearestName.of("fruad", List.of("iris", "fraud", "freight"))).contains("fraud");
    }

    @Test
    void caseIsNoMistake() {
        assertThat(NearestName.distance("Iris", "iris")).isZero();
    }

    @Test
    void somethingElseAltogetherHasNoNearestName() {
        assertThat(NearestName.of("penguins", List.of("iris", "fraud"))).isEmpty();
    }

    @Test
    void shortNamesTakeOneMistakeOnly() {
        assertThat(NearestName.of("3", List.of("14", "5"))).contains("5");
        assertThat(NearestName.of("ab", List.of("cd"))).isEmpty();
    }
}
