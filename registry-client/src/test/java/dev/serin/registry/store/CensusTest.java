package dev.serin.registry.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.Registry.RegistryObject;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CensusTest {
    private static Census of(Stream<String> keys) {
        return Census.of(keys.map(key -> new RegistryObject(key, 1, "tag", Instant.EPOCH))
                .toList());
    }

    /** So many models, the first of them with so many versions and the others with one. */
    private static Census registry(int models, int versionsOfTheFirst) {
        return of(Stream.concat(
                IntStream.range(0, models).mapToObj(i -> "m" + i + "/0/model.onnx"),
                IntStream.range(0, models == 0 ? 0 : versionsOfTheFirst).mapToObj(i -> "m0/" + i + "/model.onnx")));
    }

    @ParameterizedTest
    @CsvSource({
        // models and versions of the first, before and now
        "12, 1, 0, 0, true",
        "1, 1, 0, 0, true", // nothing left is never believed at once
        "0, 0, 0, 0, false",
        "2, 1, 1, 1, false", // a small registry, of which an operator deletes the one or the other
        "3, 1, 2, 1, false",
        "3, 1, 1, 1, true",
        "12, 1, 6, 1, false", // half
        "12, 1, 5, 1, true",
        "1, 3, 1, 1, false",
        "1, 4, 1, 2, false",
        "1, 4, 1, 1, true", // the model is there, and most of its versions are not
        "5, 1, 9, 1, false",
    })
    void moreThanHalfGoneAtOnceIsDoubtfulUnlessThereWereFew(
            int models, int versions, int modelsNow, int versionsNow, boolean doubtful) {
        Census known = registry(models, versions);

        assertThat(known.doubts(registry(modelsNow, versionsNow))).isEqualTo(doubtful);
    }

    @Test
    void aModelThatIsRenamedIsNoReasonForDoubt() {
        assertThat(registry(1, 1).doubts(of(Stream.of("other/1/model.onnx")))).isFalse();
    }

    @Test
    void onlyWhatMakesAModelOrAVersionCounts() {
        Census census = of(Stream.of(
                "iris/model.json",
                "iris/1/manifest.json",
                "iris/1/labels.txt",
                "iris/2/model.onnx",
                "iris/train.py",
                "iris/3/deep/model.onnx",
                "docs/guide/index.md",
                "README.md",
                ".serin/tmp/model.onnx"));

        assertThat(census.models()).containsExactly("iris");
        assertThat(census.versions()).containsExactlyInAnyOrder("iris/1", "iris/2");
    }

    @Test
    void whatIsShownIsSaidInFigures() {
        Census known = registry(12, 1);

        assertThat(known.shown(known.without(of(List.<String>of().stream()))))
                .isEqualTo("the listing shows 0 of 12 models and 0 of 12 versions that were there before");
    }
}
