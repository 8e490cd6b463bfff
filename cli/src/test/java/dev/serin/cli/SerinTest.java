package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.cli.InProcess.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SerinTest {
    @TempDir
    private Path directory;

    private InProcess serin;

    @BeforeEach
    void sample() {
        serin = new InProcess(directory).withSample("iris", "1");
    }

    @Nested
    class Help {
        @Test
        void overviewListsWhatThereIs() {
            Ran ran = serin.run("-h");

            assertThat(ran.status()).isZero();
            assertThat(ran.out()).isEqualTo("""
                serin serve                         start a gateway with the sample models
                serin list                          what a registry holds

                Serves ONNX models straight from a registry.

                Usage: serin [-hq] [--no-color] [--version] [-o=FORMAT] COMMAND

                Everywhere:
                  -h, --help            Show this help.
                      --no-color        Never colour a state.
                  -o, --output=FORMAT   text, or json: one document on stdout.
                  -q, --quiet           Say nothing on stderr but failures.
                      --version         Show the version.

                Commands:
                  serve     Start a gateway.
                  register  Publish a version.
                  list      What a registry holds.
                  show      One version, whole.
                  predict   Ask a gateway for a prediction.
                  alias     Move a name, or forget it.
                  canary    Try a version on part of the traffic.
                  shadow    Let a version see traffic without answering it.
                  route     Which version a caller gets, and why.
                  retire    Take a version out of service.
                  history   Who changed what, when and why.
                  undo      Take the latest change back.
                  doctor    Check the way to a registry, step by step.
                  help      Tell of a command or a topic.
                """);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "serve",
                    "register",
                    "list",
                    "show",
                    "predict",
                    "route",
                    "alias",
                    "alias set",
                    "alias remove",
                    "canary",
                    "canary start",
                    "canary watch",
                    "canary pause",
                    "canary resume",
                    "canary promote",
                    "canary abort",
                    "shadow",
                    "shadow start",
                    "shadow report",
                    "shadow stop",
                    "retire",
                    "history",
                    "undo",
                    "doctor",
                    "help"
                })
        void everyCommandBeginsWithTwoExamples(String command) {
            Ran ran = serin.run((command + " -h").split(" "));

            assertThat(ran.status()).isZero();
            assertThat(ran.out().lines().limit(3))
                    .satisfiesExactly(
                            first -> assertThat(first).startsWith("serin " + command),
                            second -> assertThat(second).startsWith("serin " + command),
                            third -> assertThat(third).isEmpty());
            assertThat(serin.run(("help " + command).split(" ")).out()).isEqualTo(ran.out());
        }

        @Test
        void exitCodesAreATopic() {
            assertThat(serin.run("help", "exit-codes").out()).isEqualTo("""
                STATUS  MEANING
                0       done
                1       failed
                2       the command line is wrong
                3       no such model, version, alias, canary or file
                4       it exists already, or was changed meanwhile
                5       a model or a file is not what it should be
                6       the registry cannot be reached, or refuses
                7       no gateway answers
                8       the canary was pulled back, and somebody waited for it
                78      the settings are wrong
                130     interrupted by Ctrl-C
                """);
        }

        @Test
        void topicThatIsNoneIsAnsweredWithTheNearest() {
            Ran ran = serin.run("help", "exit-code");

            assertThat(ran.status()).isEqualTo(2);
            assertThat(ran.err()).startsWith("serin: there is no help on 'exit-code'. Did you mean 'exit-codes'?\n");
        }

        @Test
        void versionIsOneLine() {
            assertThat(serin.run("--version").out()).matches("serin \\S+ · Java 25\\S*\n");
        }
    }

    @Nested
    class Usage {
        @Test
        void nothingAtAllShowsTheOverviewOnStderr() {
            Ran ran = serin.run();

            assertThat(ran.status()).isEqualTo(2);
            assertThat(ran.out()).isEmpty();
            assertThat(ran.err()).contains("Usage: serin ");
        }

        @Test
        void unknownCommandIsAnsweredWithTheNearest() {
            assertUsage("unknown command 'lst'. Did you mean 'list'?", "serin -h", "lst");
        }

        @Test
        void unknownFlagIsAnsweredWithTheNearest() {
            assertUsage(
                    "'serin list' has no flag '--regsitry'. Did you mean '--registry'?",
                    "serin list -h",
                    "list",
                    "--regsitry=x");
        }

        @Test
        void flagWithoutItsValueSaysSo() {
            assertUsage("--registry needs a value: --registry URL", "serin list -h", "list", "--registry");
        }

        @Test
        void missingArgumentsAreNamed() {
            assertUsage("'serin register' needs FILE", "serin register -h", "register", "shop/1");
        }

        @Test
        void argumentTooManyIsNamed() {
            assertUsage("'serin list' does not take 'b'", "serin list -h", "list", "a", "b");
        }

        @Test
        void formatThatIsNoneIsRefused() {
            Ran ran = serin.run("list", "-o", "xml");

            assertThat(ran.status()).isEqualTo(2);
            assertThat(ran.err()).contains("text, json").contains("'xml'");
        }

        @Test
        void flagsMayStandAnywhere() {
            String expected = serin.run("list", "iris", "-q", "-o", "json").out();

            assertThat(expected).startsWith("{");
            assertThat(serin.run("-o", "json", "list", "-q", "iris").out()).isEqualTo(expected);
            assertThat(serin.run("-q", "list", "--output=json", "iris").out()).isEqualTo(expected);
        }

        private void assertUsage(String text, String hint, String... arguments) {
            Ran ran = serin.run(arguments);

            assertThat(ran.status()).isEqualTo(2);
            assertThat(ran.out()).isEmpty();
            assertThat(ran.err()).isEqualTo("serin: %s\n\nhint: %s\n".formatted(text, hint));
        }
    }

    @Nested
    class Serve {
        @Test
        void wrongSettingsStopTheStartAndAreToldTogether() throws IOException {
            Files.createDirectories(directory.resolve("config"));
            serin.file("config/prod.yaml", "registry:\n  pol-interval: 2s\nserver:\n  port: http\n");

            Ran ran = serin.run("serve", "--config", "config/prod.yaml", "--set", "log.access=some");

            assertThat(ran.status()).isEqualTo(78);
            assertThat(ran.out()).isEmpty();
            assertThat(ran.err()).isEqualTo("""
                serin: 3 settings are wrong
                  config/prod.yaml:2: unknown key 'registry.pol-interval'. Did you mean 'registry.poll-interval' (default 10s)?
                  config/prod.yaml:4: server.port is 'http'; it takes a whole number, 0 to 65535
                  --set: log.access is 'some'; it takes one of errors, sampled, all

                hint: serin serve -h
                """);
        }

        @Test
        void flagsAreNamedInFaults() {
            Ran ran = serin.run("serve", "--port", "http", "--management-port=70000");

            assertThat(ran.status()).isEqualTo(78);
            assertThat(ran.err())
                    .contains("--port: server.port is 'http'; it takes a whole number, 0 to 65535\n")
                    .contains("--management-port: management.port is '70000'; it takes a whole number, 0 to 65535\n");
        }

        @Test
        void keysThatCannotBeTrustedStopTheStart() {
            Ran ran = serin.file("keys/ana.pem", "no key").run("serve", "--set", "registry.trusted-keys=keys");

            assertThat(ran.status()).isEqualTo(78);
            assertThat(ran.err())
                    .contains("--set: registry.trusted-keys is 'keys'; ")
                    .contains("ana.pem must hold one public key of Ed25519 in PEM");
        }

        @Test
        void assignmentWithoutAValueIsAUsageFault() {
            assertThat(serin.run("serve", "--set", "server.port").status()).isEqualTo(2);
        }
    }

    @Test
    void bugTellsItselfInOneSentenceAndTheRestInAFile() throws IOException {
        CliException crash = Crash.of(new IllegalStateException("two leases, one count"), "1.0.0");

        assertThat(crash.code()).isEqualTo(ExitCode.FAILED);
        assertThat(crash.text())
                .isEqualTo("this is a bug in Serin 1.0.0: java.lang.IllegalStateException: two leases, one count");
        assertThat(crash.hint()).startsWith("report it with ");
        Path report = Path.of(crash.hint().substring("report it with ".length()));
        assertThat(report).content().startsWith("Serin 1.0.0, Java 25").contains("SerinTest");
        Files.delete(report);
    }
}
