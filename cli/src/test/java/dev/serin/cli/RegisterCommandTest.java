package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.cli.InProcess.Ran;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.signing.TestKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegisterCommandTest {
    @TempDir
    private Path directory;

    private InProcess serin;

    @BeforeEach
    void model() {
        serin = new InProcess(directory)
                .emptyRegistry()
                .file("work/iris.onnx", TestModels.classifier())
                .file("work/labels.txt", "setosa\nversicolor\nvirginica\n");
    }

    @Test
    void versionIsPublishedUnderItsNameWithItsSignature() throws IOException {
        Ran ran = serin.run("register", "shop/4", "work/iris.onnx", "-m", "retrained");

        assertThat(ran.status()).isZero();
        assertThat(ran.out())
                .matches("published  shop/4 · sha256 [0-9a-f]{8}… · \\d+ B · "
                        + "POST /models/shop/4/predict answers within 10 s\n");
        assertThat(ran.err()).isEqualTo("""
            reading    iris.onnx · 1 input, 2 outputs, operator set 17, %s
            copying    1 file to models

            hint: serin predict shop/4 --example | serin predict shop/4 -
            """.formatted(nodes(ran)));
        JsonNode manifest = manifest("shop/4");
        assertThat(manifest.at("/signature/inputs/0/name").asText()).isEqualTo("x");
        assertThat(manifest.at("/files/0/path").asText()).isEqualTo("model.onnx");
        assertThat(manifest.at("/metadata/reason").asText()).isEqualTo("retrained");
        assertThat(manifest.at("/metadata/author").asText()).isEqualTo(System.getProperty("user.name"));
    }

    private static String nodes(Ran ran) {
        return ran.err().replaceFirst("(?s).*operator set 17, (\\d+ nodes?)\n.*", "$1");
    }

    @Test
    void aKeySignsTheManifestAndShowSaysSoWhereKeysAreTrusted() throws IOException {
        TestKey ana = TestKey.generate("ana-2026");
        serin.file("ana-2026.key", ana.privatePem()).file("keys/ana-2026.pem", ana.publicPem());

        Ran ran = serin.run("register", "shop/4", "work", "--signing-key", "ana-2026.key");
        serin.run("register", "shop/5", "work/iris.onnx");

        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(ran.out()).contains(" · signed by ana-2026 · POST ");
        assertThat(directory.resolve("models/shop/4/manifest.json.sig"))
                .content()
                .contains("\"key\": \"ana-2026\"");
        serin.with("SERIN_REGISTRY_TRUSTED_KEYS", "keys");
        assertThat(serin.run("show", "shop/4").out()).contains("\nsigned       by ana-2026\n");
        assertThat(serin.run("show", "shop/5").out())
                .contains("\nsigned       no: its manifest is not signed: there is no manifest.json.sig; trusted is");
        assertThat(serin.run("show", "shop/4", "-o", "json").out()).contains("\"signed_by\" : \"ana-2026\"");
        assertThat(serin.run("register", "shop/6", "models/shop/4").status()).isZero(); // without the one of shop/4
        assertThat(directory.resolve("models/shop/6/manifest.json.sig")).doesNotExist();
    }

    @Test
    void theKeyMayComeFromTheEnvironmentAndHaveAnotherName() {
        TestKey ana = TestKey.generate("ana-2026");
        serin.file("secret", ana.privatePem()).with("SERIN_SIGNING_KEY", "secret");

        assertThat(serin.run("register", "shop/4", "work", "--signing-key-name", "ana-2026")
                        .out())
                .contains("signed by ana-2026");
        assertThat(serin.run("register", "shop/4", "work", "--signing-key", "", "--signing-key-name", "ana")
                        .status())
                .isEqualTo(2);
        assertThat(serin.run("register", "shop/4", "work", "--signing-key-name", "../ana")
                        .status())
                .isEqualTo(2);
    }

    @Test
    void aKeyThatCannotSignPublishesNothing() {
        Ran ran = serin.file("bad.key", TestKey.generate("ana").publicPem())
                .run("register", "shop/4", "work", "--signing-key", "bad.key");

        assertThat(ran.status()).isNotZero();
        assertThat(ran.err()).contains("bad.key must hold one private key of Ed25519 in PEM");
        assertThat(directory.resolve("models")).isEmptyDirectory();
    }

    @Test
    void sameFilesAgainChangeNothing() {
        serin.run("register", "shop/4", "work/iris.onnx");

        Ran ran = serin.run("register", "shop/4", "work/iris.onnx");

        assertThat(ran.status()).isZero();
        assertThat(ran.out()).startsWith("unchanged  shop/4 · sha256 ").endsWith(" with the same files\n");
    }

    @Test
    void otherFilesUnderTheSameNameAreAConflict() {
        serin.run("register", "shop/4", "work/iris.onnx");

        Ran ran = serin.run("register", "shop/4", "work/iris.onnx", "work/labels.txt");

        assertThat(ran.status()).isEqualTo(4);
        assertThat(ran.err()).contains("serin: ").endsWith("\nhint: serin list\n");
    }

    @Test
    void dryRunWritesNothing() {
        Ran ran = serin.run("register", "shop/4", "work/iris.onnx", "--dry-run");

        assertThat(ran.status()).isZero();
        assertThat(ran.out())
                .matches("would publish shop/4 · sha256 [0-9a-f]{8}… · \\d+ B in 1 file; nothing was written\n");
        assertThat(directory.resolve("models")).isEmptyDirectory();
    }

    @Test
    void dryRunFindsTheConflict() {
        serin.run("register", "shop/4", "work/iris.onnx");

        assertThat(serin.run("register", "shop/4", "work/iris.onnx", "-n").status())
                .isZero();
        assertThat(serin.run("register", "shop/4", "work", "-n").status()).isEqualTo(4);
    }

    @Test
    void dryRunDigestsAsThePublicationDoes() throws IOException {
        String dry = serin.run("register", "shop/4", "work", "-n", "-o", "json").out();
        String wet = serin.run("register", "shop/4", "work", "-o", "json").out();

        assertThat(Json.MAPPER.readTree(dry).path("digest"))
                .isEqualTo(Json.MAPPER.readTree(wet).path("digest"));
    }

    @Nested
    class Aliases {
        private static final String PUBLISHED = "published  shop/%s · sha256 [0-9a-f]{8}… · \\d+ B · "
                + "POST /models/shop/%1$s/predict answers within 10 s · alias %s moves when a gateway has it ready\n";

        @Test
        void oneStandsForWhatIsPublishedAndMovesToTheNext() throws IOException {
            assertThat(register("4", "--alias", "candidate", "-m", "retrained").out())
                    .matches(PUBLISHED.formatted("4", "candidate → 4"));
            assertThat(policy().at("/aliases/candidate").asText()).isEqualTo("4");
            assertThat(policy().at("/history/0/command").asText()).isEqualTo("alias set shop/4 candidate");
            assertThat(policy().at("/history/0/reason").asText()).isEqualTo("retrained");

            assertThat(register("5", "--alias", "candidate").out())
                    .matches(PUBLISHED.formatted("5", "candidate 4 → 5"));
        }

        @Test
        void runningItAgainSetsTheAliasToo() throws IOException {
            register("4");

            assertThat(register("4", "--alias", "candidate").out())
                    .endsWith(" with the same files · alias candidate → 4 moves when a gateway has it ready\n");
            assertThat(policy().at("/aliases/candidate").asText()).isEqualTo("4");
            assertThat(register("4", "--alias", "candidate").out())
                    .endsWith(" with the same files · alias candidate → 4 already\n");
            assertThat(policy().at("/history")).hasSize(1);
        }

        @Test
        void dryRunShowsItAndWritesNothing() {
            assertThat(register("4", "--alias", "candidate", "-n").out())
                    .endsWith(" B in 1 file · alias candidate → 4; nothing was written\n");
            assertThat(directory.resolve("models")).isEmptyDirectory();
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
            4    | Beta | 2 | serin: 'Beta' is not an alias: it must match
            4    | old  | 4 | serin: 'old' is a version of 'shop'; take another name
            beta | beta | 4 | serin: 'beta' is a version of 'shop'; take another name
            7    | next | 4 | serin: version 7 of 'shop' was retired;
            """)
        void whatIsNotAllowedIsRefusedBeforeAnythingIsUploaded(String version, String alias, int status, String text) {
            serin.file("models/shop/old/model.onnx", "old")
                    .file("models/shop/model.json", "{\"retired\": {\"7\": {\"at\": \"2026-11-22T10:00:00Z\"}}}");

            Ran ran = register(version, "--alias", alias);

            assertThat(ran.err()).contains(text);
            assertThat(ran.status()).isEqualTo(status);
            assertThat(directory.resolve("models/shop").resolve(version)).doesNotExist();
        }

        private InProcess withTraffic() {
            return serin.file("models/shop/3/model.onnx", "three").file("models/shop/model.json", """
                {"aliases": {"stable": "3"}, "traffic": {"primary": "stable"}}
                """);
        }

        @Test
        void thePrimaryIsAskedForBeforeAnythingIsUploaded() throws IOException {
            withTraffic();

            Ran alone = register("4", "--alias", "stable");
            assertThat(alone.status()).isEqualTo(2);
            assertThat(alone.err())
                    .endsWith(
                            "serin: this is asked before it is done, and there is no terminal to ask on; --yes does it"
                                    + " unasked\n\nhint: the same with --yes\n");
            serin.onTerminal();
            Ran no = serin.stdin("n\n").run("register", "shop/4", "work/iris.onnx", "--alias", "stable", "-q");
            assertThat(no.status()).isEqualTo(1);
            assertThat(no.out()).isEqualTo("shop · alias stable 3 → 4 · it is the primary, so all traffic moves\n");
            assertThat(no.err()).isEqualTo("move? [y/N] serin: nothing was changed\n");
            assertThat(directory.resolve("models/shop/4")).doesNotExist();

            serin.stdin("y\n");
            assertThat(register("4", "--alias", "stable").out()).contains(" · alias stable 3 → 4 moves when ");
            assertThat(policy().at("/aliases/stable").asText()).isEqualTo("4");
            assertThat(register("5", "--alias", "stable", "--yes").status()).isZero();
            assertThat(policy().at("/aliases/stable").asText()).isEqualTo("5");
        }

        @Test
        void documentHasItOrNone() throws IOException {
            withTraffic();

            assertThat(aliasIn(register("4", "-o", "json")).isNull()).isTrue();
            assertThat(aliasIn(register("4", "--alias", "stable", "-n", "-o", "json")))
                    .hasToString("{\"alias\":\"stable\",\"version\":\"4\",\"from\":\"3\",\"changed\":false}");
            assertThat(aliasIn(register("4", "--alias", "next", "-o", "json")))
                    .hasToString("{\"alias\":\"next\",\"version\":\"4\",\"from\":null,\"changed\":true}");
        }

        private JsonNode aliasIn(Ran ran) throws IOException {
            return Json.MAPPER.readTree(ran.out()).get("alias");
        }

        @Test
        @SuppressWarnings("InputStreamSlowMultibyteRead") // answers are read byte by byte
        void theVersionIsPublishedAlsoWhenSomebodyElseMovesTheAliasMeanwhile() throws IOException {
            withTraffic().file("models/shop/2/model.onnx", "two");
            InProcess another = new InProcess(directory);
            serin.onTerminal().stdin(new ByteArrayInputStream("y\n".getBytes(StandardCharsets.UTF_8)) {
                @Override
                public synchronized int read() {
                    another.run("alias", "set", "shop/2", "stable", "--yes");
                    return super.read();
                }
            });

            Ran ran = register("4", "--alias", "stable");

            assertThat(ran.status()).isEqualTo(4);
            assertThat(ran.out())
                    .contains("published  shop/4 · ")
                    .endsWith("answers within 10 s\n")
                    .doesNotContain("moves when");
            assertThat(directory.resolve("models/shop/4/manifest.json")).exists();
            assertThat(policy().at("/aliases/stable").asText()).isEqualTo("2");
        }

        private Ran register(String version, String... more) {
            List<String> line = new ArrayList<>(List.of("register", "shop/" + version, "work/iris.onnx"));
            line.addAll(List.of(more));
            return serin.run(line.toArray(String[]::new));
        }

        private JsonNode policy() throws IOException {
            return Json.MAPPER.readTree(Files.readAllBytes(directory.resolve("models/shop/model.json")));
        }
    }

    @Test
    void directoryGivesAllFilesBelowIt() throws IOException {
        serin.file("work/.DS_Store", "").file("work/manifest.json", "{}").file("work/docs/card.md", "# Card");

        serin.run("register", "shop/4", "work", "--labels", "label=labels.txt");

        JsonNode manifest = manifest("shop/4");
        assertThat(manifest.path("files").findValuesAsText("path"))
                .containsExactly("docs/card.md", "labels.txt", "model.onnx");
        assertThat(manifest.at("/labels/label").asText()).isEqualTo("labels.txt");
    }

    @Test
    void labelsOfAnOutputThatIsNotThereNameTheNearest() {
        Ran ran = serin.run("register", "shop/4", "work", "--labels", "lable=labels.txt");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err())
                .contains("serin: the model has no output 'lable'; it has label, probabilities. Did you mean 'label'?");
    }

    @Test
    void labelsThatAreNotGivenAreRefused() {
        Ran ran = serin.run("register", "shop/4", "work/iris.onnx", "--labels", "label=labels.txt");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err()).contains("--labels names 'labels.txt', which is not among the files given");
    }

    @Test
    void refusedModelIsNotPublished() {
        serin.file("work/new.onnx", TestModels.withOpset(99));

        Ran ran = serin.run("register", "shop/4", "work/new.onnx");

        assertThat(ran.status()).isEqualTo(5);
        assertThat(ran.err()).startsWith("serin: new.onnx ").contains("99");
        assertThat(directory.resolve("models")).isEmptyDirectory();
    }

    @Test
    void weightsOutsideTheModelMustBeGivenToo() {
        serin.file("big/model.onnx", TestModels.externalData("weights.bin"))
                .file("big/weights.bin", TestModels.externalWeights());

        Ran ran = serin.run("register", "big/1", "big/model.onnx");

        assertThat(ran.status()).isEqualTo(5);
        assertThat(ran.err())
                .contains("serin: model.onnx keeps weights in 'weights.bin', which is not among the files given");
        assertThat(serin.run("register", "big/1", "big").status()).isZero();
    }

    @Test
    void twoModelsAreAQuestion() {
        serin.file("work/other.onnx", TestModels.classifier());

        Ran ran = serin.run("register", "shop/4", "work");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err())
                .startsWith("serin: one file must be the model: model.onnx, or the only one that ends in .onnx; "
                        + "given are iris.onnx, other.onnx\n");
    }

    @Test
    void fileThatIsNotThereIsNamed() {
        Ran ran = serin.run("register", "shop/4", "nowhere.onnx");

        assertThat(ran.status()).isEqualTo(3);
        assertThat(ran.err()).startsWith("serin: there is no file 'nowhere.onnx'\n");
    }

    @Test
    void versionMustBeNamed() {
        Ran ran = serin.run("register", "shop", "work/iris.onnx");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err()).startsWith("serin: 'shop' names no version; say MODEL/VERSION, such as iris/2\n");
    }

    private JsonNode manifest(String version) throws IOException {
        return Json.MAPPER.readTree(
                Files.readAllBytes(directory.resolve("models").resolve(version).resolve("manifest.json")));
    }
}
