package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.cli.InProcess.Ran;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShowCommandTest {
    @TempDir
    private Path directory;

    private InProcess serin;

    @BeforeEach
    void samples() {
        serin = new InProcess(directory).withSample("iris", "1").withSample("iris", "2");
    }

    @Test
    void modelIsShownByTheVersionThatAnswersForIt() {
        Ran ran = serin.run("show", "iris");

        assertThat(ran.out()).isEqualTo("""
            iris/2       - · newest · 17.9 KiB
            registered   2026-11-22 10:00 UTC, copied in by hand
            input        x FP32[batch, 4]
            output       label INT64[batch]
                         probabilities FP32[batch, 3]
            files        goldens.ndjson 2 KiB · labels.txt 28 B · model.onnx 15.9 KiB
            try          curl http://127.0.0.1:1/models/iris/2/predict -d '{"instances":[[5.1,3.4,1.5,0.2]]}'
            """);
        assertThat(ran.err())
                .isEqualTo("note: no gateway answers at http://127.0.0.1:1, so its state there is not known\n");
    }

    @Test
    void registeredVersionTellsWhoPublishedItAndWhy() {
        serin.run(
                "register",
                "shop/1",
                "models/iris/1",
                "-m",
                "first try",
                "--metadata",
                "author=ana",
                "--metadata",
                "source-commit=4be1f02",
                "--metadata",
                "license=CC0-1.0");

        assertThat(serin.run("show", "shop/1").out())
                .contains("registered   2026-11-22 12:00 UTC by ana from commit 4be1f02: first try\n")
                .contains("metadata     license CC0-1.0\n");
    }

    @Test
    void whatAPublisherWroteIsNotObeyedByTheTerminal() {
        serin.run("register", "shop/1", "models/iris/1", "-m", "first\u001b[2J try", "--metadata", "license=\u0007");

        assertThat(serin.run("show", "shop/1").out())
                .contains("first\uFFFD[2J try\n")
                .contains("license \uFFFD\n")
                .doesNotContain("\u001b", "\u0007");
    }

    @Test
    void gatewayAddsStateMemoryAndTimes() throws IOException {
        try (var gateway = new FakeGateway().on("/models/iris/1", """
            {"model":"iris","version":"1","state":"ready","digest":null,"published_at":"2026-11-22T10:00:00Z",
             "source":"files","aliases":[],"route":{"role":"none","weight":0},"batchable":true,"memory_bytes":943718,
             "load_seconds":{"download":0.001,"verify":0,"read":0.0011,"create":0.033,"warm":0.004},"metadata":{}}\
            """)) {
            assertThat(serin.run("show", "iris/1", "--server", gateway.url()).out())
                    .isEqualTo("""
                        iris/1       ready · 2.8 KiB
                        registered   2026-11-22 10:00 UTC, copied in by hand
                        input        x FP32[batch, 4]
                        output       label INT64[batch]
                                     probabilities FP32[batch, 3]
                        files        goldens.ndjson 2.1 KiB · labels.txt 28 B · model.onnx 628 B
                        loaded       in 39 ms: download 1, verify 0, read 1, create 33, warm 4 · 922 KiB
                        try          curl %s/models/iris/1/predict -d '{"instances":[[5.1,3.4,1.5,0.2]]}'
                        """.formatted(gateway.url()));
            JsonNode document =
                    Json.MAPPER.readTree(serin.run("show", "iris/1", "-o", "json", "--server", gateway.url())
                            .out());
            assertThat(document.at("/gateway/load_seconds/create").asDouble()).isEqualTo(0.033);
            assertThat(document.path("labels").isNull()).isTrue();
        }
    }

    @Test
    void severalGatewaysAreCountedAndWhoeverDiffersIsNamed() throws IOException {
        String version = """
            {"model":"iris","version":"1","state":"%s","digest":null,"published_at":"2026-11-22T10:00:00Z",
             "source":"files","aliases":[],"route":{"role":"none","weight":0},"metadata":{}%s}
            """;
        String ready = version.formatted("ready", "");
        try (var one = new FakeGateway().on("/models/iris/1", ready);
                var two = new FakeGateway()
                        .on("/models/iris/1", version.formatted("failed", ", \"reason\": \"a golden differs\""));
                var three = new FakeGateway().on("/models/iris/1", ready)) {
            String silent = "http://127.0.0.1:1";
            String[] all = {
                "show",
                "iris/1",
                "--server",
                silent,
                "--server",
                one.url(),
                "--server",
                two.url(),
                "--server",
                three.url()
            };
            Ran ran = serin.run(all);

            assertThat(ran.out())
                    .startsWith("iris/1       ready on 2 of 4 gateways, failed on 1 · ")
                    .contains("try          curl " + one.url() + "/models");
            assertThat(ran.err())
                    .isEqualTo(
                            "note: no gateway answers at %s, so its state there is not known\nnote: %s: failed, a golden differs\n"
                                    .formatted(silent, two.url()));
            JsonNode gateways = Json.MAPPER
                    .readTree(new InProcess(directory)
                            .run("show", "iris/1", "-q", "-o", "json", "--server", silent, "--server", two.url())
                            .out())
                    .path("gateways");
            assertThat(gateways.at("/0/state").isNull()).isTrue();
            assertThat(gateways.at("/1/state").asText()).isEqualTo("failed");
        }
    }

    @Test
    void whatTheRegistryItselfFindsUnusableIsSaidOfNoGateway() {
        serin.file("models/iris/3/manifest.json", "no manifest");

        assertThat(serin.with("SERIN_SERVER", "http://127.0.0.1:1 http://127.0.0.1:1")
                        .run("show", "iris/3")
                        .out())
                .startsWith("iris/3       unusable\n");
    }

    @Test
    void aliasStandsForItsVersion() {
        serin.file("models/iris/model.json", "{\"format\": 1, \"aliases\": {\"stable\": \"1\"}}");

        assertThat(serin.run("show", "iris/stable").out()).startsWith("iris/1       - · alias stable · 2.8 KiB\n");
    }

    @Test
    void trafficThatNoGatewayObeysYetIsMarked() {
        serin.file("models/iris/model.json", """
            {"aliases": {"stable": "1"}, "colour": "red",
             "traffic": {"primary": "stable", "canary": {"id": "k", "version": "2", "weight": 2.5, "shade": 1},
                         "shadow": {"version": "2", "percent": 20}}}\
            """);

        assertThat(serin.run("show", "iris").out()).contains("""
            traffic      primary stable · canary 2 2.5 % · shadow 2 20 %
            model.json   not known, kept and ignored: colour, traffic.canary.shade
            """);
        assertThat(serin.run("show", "iris", "-o", "json").out().replaceAll("\\s+", ""))
                .contains("\"canary\":{\"version\":\"2\",\"weight\":2.5,\"id\":\"k\"}")
                .contains("\"policy_unknown\":[\"colour\",\"traffic.canary.shade\"],\"policy_problem\":null");
    }

    @Test
    void modelJsonThatCannotBeReadIsSaidToBeSo() {
        serin.file("models/iris/model.json", "{\"traffic\": {\"primary\": 7}}");

        assertThat(serin.run("show", "iris").out())
                .contains("model.json   iris/model.json: ")
                .contains("; a gateway keeps the last one it could read\n");
    }

    @Test
    void versionThatIsNotThereIsAnsweredWithThoseThatAre() {
        serin.file("models/iris/model.json", "{\"format\": 1, \"aliases\": {\"stable\": \"1\"}}");

        Ran ran = serin.run("show", "iris/9");

        assertThat(ran.status()).isEqualTo(3);
        assertThat(ran.err()).isEqualTo("""
            serin: model 'iris' has no version '9'. It has 1, 2, alias stable (1)

            hint: serin list iris
            """);
    }

    @Test
    void longExampleIsPipedNotPrinted() {
        serin.file("models/wide/1/model.onnx", TestModels.addOne("batch", 400));

        assertThat(serin.run("show", "wide").out())
                .endsWith("try          serin predict wide/1 --example | "
                        + "curl http://127.0.0.1:1/models/wide/1/predict -d @-\n");
    }

    @Test
    void modelThatCannotBeReadIsShownAllTheSame() {
        serin.file("models/broken/1/model.onnx", "not a model");

        Ran ran = serin.run("show", "broken");

        assertThat(ran.status()).isZero();
        assertThat(ran.out()).isEqualTo("""
            broken/1     - · newest · 11 B
            registered   2026-11-22 10:00 UTC, copied in by hand
            files        model.onnx 11 B
            """);
    }

    @Test
    void documentHasSignatureAndFiles() {
        assertThat(serin.run("show", "iris/1", "-o", "json").out())
                .contains("\"model\" : \"iris\"")
                .contains("\"datatype\" : \"FP32\"")
                .contains("\"path\" : \"labels.txt\"")
                .contains("\"gateway\" : null");
    }

    @Test
    void nameThatIsNoneIsAUsageFault() {
        Ran ran = serin.run("show", "../etc");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err()).startsWith("serin: '..' is not a model name");
    }
}
