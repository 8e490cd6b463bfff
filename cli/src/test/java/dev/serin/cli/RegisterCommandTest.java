package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.cli.InProcess.Ran;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.signing.TestKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
