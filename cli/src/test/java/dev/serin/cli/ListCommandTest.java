package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.cli.InProcess.Ran;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListCommandTest {
    private static final String SILENT = "note: no gateway answers at http://127.0.0.1:1, so no state is known\n";

    @TempDir
    private Path directory;

    private InProcess serin;

    @BeforeEach
    void samples() {
        serin = new InProcess(directory)
                .file("models/iris/1/model.onnx", new byte[2_000])
                .file("models/iris/2/model.onnx", new byte[18_320])
                .file("models/penguins/1/model.onnx", new byte[8_573])
                .file("models/iris/model.json", """
                    {"format": 1, "aliases": {"stable": "1"}, "traffic": {"primary": "stable"}}
                    """);
    }

    @Test
    void modelsAreOneARow() {
        Ran ran = serin.run("list");

        assertThat(ran.out()).isEqualTo("""
            MODEL     VERSIONS  NEWEST     TRAFFIC    ALIASES   STATE  MEMORY  REQ/S
            iris      2         2  2h ago  primary 1  stable→1  -      -       -
            penguins  1         1  2h ago  newest     -         -      -       -
            """);
        assertThat(ran.err()).isEqualTo(SILENT);
        assertThat(ran.status()).isZero();
    }

    @Test
    void versionsOfOneModelAreOneARowTheNewestFirst() {
        Ran ran = serin.run("list", "iris");

        assertThat(ran.out()).isEqualTo("""
            VERSION  REGISTERED  TRAFFIC  ALIASES  SIZE      SHA256  STATE
            2        2h ago      -        -        17.9 KiB  -       -
            1        2h ago      primary  stable   2 KiB     -       -
            """);
    }

    @Test
    void trafficIsWhatEachVersionGetsNow() {
        serin.file("models/iris/3/model.onnx", new byte[10]).file("models/iris/model.json", """
            {"aliases": {"stable": "1", "candidate": "2"},
             "traffic": {"primary": "stable", "shadow": {"version": "3", "percent": 20},
                         "canary": {"id": "k", "version": "2", "weight": 5, "started-at": "2026-11-22T11:55:00Z",
                                    "steps": [{"weight": 5, "for": "2m"}, {"weight": 25, "for": "10m"}]}}}
            """);

        assertThat(serin.run("list").out()).isEqualTo("""
            MODEL     VERSIONS  NEWEST     TRAFFIC                                  ALIASES               STATE  MEMORY  REQ/S
            iris      3         3  2h ago  primary 1, canary 2 25 %, shadow 3 20 %  candidate→2 stable→1  -      -       -
            penguins  1         1  2h ago  newest                                   -                     -      -       -
            """);
        assertThat(serin.run("list", "iris").out()).isEqualTo("""
            VERSION  REGISTERED  TRAFFIC      ALIASES    SIZE      SHA256  STATE
            3        2h ago      shadow 20 %  -          10 B      -       -
            2        2h ago      canary 25 %  candidate  17.9 KiB  -       -
            1        2h ago      primary      stable     2 KiB     -       -
            """);
        assertThat(serin.run("show", "iris/2").out())
                .startsWith("iris/2       - · canary 25 % · alias candidate · 17.9 KiB\n");
    }

    @Test
    void statesAreTheGatewaysPageByPage() {
        try (var gateway = new FakeGateway().on("/models?limit=1000", """
            {"models":[{"name":"iris","newest":"1","aliases":{},"requests_per_second":0.41,"versions":[
              {"version":"1","state":"ready","digest":null,"memory_bytes":2621440},
              {"version":"2","state":"failed","digest":null}]}],"next":"iris"}\
            """).on("/models?limit=1000&after=iris", """
                {"models":[{"name":"penguins","newest":null,"aliases":{},"versions":[
                  {"version":"1","state":"loading","digest":null}]}]}\
                """)) {
            Ran ran = serin.run("list", "--server", gateway.url());

            assertThat(ran.out()).isEqualTo("""
                MODEL     VERSIONS  NEWEST     TRAFFIC    ALIASES   STATE            MEMORY   REQ/S
                iris      2         2  2h ago  primary 1  stable→1  ready, 1 failed  2.5 MiB  0.4
                penguins  1         1  2h ago  newest     -         loading          -        -
                """);
            assertThat(ran.err()).isEmpty();
        }
    }

    @Test
    void aGatewayOfAnotherRegistryTellsNothingOfThisOne() {
        try (var gateway = new FakeGateway().on("/models?limit=1000", """
            {"models":[{"name":"penguins","requests_per_second":9.0,"versions":[
              {"version":"7","state":"ready","digest":null,"memory_bytes":2621440}]}]}\
            """)) {
            assertThat(serin.run("list", "--server", gateway.url()).out())
                    .contains("penguins  1         1  2h ago  newest     -         -      -       -\n");
            Ran twice = serin.run("list", "--server", gateway.url(), "--server", gateway.url());
            assertThat(twice.status()).isEqualTo(2);
            assertThat(twice.err())
                    .isEqualTo("serin: only 'serin show' asks several gateways, and --server was given 2 times\n");
        }
    }

    @Test
    void failedVersionsComeWithTheReasonThatTheGatewayGives() {
        try (var gateway = new FakeGateway()
                .on("/models?limit=1000", """
                    {"models":[{"name":"iris","versions":[{"version":"2","state":"failed","digest":null}]}]}\
                    """)
                .on("/models/iris/2", "{\"state\":\"failed\",\"reason\":\"a golden differs\"}")) {
            Ran ran = serin.run("list", "--failed", "--server", gateway.url());

            assertThat(ran.out()).isEqualTo("""
                VERSION  REASON
                iris/2   a golden differs
                """);
        }
    }

    @Test
    void brokenManifestIsAFailureThatNeedsNoGateway() {
        serin.file("models/penguins/1/manifest.json", "no manifest");

        assertThat(serin.run("list", "--failed").out())
                .startsWith("VERSION     REASON\npenguins/1  penguins/1/manifest.json ");
        assertThat(serin.run("list", "--failed", "-o", "json").out())
                .contains("\"failed\" : [ {", "\"version\" : \"penguins/1\"");
        assertThat(serin.run("list", "penguins").out()).contains("unusable");
    }

    @Test
    void otherServerThatIsNoGatewayIsNoFailure() {
        try (var other = new FakeGateway().on("/models?limit=1000", "<html>")) {
            Ran ran = serin.run("list", "--server", other.url());

            assertThat(ran.status()).isZero();
            assertThat(ran.err())
                    .isEqualTo("note: the gateway at %s is no Serin gateway: GET /models?limit=1000 gave no JSON\n"
                            .formatted(other.url()));
        }
    }

    @Test
    void statesOfAnotherRegistrysVersionsAreNotShown() {
        serin.withSample("iris", "1").run("register", "shop/1", "models/iris/1");
        try (var gateway = new FakeGateway().on("/models?limit=1000", """
            {"models":[{"name":"shop","versions":[{"version":"1","state":"ready","digest":"%s"}]}]}\
            """.formatted("0".repeat(64)))) {
            assertThat(serin.run("list", "shop", "--server", gateway.url()).out())
                    .doesNotContain("ready");
        }
    }

    @Test
    void documentHasWhatTheTableHas() {
        Ran ran = serin.run("list", "penguins", "-o", "json", "-q");

        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()).isEqualTo("""
            {
              "registry" : "models",
              "gateway" : null,
              "models" : [ {
                "name" : "penguins",
                "newest" : "1",
                "primary" : null,
                "aliases" : [ ],
                "policy_problem" : null,
                "requests_per_second" : null,
                "versions" : [ {
                  "version" : "1",
                  "registered_at" : "2026-11-22T10:00:00Z",
                  "source" : "files",
                  "digest" : null,
                  "size_bytes" : 8573,
                  "memory_bytes" : null,
                  "state" : null,
                  "problem" : null
                } ]
              } ],
              "ignored" : [ ]
            }
            """);
    }

    @Test
    void misspelledModelIsAnsweredWithTheNearest() {
        Ran ran = serin.run("list", "irsi");

        assertThat(ran.status()).isEqualTo(3);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).isEqualTo("""
            serin: no model 'irsi' in models. Did you mean 'iris'?

            hint: serin list
            """);
    }

    @Test
    void nameOfAFolderThatIsNoModelIsNotItsOwnNearest() {
        serin.file("models/notes/todo.txt", "no model");

        assertThat(serin.run("list", "notes").err()).startsWith("serin: no model 'notes' in models.\n");
    }

    @Test
    void namesThatAreNotServedAreNoted() {
        serin.file("models/a b/1/model.onnx", "of no model")
                .file("models/Iris/1/model.onnx", "spelled otherwise")
                .file("models/penguins/predict/model.onnx", "a word of our URLs");
        String hidden = "note: iris is ignored: its name differs from that of Iris only by case\n";
        String word = "note: A version of penguins is ignored: 'predict' cannot be a version";

        assertThat(serin.run("list").err())
                .contains("note: A folder is ignored: 'a b' is not a model name")
                .contains(hidden)
                .contains(word);
        assertThat(serin.run("list", "penguins").err()).contains(word).doesNotContain(hidden);
        assertThat(serin.run("list", "iris").err()).isEqualTo("""
            serin: no model 'iris' in models. Did you mean 'Iris'?

            hint: serin list
            """);
    }

    @Test
    void ofVeryManyVersionsOnlyThoseInTheTableAreReadWhichIsNoted() {
        for (int version = 1; version <= 1_002; version++) {
            serin.file("models/shop/%d/manifest.json".formatted(version), "no manifest");
        }
        serin.file("models/shop/1003/model.onnx", new byte[10]);
        try (var gateway = new FakeGateway().on("/models?limit=1000", """
            {"models":[{"name":"shop","versions":[
              {"version":"7","state":"failed"},{"version":"1003","state":"ready"}]}]}\
            """)) {
            Ran ran = serin.run("list", "--server", gateway.url());

            assertThat(ran.out())
                    .contains("\nshop      1003      1003  2h ago  newest     -         ready, 1 failed  -       -\n");
            assertThat(ran.err()).isEqualTo("""
                note: 1,002 manifests were not read, so versions that cannot be served for theirs are not counted as failed; \
                serin list --failed reads them all
                """);
            assertThat(serin.run("list", "--failed", "--server", gateway.url())
                            .out()
                            .lines())
                    .hasSize(1 + 1_002);
        }
    }

    @Test
    void emptyRegistryTellsHowToFillIt(@TempDir Path elsewhere) {
        Ran ran = new InProcess(elsewhere).emptyRegistry().run("list");

        assertThat(ran.status()).isZero();
        assertThat(ran.err()).isEqualTo(SILENT + """
            models holds no models

            hint: serin register MODEL/1 model.onnx
            """);
    }

    @Test
    void registryThatIsNotThereIsUnreachable() {
        Ran ran = serin.run("list", "--registry", "nowhere");

        assertThat(ran.status()).isEqualTo(6);
        assertThat(ran.err()).isEqualTo("""
            serin: Cannot open the registry nowhere: there is no such file or directory

            hint: serin list --registry DIR
            """);
    }

    @Test
    void statesHaveAColourOnATerminalOnly() {
        try (var gateway = new FakeGateway().on("/models?limit=1000", """
            {"models":[{"name":"penguins","versions":[{"version":"1","state":"ready","digest":null}]}]}\
            """)) {
            String[] list = {"list", "--server", gateway.url()};

            assertThat(serin.run(list).out()).doesNotContain("\u001b");
            assertThat(serin.onTerminal().run(list).out()).contains("  \u001b[32mready\u001b[0m  ");
            assertThat(serin.run("list", "--no-color", "--server", gateway.url())
                            .out())
                    .doesNotContain("\u001b");
            assertThat(serin.with("NO_COLOR", "1").run(list).out()).doesNotContain("\u001b");
        }
    }
}
