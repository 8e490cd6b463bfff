package dev.serin.registry.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.AliasName;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Aborted;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.ModelPolicy.OnBreach;
import dev.serin.registry.ModelPolicy.OnSuccess;
import dev.serin.registry.ModelPolicy.Passed;
import dev.serin.registry.ModelPolicy.Paused;
import dev.serin.registry.ModelPolicy.Promoted;
import dev.serin.registry.ModelPolicy.Retirement;
import dev.serin.registry.ModelPolicy.ServingOptions;
import dev.serin.registry.ModelPolicy.Shadow;
import dev.serin.registry.ModelPolicy.Step;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelPoliciesTest {
    private static final ModelName IRIS = new ModelName("iris");
    private static final Instant TEN = Instant.parse("2026-11-22T10:00:00Z");
    private static final String WHOLE = """
        { "format": 1,
          "aliases": { "stable": "1", "champion": "2" },
          "traffic": {
            "primary": "stable",
            "canary": {
              "id": "k3f9", "version": "2", "weight": 10.25, "sticky-header": "X-User-Id",
              "started-at": "2026-11-22T10:00:00Z",
              "steps": [ {"weight": 1, "for": "10m"}, {"weight": 50, "for": "1h"} ],
              "passed": [ {"step": 1, "at": "2026-11-22T10:00:00Z", "by": "gw-2"} ],
              "guard": { "window": "5m", "min-requests": 200, "max-error-rate": 0.01, "max-latency-ratio": 1.5,
                         "max-disagreement": 0.02, "on-breach": "hold", "on-success": "hold" },
              "paused": { "at": "2026-11-22T10:00:00Z", "by": "ben", "rule": "max-error-rate" },
              "aborted": { "at": "2026-11-22T10:00:00Z", "by": "gw-1", "rule": "max-error-rate",
                           "measured": 0.2, "limit": 0.01 } },
            "shadow": { "version": "3", "percent": 20 },
            "promoted": { "id": "a1b2", "version": "2", "from": "1", "at": "2026-11-22T10:00:00Z", "by": "gw-3" } },
          "serving": { "preload": true, "keep-versions": 3, "max-batch-size": 64, "deadline": "250ms",
                       "max-concurrency": 4, "max-queue": 0 },
          "retired": { "0": {"at": "2026-11-22T10:00:00Z", "sunset": "2026-11-22T10:00:00Z", "reason": "old"} },
          "history": [ {"at": "2026-11-22T10:00:00Z", "by": "ana", "command": "alias set", "from": "1", "to": "2",
                        "reason": "better", "was": {"/aliases/champion": "1"}, "became": "ab12"} ] }
        """;

    private static ModelPolicy parse(String content) {
        return ModelPolicies.parse(IRIS, content.getBytes(UTF_8));
    }

    @Test
    void everyMemberIsRead() {
        ModelPolicy policy = parse(WHOLE);

        assertThat(policy.aliases())
                .containsExactly(
                        Map.entry(new AliasName("champion"), new ModelVersion("2")),
                        Map.entry(new AliasName("stable"), new ModelVersion("1")));
        assertThat(policy.primary()).hasValue("stable");
        assertThat(policy.canary())
                .hasValue(new Canary(
                        "k3f9",
                        new ModelVersion("2"),
                        10.25,
                        Optional.of("X-User-Id"),
                        Optional.of(TEN),
                        List.of(new Step(1, Duration.ofMinutes(10)), new Step(50, Duration.ofHours(1))),
                        List.of(new Passed(1, TEN, "gw-2")),
                        Optional.of(new Guard(
                                Duration.ofMinutes(5),
                                200,
                                Optional.of(0.01),
                                Optional.of(1.5),
                                Optional.of(0.02),
                                OnBreach.HOLD,
                                OnSuccess.HOLD)),
                        Optional.of(new Paused(TEN, "ben", Optional.of("max-error-rate"))),
                        Optional.of(new Aborted(TEN, "gw-1", "max-error-rate", Optional.of(0.2), Optional.of(0.01)))));
        assertThat(policy.shadow()).hasValue(new Shadow(new ModelVersion("3"), 20));
        assertThat(policy.promoted())
                .hasValue(new Promoted("a1b2", new ModelVersion("2"), new ModelVersion("1"), TEN, "gw-3"));
        assertThat(policy.serving())
                .isEqualTo(new ServingOptions(
                        Optional.of(true),
                        OptionalInt.of(3),
                        OptionalInt.of(64),
                        Optional.of(Duration.ofMillis(250)),
                        OptionalInt.of(4),
                        OptionalInt.of(0)));
        assertThat(policy.retired())
                .containsExactly(
                        Map.entry(new ModelVersion("0"), new Retirement(TEN, Optional.of(TEN), Optional.of("old"))));
        assertThat(policy.history())
                .containsExactly(new HistoryEntry(
                        TEN,
                        "ana",
                        "alias set",
                        Optional.of("1"),
                        Optional.of("2"),
                        Optional.of("better"),
                        Optional.of(JsonNodeFactory.instance.objectNode().put("/aliases/champion", "1")),
                        Optional.of("ab12")));
        assertThat(policy.unknown()).isEmpty();
    }

    @Test
    void aGuardThatDoesNotSayPullsBackAndPromotes() {
        ModelPolicy policy = parse("""
            { "traffic": { "canary": { "id": "k", "version": "2", "weight": 1,
                                       "guard": { "window": "5m", "min-requests": 1 } } } }
            """);

        assertThat(policy.canary().orElseThrow().guard())
                .hasValue(new Guard(
                        Duration.ofMinutes(5),
                        1,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        OnBreach.ABORT,
                        OnSuccess.PROMOTE));
    }

    @Test
    void everyPartIsOptional() {
        assertThat(parse("{}")).isEqualTo(ModelPolicy.NONE);
        assertThat(parse("{\"format\": 1, \"aliases\": null, \"traffic\": {}, \"serving\": {}}"))
                .isEqualTo(ModelPolicy.NONE);
    }

    @Test
    void membersThatNobodyKnowsAreReportedByPath() {
        String newer = WHOLE.replace("\"format\": 1,", "\"format\": 1, \"quota\": 3,")
                .replace("\"primary\":", "\"mirror\": {}, \"primary\":")
                .replace("{\"weight\": 50,", "{\"weight\": 50, \"note\": 1,")
                .replace("\"preload\": true", "\"preload\": true, \"prelaod\": true");

        assertThat(parse(newer).unknown())
                .containsExactlyInAnyOrder(
                        "quota", "traffic.mirror", "traffic.canary.steps[1].note", "serving.prelaod");
    }

    @Test
    void aHigherFormatIsReadAsFarAsItIsKnown() {
        ModelPolicy policy = parse(WHOLE.replace("\"format\": 1", "\"format\": 2"));

        assertThat(policy.primary()).hasValue("stable");
        assertThat(policy.unknown()).containsExactly("format");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
        "format": 1            | "format": 0            | format must be a whole number from 1 to 2147483647, got 0
        "stable": "1"          | "stable": 1            | aliases.stable must be a string, got 1
        "stable": "1"          | "stable": "../1"       | aliases.stable: '../1' is not a version
        "stable": "1"          | "Stable": "1"          | aliases.Stable: 'Stable' is not an alias
        "stable": "1"          | "latest": "1"          | aliases.latest: 'latest' cannot be an alias
        "primary": "stable"    | "primary": "newest"    | traffic.primary: 'newest' cannot be a version
        "weight": 10.25        | "weight": 101          | traffic.canary.weight must be a number from 0 to 100 with at most two decimals, got 101
        "weight": 10.25        | "weight": 10.255       | traffic.canary.weight must be a number from 0 to 100 with at most two decimals, got 10.255
        "weight": 10.25        | "weight": "10"         | traffic.canary.weight must be a number from 0 to 100 with at most two decimals, got "10"
        "on-breach": "hold"    | "on-breach": "Hold"    | traffic.canary.guard.on-breach must be "abort" or "hold", got "Hold"
        "X-User-Id"            | "X User"               | traffic.canary.sticky-header: 'X User' is not the name of a header
        "id": "k3f9",          | `   `                  | traffic.canary.id is missing
        "for": "10m"           | "for": "10 min"        | traffic.canary.steps[0].for: must be a duration such as 250ms, 2s, 10m, 1h or 1d, got '10 min'
        "for": "10m"           | "for": "0s"            | traffic.canary.steps[0].for: must be longer than nothing, got '0s'
        "step": 1              | "step": 0              | traffic.canary.passed[0].step must be a whole number from 1
        "min-requests": 200    | "min-requests": 1.5    | traffic.canary.guard.min-requests must be a whole number
        "max-latency-ratio": 1.5 | "max-latency-ratio": 0 | traffic.canary.guard: max-latency-ratio is 0.0; it takes a number above 0, 1000000 at most
        "max-error-rate": 0.01 | "max-error-rate": 2    | traffic.canary.guard.max-error-rate must be a number from 0 to 1, got 2
        "percent": 20          | "percent": -1          | traffic.shadow.percent must be a number from 0 to 100
        "preload": true        | "preload": "yes"       | serving.preload must be true or false, got "yes"
        "keep-versions": 3     | "keep-versions": -1    | serving.keep-versions must be a whole number from 0
        "max-batch-size": 64   | "max-batch-size": 0    | serving.max-batch-size must be a whole number from 1
        "deadline": "250ms"    | "deadline": "11m"      | serving.deadline: must be at most 10m, got '11m'
        "deadline": "250ms"    | "deadline": 250        | serving.deadline must be a string, got 250
        "0": {                 | "..": {                | retired...: '..' is not a version
        "command": "alias set" | "command": ["a"]       | history[0].command must be a string, got ["a"]
        "history": [           | "history": 3, "x": [   | history must be a list, got 3
        """)
    void whatDoesNotFitIsNamed(String good, String bad, String complaint) {
        assertThat(WHOLE).contains(good);

        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() -> parse(WHOLE.replace(good, bad.strip())))
                .withMessageStartingWith("iris/model.json: ")
                .withMessageContaining(complaint);
    }

    @Test
    void aChangeLeavesEverythingElseAsItWas() {
        String before = """
            {
              "format": 1,
              "quota": {
                "rate": 1.50,
                "huge": 123456789012345678901234567890
              },
              "aliases": {
                "stable": "1"
              }
            }
            """;

        byte[] after = ModelPolicies.edit(
                IRIS, before.getBytes(UTF_8), tree -> tree.withObject("aliases").put("stable", "2"));

        assertThat(after).asString(UTF_8).isEqualTo(before.replace("\"stable\": \"1\"", "\"stable\": \"2\""));
    }

    @Test
    void theFirstChangeMakesThePolicy() {
        byte[] after = ModelPolicies.edit(
                IRIS, new byte[0], tree -> tree.withObject("aliases").put("stable", "2"));

        assertThat(after).asString(UTF_8).isEqualTo("""
            {
              "format": 1,
              "aliases": {
                "stable": "2"
              }
            }
            """);
    }

    @Test
    void aPolicyOfAHigherFormatIsNotChanged() {
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> ModelPolicies.edit(IRIS, "{\"format\": 2}".getBytes(UTF_8), _ -> {}))
                .withMessage("iris/model.json cannot be changed: it is of format 2, and this build writes 1");
    }

    @Test
    void aChangeThatMakesAPolicyUnreadableIsRefused() {
        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() -> ModelPolicies.edit(
                        IRIS,
                        "{}".getBytes(UTF_8),
                        tree -> tree.withObject("aliases").put("stable", 1)))
                .withMessageContaining("aliases.stable must be a string, got 1");
    }

    @Test
    void theHistoryKeepsItsLatestHundred() {
        byte[] content = "{}".getBytes(UTF_8);
        for (int i = 0; i < 103; i++) {
            HistoryEntry entry = new HistoryEntry(
                    TEN,
                    "ana",
                    "change " + i,
                    Optional.empty(),
                    Optional.of("2"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
            content = ModelPolicies.edit(IRIS, content, tree -> ModelPolicies.addHistory(tree, entry));
        }

        List<HistoryEntry> history = ModelPolicies.parse(IRIS, content).history();
        assertThat(history).hasSize(100);
        assertThat(history.getFirst().command()).isEqualTo("change 3");
        assertThat(history.getLast())
                .isEqualTo(new HistoryEntry(
                        TEN,
                        "ana",
                        "change 102",
                        Optional.empty(),
                        Optional.of("2"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0ms", "250ms", "90s", "90m", "36h", "1d"})
    void aDurationIsWrittenAsItIsRead(String text) {
        assertThat(Durations.text(Durations.parse(text))).isEqualTo(text);
    }
}
