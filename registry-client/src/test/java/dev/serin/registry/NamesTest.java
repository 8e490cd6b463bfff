package dev.serin.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    private static final String LONGEST = "a".repeat(63);

    @ParameterizedTest
    @ValueSource(strings = {"iris", "Iris", "7", "fraud-eu_2.v3", "a", "predict"})
    void modelNamesMayLookLikeThis(String name) {
        assertThat(new ModelName(name)).hasToString(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", ".", "..", "a..b", ".iris", "-iris", "_iris", "iris.", "a/b", "a\\b", "a b", "a%2Fb", "ä", "a\nb",
                "a\u0000"
            })
    void modelNamesThatCouldMeanMoreInAKeyOrUrlAreRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ModelName(name))
                .withMessageContaining("is not a model name: it must match [A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    }

    @Test
    void namesHaveAtMost63Characters() {
        assertThat(new ModelName(LONGEST)).hasToString(LONGEST);
        assertThatIllegalArgumentException().isThrownBy(() -> new ModelName(LONGEST + "a"));
    }

    @Property
    void theGrammarIsThatOfTheMessage(@ForAll("nearlyNames") String text) {
        boolean fits = text.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}") && !text.contains("..") && !text.endsWith(".");

        assertThat(isName(text)).isEqualTo(fits);
    }

    private static boolean isName(String text) {
        try {
            return new ModelName(text).value().equals(text);
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    @Provide
    Arbitrary<String> nearlyNames() {
        return Arbitraries.strings().withChars("azAZ09._-/@[`{:ß").ofMaxLength(66);
    }

    @Test
    void aRefusedNameIsShownOnOneLineAndShort() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ModelName("\u001B[2J\n\u202E" + "x".repeat(1_000)))
                .satisfies(e -> assertThat(e.getMessage())
                        .startsWith("'\uFFFD[2J\uFFFD\uFFFDxxx")
                        .contains("x…' is not")
                        .hasSizeLessThan(250));
    }

    @ParameterizedTest
    @ValueSource(strings = {"predict", "latest", "newest", "openapi.json", "versions"})
    void wordsOfOurOwnUrlsAreNoVersionsAndNoAliases(String word) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ModelVersion(word))
                .withMessage("'%s' cannot be a version: it is a word of Serin's own URLs".formatted(word));
        assertThatIllegalArgumentException().isThrownBy(() -> new AliasName(word));
    }

    @ParameterizedTest
    @ValueSource(strings = {"stable", "champion-2", "a"})
    void aliasesMayLookLikeThis(String alias) {
        assertThat(new AliasName(alias)).hasToString(alias);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "Stable", "a.b", "a_b", "-a", "abcdefghijklmnopqrstuvwxyzabcdefg"})
    void otherAliasesAreRefused(String alias) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AliasName(alias))
                .withMessageContaining("is not an alias: it must match [a-z][a-z0-9-]{0,31}");
    }

    @Test
    void aVersionIsNamedWithItsModel() {
        VersionId id = VersionId.parse("iris/2");

        assertThat(id.model()).isEqualTo(new ModelName("iris"));
        assertThat(id.version()).isEqualTo(new ModelVersion("2"));
        assertThat(id).hasToString("iris/2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VersionId.parse("iris"))
                .withMessage("'iris' names no version; say MODEL/VERSION, such as iris/2");
        assertThatIllegalArgumentException().isThrownBy(() -> VersionId.parse("iris/2/3"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.onnx", "variables/weights.bin", "a/b/c/d", "0", "A-_.x"})
    void artifactPathsMayLookLikeThis(String path) {
        assertThat(new ArtifactPath(path)).hasToString(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/model.onnx",
                "model.onnx/",
                "a//b",
                "../model.onnx",
                "a/../b",
                "a/./b",
                ".publishing",
                "a/.b",
                "a/b/c/d/e",
                "a b",
                "a\\b",
                "manifest.json",
                "manifest.json.sig",
                "http://host/model.onnx"
            })
    void otherArtifactPathsAreRefused(String path) {
        assertThatIllegalArgumentException().isThrownBy(() -> new ArtifactPath(path));
    }

    @Test
    void aDigestIs64LowerCaseHexadecimalDigits() {
        assertThat(new Digest("0123456789abcdef".repeat(4)).abbreviated()).isEqualTo("01234567");
        assertThatIllegalArgumentException().isThrownBy(() -> new Digest("0123456789ABCDEF".repeat(4)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Digest("01"));
    }

    @Property
    void noTextThatPassesAGrammarLeadsOutOfItsFolder(@ForAll("texts") String text) {
        Path root = Path.of("/registry");

        for (Checked checked : new Checked[] {
            ModelName::new, ModelVersion::new, AliasName::new, ArtifactPath::new, VersionId::parse, Registry::checkKey
        }) {
            try {
                String passed = checked.check(text).toString();
                Path path = root.resolve(passed);
                assertThat(path.normalize().equals(path) && path.startsWith(root))
                        .isTrue();
            } catch (IllegalArgumentException _) {
                // refused, which is as good
            }
        }
    }

    private interface Checked {
        Object check(String text);
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> nasty =
                Arbitraries.of("..", ".", "/", "\\", "a", "iris", "%2e", "\u0000", "\n", "~", "2", "-");
        return Arbitraries.oneOf(
                nasty.list().ofMaxSize(6).map(parts -> String.join("", parts)),
                Arbitraries.strings().ofMaxLength(8));
    }
}
