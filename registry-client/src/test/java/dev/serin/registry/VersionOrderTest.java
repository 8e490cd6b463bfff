package dev.serin.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.RegisteredVersion.BeingPublished;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionOrderTest {
    @ParameterizedTest(name = "{0} < {1}: {2}")
    @CsvSource({
        "9, 10, numbers compare by value",
        "1.9, 1.10, in every place",
        "2024-9-1, 2024-10-1, dates without zeros too",
        "1.4.0-rc1, 1.4.0, a pre-release is before its release",
        "1.4.0-rc9, 1.4.0-rc10, pre-releases count",
        "1.4.0-alpha, 1.4.0-beta, and have an alphabet",
        "1.4.0-rc1-fix, 1.4.0-rc1, and pre-releases of their own",
        "1.4.0, 1.4.0-1, a dash and a number is a later build",
        "1.4.0, 1.4.0.1, a shorter prefix is smaller",
        "1.4.0-rc1, 1.4.0.1, a pre-release is before all that goes on from its release",
        "1-rc, 1-5, also before its later builds",
        "1-rc, 1-, also before a bare dash",
        "1, 1-, which is no pre-release",
        "1, 1a, letters alone go on from it",
        "1a-b, 1a5, as does a number",
        "01, 1, of equal value the one with zeros is smaller",
        "1.01, 1.1, in every place",
        "1.01, 1.2, but value counts first",
        "1A, 1a, other characters compare by code point",
        "1.0, 1_0, whatever they are",
        "99999999999999999999, 100000000000000000000, beyond all machine integers",
        "v10, 0, what begins with no digit is below all that do",
        "4be1f02, 5, a commit id that begins with a digit counts as a number",
    })
    void theFirstIsSmaller(String smaller, String greater, String because) {
        ModelVersion a = new ModelVersion(smaller);
        ModelVersion b = new ModelVersion(greater);

        assertThat(ModelVersion.ORDER.compare(a, b)).as(because).isNegative();
        assertThat(ModelVersion.ORDER.compare(b, a)).as(because).isPositive();
        assertThat(RegisteredVersion.ORDER.compare(young(smaller), old(greater)))
                .as(because)
                .isNegative();
    }

    @Test
    void aRunOfDigitsMayBeAsLongAsAName() {
        ModelVersion smaller = new ModelVersion("1" + "0".repeat(62));
        ModelVersion greater = new ModelVersion("2" + "0".repeat(62));

        assertThat(ModelVersion.ORDER.compare(smaller, greater)).isNegative();
    }

    @Test
    void versionsWithoutNumbersAreOrderedByAge() {
        List<RegisteredVersion> versions = new ArrayList<>(List.of(young("aaa"), old("bbb"), young("ccc"), old("2")));

        versions.sort(RegisteredVersion.ORDER);

        assertThat(versions).containsExactly(old("bbb"), young("aaa"), young("ccc"), old("2"));
    }

    @Test
    void ageDoesNotMatterToVersionsWithNumbers() {
        assertThat(RegisteredVersion.ORDER.compare(young("1"), old("2"))).isNegative();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "0", "2024-01-01", "1.4.0-rc1"})
    void aVersionThatBeginsWithADigitIsOrdered(String version) {
        assertThat(new ModelVersion(version).isOrdered()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1", "main", "f00", "A"})
    void anyOtherIsNot(String version) {
        assertThat(new ModelVersion(version).isOrdered()).isFalse();
    }

    @Property
    void itIsAntisymmetricAndAgreesWithEquality(
            @ForAll("versions") ModelVersion a, @ForAll("versions") ModelVersion b) {
        int order = Integer.signum(ModelVersion.ORDER.compare(a, b));

        assertThat(Integer.signum(ModelVersion.ORDER.compare(b, a))).isEqualTo(-order);
        assertThat(order == 0).isEqualTo(a.equals(b));
    }

    @Property
    void itIsTransitive(
            @ForAll("versions") ModelVersion a,
            @ForAll("versions") ModelVersion b,
            @ForAll("versions") ModelVersion c) {
        List<ModelVersion> sorted = new ArrayList<>(List.of(a, b, c));
        sorted.sort(ModelVersion.ORDER);

        assertThat(ModelVersion.ORDER.compare(sorted.get(0), sorted.get(1))).isNotPositive();
        assertThat(ModelVersion.ORDER.compare(sorted.get(1), sorted.get(2))).isNotPositive();
        assertThat(ModelVersion.ORDER.compare(sorted.get(0), sorted.get(2))).isNotPositive();
    }

    @Property(tries = 200)
    void sortingDoesNotDependOnWhereItBegins(@ForAll("lists") List<ModelVersion> versions, @ForAll Random random) {
        List<ModelVersion> sorted = new ArrayList<>(versions);
        sorted.sort(ModelVersion.ORDER);
        List<ModelVersion> shuffled = new ArrayList<>(versions);
        Collections.shuffle(shuffled, random);
        shuffled.sort(ModelVersion.ORDER);

        assertThat(shuffled).isEqualTo(sorted);
    }

    @Provide
    Arbitrary<List<ModelVersion>> lists() {
        return versions().list().ofMaxSize(40);
    }

    /** Of few and short parts, so that versions agree for a while before they differ. */
    @Provide
    Arbitrary<ModelVersion> versions() {
        Arbitrary<String> parts = Arbitraries.of("0", "1", "01", "10", "9", ".", "-", "_", "a", "b", "-rc", "-a", "Z");
        return parts.list()
                .ofMinSize(1)
                .ofMaxSize(6)
                .map(list -> String.join("", list))
                .filter(text -> text.matches("[A-Za-z0-9].*") && !text.contains("..") && !text.endsWith("."))
                .map(ModelVersion::new);
    }

    private static RegisteredVersion old(String version) {
        return at("2026-01-01T00:00:00Z", version);
    }

    private static RegisteredVersion young(String version) {
        return at("2026-02-02T00:00:00Z", version);
    }

    private static RegisteredVersion at(String createdAt, String version) {
        return new BeingPublished(VersionId.parse("iris/" + version), Instant.parse(createdAt));
    }
}
