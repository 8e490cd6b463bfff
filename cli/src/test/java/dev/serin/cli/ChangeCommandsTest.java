package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.cli.InProcess.Ran;
import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands that change {@code model.json}. */
class ChangeCommandsTest {
    private static final String NOTE_STICKY =
            "note: no sticky header is set, so a caller may change sides between requests (--sticky-header"
                    + " X-User-Id)\n";

    @TempDir
    private Path directory;

    private InProcess serin;

    @BeforeEach
    void registry() {
        serin = new InProcess(directory)
                .file("models/fraud/2/model.onnx", "two")
                .file("models/fraud/3/model.onnx", "three")
                .file("models/fraud/4/model.onnx", "four")
                .file("models/fraud/beta/model.onnx", "beta")
                .file("models/fraud/model.json", """
                    {"format": 1, "aliases": {"stable": "3"}, "traffic": {"primary": "stable"}}
                    """);
    }

    private JsonNode policy() {
        try {
            return Json.MAPPER.readTree(Files.readString(directory.resolve("models/fraud/model.json")));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private String at(String pointer) {
        return policy().at(pointer).toString();
    }

    private static JsonNode json(Ran ran) {
        assertThat(ran.status()).as(ran.err()).isZero();
        try {
            return Json.MAPPER.readTree(ran.out());
        } catch (IOException e) {
            throw new AssertionError(ran.out(), e);
        }
    }

    private void assertDone(Ran ran, String out, String err) {
        assertThat(ran.err()).isEqualTo(err);
        assertThat(ran.out()).isEqualTo(out);
        assertThat(ran.status()).isZero();
    }

    private void assertFailed(Ran ran, int status, String text, String hint) {
        assertThat(ran.err())
                .isEqualTo("serin: %s\n%s".formatted(text, hint.isEmpty() ? "" : "\nhint: " + hint + "\n"));
        assertThat(ran.status()).isEqualTo(status);
    }

    /** The page may leave notes and hints out; all else is as a terminal shows it. */
    @Test
    void thePageShowsWhatTheCommandsShow() throws IOException {
        String page = Files.readString(Path.of(System.getProperty("serin.basedir"), "docs/cli.md"));
        List<ReadmeTest.Step> steps = ReadmeTest.steps(page);
        serin.at(Instant.parse("2026-11-22T14:02:00Z"));

        assertThat(steps)
                .extracting(step -> step.command().replaceFirst(" fraud.*", ""))
                .containsExactly("serin canary start", "serin canary promote");
        for (ReadmeTest.Step step : steps) {
            List<String> shown = step.output().lines().toList();
            String screen = serin.screen(
                            "y\n", step.command().substring("serin ".length()).split(" "))
                    .text();

            assertThat(screen.lines()
                            .filter(line -> shown.contains(line) || !line.matches("((note|hint): .*)?"))
                            .toList())
                    .as(step.command())
                    .isEqualTo(shown);
        }
        assertThat(at("/aliases/stable")).isEqualTo("\"4\"");
    }

    @Nested
    class Aliases {
        @Test
        void newOneIsSetUnasked() {
            assertDone(serin.run("alias", "set", "fraud/4", "candidate", "-m", "to be tried"), """
                fraud · alias candidate → 4
                set, all gateways follow within 10 s
                """, "");
            assertThat(at("/aliases")).isEqualTo("{\"stable\":\"3\",\"candidate\":\"4\"}");
            assertThat(at("/history/0/reason")).isEqualTo("\"to be tried\"");
            assertThat(at("/history/0/by")).isEqualTo("\"%s\"".formatted(System.getProperty("user.name")));
        }

        @Test
        void oneThatHasTrafficIsAskedFor() {
            assertFailed(
                    serin.run("alias", "set", "fraud/4", "stable"),
                    2,
                    "this is asked before it is done, and there is no terminal to ask on; --yes does it unasked",
                    "serin alias set fraud/4 stable --yes");

            assertDone(serin.onTerminal().stdin("y\n").run("alias", "set", "fraud/4", "stable"), """
                fraud · alias stable 3 → 4 · it is the primary, so all traffic moves
                set, all gateways follow within 10 s
                """, "move? [y/N] ");
            assertThat(at("/aliases/stable")).isEqualTo("\"4\"");
        }

        @Test
        void noIsTheDefault() {
            Ran ran = serin.onTerminal().stdin("\n").run("alias", "set", "fraud/4", "stable");

            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.err()).isEqualTo("move? [y/N] serin: nothing was changed\n");
            assertThat(at("/aliases/stable")).isEqualTo("\"3\"");
        }

        @Test
        void yesIsNotAsked() {
            assertThat(serin.run("alias", "set", "fraud/4", "stable", "--yes").status())
                    .isZero();
            assertThat(at("/aliases/stable")).isEqualTo("\"4\"");
        }

        @Test
        void dryRunAsksNothingAndWritesNothing() {
            assertDone(serin.run("alias", "set", "fraud/4", "stable", "-n"), """
                fraud · alias stable 3 → 4 · it is the primary, so all traffic moves
                nothing was written
                """, "");
            assertThat(at("/aliases/stable")).isEqualTo("\"3\"");
            assertThat(policy().has("history")).isFalse();
        }

        @Test
        void anAliasStandsForItsVersion() {
            serin.run("alias", "set", "fraud/stable", "old");

            assertThat(at("/aliases/old")).isEqualTo("\"3\"");
        }

        @Test
        void whatIsSoAlreadyIsNoChange() {
            assertDone(serin.run("alias", "set", "fraud/3", "stable"), """
                nothing to change, it is so already
                """, "");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            fraud/9 | champion | 3 | model 'fraud' has no version '9'. It has beta, 2, 3, 4, alias stable (3) | serin list fraud
            fruad/4 | champion | 3 | no model 'fruad' in models. Did you mean 'fraud'? | serin list
            fraud   | champion | 2 | 'fraud' names no version; say MODEL/VERSION, such as fraud/2 | serin list fraud
            fraud/4 | Champion | 2 | 'Champion' is not an alias: it must match [a-z][a-z0-9-]{0,31} | serin alias set -h
            fraud/4 | beta     | 4 | 'beta' is a version of 'fraud'; take another name | serin list fraud
            """)
        void whatDoesNotFitIsRefused(String name, String alias, int status, String text, String hint) {
            assertFailed(serin.run("alias", "set", name, alias), status, text, hint);
        }

        @Test
        void oneIsRemoved() {
            serin.run("alias", "set", "fraud/4", "candidate");

            assertFailed(
                    serin.run("alias", "remove", "fraud/2", "candidate"),
                    4,
                    "alias 'candidate' of 'fraud' stands for 4, not for 2",
                    "serin show fraud");
            assertDone(serin.run("alias", "remove", "fraud", "candidate"), """
                fraud · alias candidate, which stood for 4, goes
                removed, all gateways follow within 10 s
                """, "");
            assertThat(at("/aliases")).isEqualTo("{\"stable\":\"3\"}");
            assertFailed(
                    serin.run("alias", "remove", "fraud", "candidate"),
                    3,
                    "'fraud' has no alias 'candidate'. It has stable",
                    "serin history fraud");
        }

        @Test
        void documentStandsAloneAndTheEffectIsANote() {
            Ran ran = serin.run("alias", "set", "fraud/4", "candidate", "-n", "-o", "json");

            assertThat(ran.err()).isEqualTo("fraud · alias candidate → 4\n");
            assertThat(json(ran).path("dry_run").asBoolean()).isTrue();
            assertThat(json(ran).path("changed").asBoolean()).isFalse();
        }

        @Test
        void documentTellsTheChangeAndWhatIsSoThen() {
            JsonNode document = json(serin.run("alias", "set", "fraud/4", "candidate", "-m", "why", "-o", "json"));

            assertThat(document.toString())
                    .isEqualTo("{\"model\":\"fraud\",\"command\":\"alias set fraud/4 candidate\",\"changed\":true,"
                            + "\"dry_run\":false,\"at\":\"2026-11-22T12:00:00Z\",\"by\":\"%s\",\"from\":null,"
                                    .formatted(System.getProperty("user.name"))
                            + "\"to\":\"alias candidate 4\",\"reason\":\"why\",\"aliases\":["
                            + "{\"alias\":\"candidate\",\"version\":\"4\"},{\"alias\":\"stable\",\"version\":\"3\"}],"
                            + "\"primary\":\"stable\",\"canary\":null,\"shadow\":null,\"retired\":[]}");
        }
    }

    @Nested
    class Canaries {
        @Test
        void stepsAreToldWithTheirTimes() {
            assertDone(
                    serin.run(
                            "canary",
                            "start",
                            "fraud/4",
                            "--steps",
                            "5,25,50,100",
                            "--every",
                            "10m",
                            "--guard",
                            "error-rate=1%,latency=1.5x,disagreement=2%,min-requests=200"),
                    """
                    fraud · primary 3 · canary 4: 5 % now, 25 % 12:10, 50 % 12:20, 100 % 12:30 (UTC), then promote at 12:40
                    guard over 5 min: errors ≤ 1 %, p99 ≤ 1.5 × primary, disagreement ≤ 2 %, from 200 requests; \
                    on breach abort (--on-breach hold to wait for you)
                    started, all gateways follow within 10 s
                    """,
                    "note: a shadow of 20 % of what the primary answers comes with it, for the guard to compare by\n"
                            + NOTE_STICKY + "\nhint: serin canary watch fraud\n");
            assertThat(at("/traffic/canary").replaceFirst("\"id\":\"[0-9a-f]{12}\",", ""))
                    .isEqualTo("{\"version\":\"4\",\"weight\":5,\"started-at\":\"2026-11-22T12:00:00Z\",\"steps\":["
                            + "{\"weight\":5,\"for\":\"10m\"},{\"weight\":25,\"for\":\"10m\"},"
                            + "{\"weight\":50,\"for\":\"10m\"},{\"weight\":100,\"for\":\"10m\"}],"
                            + "\"guard\":{\"window\":\"5m\",\"min-requests\":200,\"max-error-rate\":0.01,"
                            + "\"max-latency-ratio\":1.5,\"max-disagreement\":0.02,\"on-breach\":\"abort\","
                            + "\"on-success\":\"promote\"}}");
        }

        @Test
        void stepsOverMidnightHaveTheirDates() {
            assertThat(serin.run(
                                    "canary",
                                    "start",
                                    "fraud/4",
                                    "--steps=1,50",
                                    "--every=12h",
                                    "--guard=error-rate=1%",
                                    "--on-breach=hold",
                                    "--on-success=hold",
                                    "--sticky-header=X-User-Id",
                                    "-n")
                            .out())
                    .isEqualTo("""
                        fraud · primary 3 · canary 4: 1 % now, 50 % 2026-11-23 00:00 (UTC), then it stays there
                        guard over 5 min: errors ≤ 1 %, from 200 requests; on breach hold and wait for you
                        nothing was written
                        """);
        }

        @Test
        void weightHoldsUntilSomebodySaysOtherwise() {
            assertDone(
                    serin.run("canary", "start", "fraud/4", "--weight", "2.5", "--sticky-header", "X-User-Id"),
                    """
                    fraud · primary 3 · canary 4: 2.5 % now, until you promote or abort it
                    started, all gateways follow within 10 s
                    """,
                    "\nhint: serin canary watch fraud\n");
        }

        @Test
        void withoutAPrimaryTheNewestOtherVersionIsPinned() {
            serin.file("models/fraud/model.json", "{\"format\": 1}");

            Ran ran = serin.run("canary", "start", "fraud/4", "--weight", "5", "--sticky-header", "X-User-Id");

            assertThat(ran.out()).startsWith("fraud · primary 3 · canary 4: 5 % now");
            assertThat(ran.err())
                    .startsWith("note: fraud had no primary, so its newest version answered; 3 is the primary from now"
                            + " on\n");
            assertThat(at("/traffic/primary")).isEqualTo("\"3\"");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --steps 5,25                                | --steps and --every go together: --steps 5,25,50,100 --every 10m
            --weight 5 --every 10m                      | --steps and --every go together: --steps 5,25,50,100 --every 10m
            -n                                          | say --weight 5, or --steps 5,25,50,100 --every 10m
            --weight 5 --steps 5 --every 10m            | say --weight 5, or --steps 5,25,50,100 --every 10m
            --steps 25,5 --every 10m                    | steps must rise, got 5 % after 25 %
            --steps 5 --every soon                      | must be a duration such as 250ms, 2s, 10m, 1h or 1d, got 'soon'
            --weight 101                                | a share must be above 0 and at most 100 percent, with two decimals at most, got 101.0
            --weight 5 --guard errors=1%                | --guard has no rule 'errors'; it takes error-rate, latency, disagreement, min-requests, window.
            --weight 5 --guard latncy=1.5x              | --guard has no rule 'latncy'; it takes error-rate, latency, disagreement, min-requests, window. Did you mean 'latency'?
            --weight 5 --guard error-rate=1             | --guard error-rate is '1'; it takes a share such as 1%
            --weight 5 --guard min-requests=9           | a guard limits errors, latency or disagreement; this limits none
            --weight 5 --on-breach hold                 | --on-breach and --on-success tell what a guard does, and there is no --guard
            --weight 5 --sticky-header X:Y              | 'X:Y' is not the name of a header
            """)
        void optionsThatDoNotFitAreRefused(String options, String text) {
            assertFailed(serin.run(("canary start fraud/4 " + options).split(" +")), 2, text, "serin canary start -h");
        }

        @Test
        void secondOneIsRefused() {
            serin.run("canary", "start", "fraud/4", "--weight", "5");

            assertFailed(
                    serin.run("-q", "canary", "start", "fraud/2", "--weight", "5"),
                    4,
                    "canary 4 5 % of 'fraud' is running; promote or abort it first",
                    "serin history fraud");
        }

        @Test
        void pauseAndResume() {
            serin.run("canary", "start", "fraud/4", "--weight", "5");

            assertDone(serin.run("canary", "pause", "fraud"), """
                fraud · canary 4 stays at 5 %
                paused, all gateways follow within 10 s
                """, "\nhint: serin canary resume fraud\n");
            assertThat(at("/traffic/canary/paused/at")).isEqualTo("\"2026-11-22T12:00:00Z\"");
            assertDone(serin.run("canary", "resume", "fraud"), """
                fraud · canary 4 goes on at 5 %
                resumed, all gateways follow within 10 s
                """, "");
            assertThat(at("/traffic/canary/paused")).isEmpty();
        }

        @Test
        void promotionShowsWhatMovesAndAsks() {
            serin.run("canary", "start", "fraud/4", "--weight", "5");

            assertFailed(
                    serin.run("canary", "promote", "fraud"),
                    2,
                    "this is asked before it is done, and there is no terminal to ask on; --yes does it unasked",
                    "serin canary promote fraud --yes");
            assertDone(
                    serin.onTerminal().stdin("y\n").run("canary", "promote", "fraud"),
                    """
                    primary 3 → 4 (stable 3 → 4 too, it named the primary)
                    promoted, all gateways follow within 10 s
                    """,
                    "promote? [y/N] \nhint: serin undo fraud\n");
            assertThat(at("/aliases/stable")).isEqualTo("\"4\"");
            assertThat(at("/traffic/promoted/from")).isEqualTo("\"3\"");
        }

        @Test
        void abortTakesTheTrafficAndAStartOverAsks() {
            serin.run("canary", "start", "fraud/4", "--weight", "25");

            assertDone(
                    serin.run("canary", "abort", "fraud", "-y", "-m", "support tickets"),
                    """
                    canary 4: 25 % → 0 % · fraud is healthy on 3
                    aborted, all gateways follow within 10 s
                    """,
                    "\nhint: serin canary start fraud/4 starts it over\n");
            assertThat(at("/traffic/canary/aborted/rule")).isEqualTo("\"operator\"");
            Ran over = serin.onTerminal().stdin("n\n").run("canary", "start", "fraud/4", "--weight", "5", "-q");
            assertThat(over.out()).isEqualTo("""
                fraud · primary 3 · canary 4: 5 %% now, until you promote or abort it
                canary 4 was pulled back at 2026-11-22 12:00 UTC by %s: support tickets
                """.formatted(System.getProperty("user.name")));
            assertThat(over.err()).isEqualTo("start it over? [y/N] serin: nothing was changed\n");
        }

        @Test
        void abortWithoutACanaryTakesThePromotionBack() {
            serin.run("canary", "start", "fraud/4", "--weight", "25");
            serin.run("canary", "promote", "fraud", "--yes");

            assertThat(serin.run("canary", "abort", "fraud", "--yes").out()).isEqualTo("""
                primary 4 → 3 (stable 4 → 3 too, it named the primary)
                aborted, all gateways follow within 10 s
                """);
            assertThat(at("/aliases/stable")).isEqualTo("\"3\"");
            assertThat(at("/traffic/canary/aborted/rule")).isEqualTo("\"operator\"");
        }

        @Test
        void abortLeavesAPromotionThatIsOld() {
            serin.file("models/fraud/model.json", """
                {"traffic": {"primary": "4", "promoted": {"id": "k1", "version": "4", "from": "3",
                                                          "at": "2026-11-21T11:00:00Z", "by": "gw-2"}}}
                """);

            assertFailed(
                    serin.run("canary", "abort", "fraud", "-y"),
                    3,
                    "'fraud' has no canary",
                    "serin canary start fraud/VERSION --weight 5");
            assertThat(at("/traffic/primary")).isEqualTo("\"4\"");
        }

        @Test
        void abortOfWhatWasAbortedDoesNotReachForAnOlderPromotion() {
            serin.run("canary", "start", "fraud/4", "--weight", "25");
            serin.run("canary", "promote", "fraud", "--yes");
            serin.run("canary", "start", "fraud/2", "--weight", "25");
            serin.run("canary", "abort", "fraud", "--yes");

            Ran again = serin.run("canary", "abort", "fraud", "--yes");

            assertThat(again.status()).isEqualTo(4);
            assertThat(again.err()).startsWith("serin: canary 2 of 'fraud' was aborted at 2026-11-22T12:00:00Z by ");
            assertThat(at("/aliases/stable")).isEqualTo("\"4\"");
        }

        @ParameterizedTest
        @CsvSource({"pause", "resume", "promote", "abort"})
        void isNotFoundWhenThereIsNone(String command) {
            assertFailed(
                    serin.run("canary", command, "fraud", "-y"),
                    3,
                    "'fraud' has no canary",
                    "serin canary start fraud/VERSION --weight 5");
        }

        @Test
        void documentHasTheCanary() {
            JsonNode canary = json(serin.run("canary", "start", "fraud/4", "--steps=5,25", "--every=90s", "-o", "json"))
                    .path("canary");

            assertThat(canary.toString().replaceFirst("[0-9a-f]{12}", "ID"))
                    .isEqualTo("{\"id\":\"ID\",\"version\":\"4\",\"weight\":5.0,\"sticky_header\":null,"
                            + "\"started_at\":\"2026-11-22T12:00:00Z\",\"steps\":[{\"weight\":5.0,\"seconds\":90.0},"
                            + "{\"weight\":25.0,\"seconds\":90.0}],\"steps_passed\":0,\"paused_at\":null,"
                            + "\"aborted_at\":null}");
        }

        @Test
        void versionThatTakesSomethingElseIsRefused() {
            serin.file("models/fraud/3/model.onnx", TestModels.identity(DataType.FP32, "batch", 4))
                    .file("models/fraud/4/model.onnx", TestModels.identity(DataType.FP32, "batch", 5));

            assertFailed(
                    serin.run("canary", "start", "fraud/4", "--weight", "5"),
                    4,
                    "version 4 of 'fraud' does not take what its primary 3 takes: its input 'x' is of another type or"
                            + " shape",
                    "serin show fraud/4");
            assertFailed(
                    serin.run("shadow", "start", "fraud/4"),
                    4,
                    "version 4 of 'fraud' does not take what its primary 3 takes: its input 'x' is of another type or"
                            + " shape",
                    "serin show fraud/4");
        }

        @Test
        void groupAloneTellsItsCommands() {
            assertFailed(
                    serin.run("canary"),
                    2,
                    "'serin canary' needs one of start, watch, pause, resume, promote, abort",
                    "serin canary -h");
            assertFailed(
                    serin.run("canary", "strat", "fraud/4"),
                    2,
                    "'serin canary' has no command 'strat'. Did you mean 'start'?",
                    "serin canary -h");
        }
    }

    @Nested
    class ShadowAndRetirement {
        @Test
        void shadowStartsAndStops() {
            assertDone(
                    serin.run("shadow", "start", "fraud/4", "--percent", "20"),
                    """
                    fraud · shadow 4 sees a copy of 20 % of the requests
                    started, all gateways follow within 10 s
                    """,
                    "\nhint: serin shadow stop fraud\n");
            assertThat(at("/traffic/shadow")).isEqualTo("{\"version\":\"4\",\"percent\":20}");
            assertDone(serin.run("shadow", "stop", "fraud"), """
                fraud · shadow 4 sees no more requests
                stopped, all gateways follow within 10 s
                """, "");
            assertFailed(serin.run("shadow", "stop", "fraud"), 3, "'fraud' has no shadow", "serin history fraud");
        }

        @Test
        void retirementWantsTheNameTyped() {
            Ran wrong = serin.onTerminal().stdin("y\n").run("retire", "fraud/2");
            assertThat(wrong.status()).isEqualTo(1);
            assertThat(wrong.err()).isEqualTo("type fraud/2 to retire it: serin: nothing was changed\n");

            assertDone(
                    serin.stdin("fraud/2\n").run("retire", "fraud/2", "--sunset", "2026-12-31", "-m", "biased"),
                    """
                    fraud/2 answers 410 from 2026-12-31 00:00 UTC on
                    retired, all gateways follow within 10 s
                    """,
                    "type fraud/2 to retire it: \nhint: serin undo fraud\n");
            assertThat(at("/retired/2"))
                    .isEqualTo(
                            "{\"at\":\"2026-11-22T12:00:00Z\",\"sunset\":\"2026-12-31T00:00:00Z\",\"reason\":\"biased\"}");
        }

        @Test
        void whatIsInUseIsNotRetired() {
            assertFailed(
                    serin.run("retire", "fraud/3", "--yes"),
                    4,
                    "version 3 of 'fraud' is in use: it is the primary and what alias 'stable' names. Move these first",
                    "serin history fraud");
        }

        @Test
        void retiringTheNewestTellsWhatAnswersThen() {
            serin.file("models/fraud/model.json", "{\"format\": 1}");

            assertThat(serin.run("retire", "fraud/4", "-n").out()).isEqualTo("""
                fraud/4 answers 410 from now on
                it is the newest: then 3 answers for fraud without a version
                nothing was written
                """);
        }

        @Test
        void sunsetThatIsNoneIsRefused() {
            assertFailed(
                    serin.run("retire", "fraud/2", "--sunset", "soon"),
                    2,
                    "--sunset is 'soon'; it takes 2026-12-31 or 2026-12-31T18:00:00Z",
                    "serin retire -h");
        }
    }

    @Nested
    class HistoryAndUndo {
        @Test
        void historyIsNewestFirst() {
            serin.file("models/fraud/model.json", """
                {"history": [
                  {"at": "2026-11-22T10:00:00Z", "by": "ana", "command": "canary start fraud/4 --weight 5",
                   "to": "canary 4 5 %", "reason": "October"},
                  {"at": "2026-11-22T11:59:18Z", "by": "gw-2", "command": "canary abort fraud",
                   "from": "canary 4 5 %", "to": "canary 4 0 %, aborted"}]}
                """);

            assertDone(serin.run("history", "fraud"), """
                WHEN     WHO   CHANGE                             REASON   COMMAND
                42s ago  gw-2  canary 4 from 5 % to 0 %, aborted  -        canary abort fraud
                2h ago   ana   canary 4 5 %                       October  canary start fraud/4 --weight 5
                """, "");
            assertThat(json(serin.run("history", "fraud", "-o", "json"))
                            .at("/history/1")
                            .toString())
                    .isEqualTo("{\"at\":\"2026-11-22T10:00:00Z\",\"by\":\"ana\","
                            + "\"command\":\"canary start fraud/4 --weight 5\",\"from\":null,"
                            + "\"to\":\"canary 4 5 %\",\"reason\":\"October\"}");
        }

        @Test
        void historyOfNothingSaysSo() {
            assertDone(serin.run("history", "fraud"), "", "nobody has changed anything of fraud so far\n");
            assertThat(json(serin.run("history", "fraud", "-o", "json")).path("history"))
                    .isEmpty();
        }

        @Test
        void undoTakesBackAndMakesAgain() {
            serin.run("alias", "set", "fraud/4", "candidate");

            assertDone(serin.run("undo", "fraud"), """
                fraud · takes back alias set fraud/4 candidate by %s, just now
                alias candidate 4 no more
                taken back, all gateways follow within 10 s
                """.formatted(System.getProperty("user.name")), "");
            assertThat(at("/aliases")).isEqualTo("{\"stable\":\"3\"}");
            serin.run("undo", "fraud");
            assertThat(at("/aliases/candidate")).isEqualTo("\"4\"");
        }

        @Test
        void canaryThatComesBackIsPaused() {
            serin.run("canary", "start", "fraud/4", "--weight", "5");
            serin.run("canary", "promote", "fraud", "--yes");

            assertThat(serin.run("undo", "fraud").out()).isEqualTo("""
                fraud · takes back canary promote fraud by %s, just now
                primary from 4 to 3
                canary 4 comes back paused: serin canary resume fraud
                taken back, all gateways follow within 10 s
                """.formatted(System.getProperty("user.name")));
        }

        @Test
        void withoutHistoryThereIsNothingToUndo() {
            assertFailed(
                    serin.run("undo", "fraud"),
                    3,
                    "'fraud' has no history, so there is nothing to take back",
                    "serin history fraud");
        }
    }

    @Test
    void policyThatCannotBeReadIsNotChanged() {
        serin.file("models/fraud/model.json", "{\"traffic\": {\"primary\": 7}}");

        Ran ran = serin.run("alias", "set", "fraud/4", "candidate");

        assertThat(ran.status()).isEqualTo(5);
        assertThat(ran.err()).startsWith("serin: fraud/model.json: traffic.primary must be a string, got 7\n");
    }

    @Test
    void reasonThatIsABookIsRefused() {
        Ran ran = serin.run("alias", "set", "fraud/4", "candidate", "-m", "x".repeat(1_001));

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err()).isEqualTo("serin: a reason has 1000 characters at most, got 1001\n");
    }
}
