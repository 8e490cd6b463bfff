package dev.serin.gateway.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.format.ModelPolicies;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetsTest {
    private static List<CatalogVersion> versions(String... versionsAndStates) {
        return Catalogs.model("fraud", versionsAndStates).versions();
    }

    private static ModelPolicy policy(String json) {
        return ModelPolicies.parse(
                new ModelName("fraud"), json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private static String alias(Targets targets) {
        return targets.alias("champion").map(ModelVersion::value).orElse("none");
    }

    private static final Targets ONE =
            Targets.settle(Targets.NONE, policy("{'aliases': {'champion': '1'}}"), versions("1 ready", "2 pending"));

    @ParameterizedTest
    @CsvSource(textBlock = """
        1 ready,   2 ready,       2
        1 ready,   2 cold,        2
        1 ready,   2 pending,     1
        1 ready,   2 downloading, 1
        1 ready,   2 failed,      1
        1 ready,   2 retired,     2
        1 ready,   3 ready,       1
        1 retired, 2 pending,     2
        1 failed,  2 failed,      2
        """)
    void anAliasThatIsToMoveFromOneToTwoStandsFor(String first, String second, String expected) {
        Targets now = Targets.settle(ONE, policy("{'aliases': {'champion': '2'}}"), versions(first, second));

        assertThat(alias(now)).isEqualTo(expected);
    }

    private static Targets afterARestart(String... changes) {
        return Targets.settle(
                Targets.NONE,
                policy("{'aliases': {'champion': '4'}, 'traffic': {'primary': '4'}, 'history': [%s]}"
                        .formatted(String.join(",", changes))),
                versions("1 ready", "2 ready", "3 failed", "4 loading"));
    }

    private static String change(String command, String was) {
        return "{'at': '2026-11-22T10:00:00Z', 'by': 'ana', 'command': '%s', 'was': %s}".formatted(command, was);
    }

    @Test
    void afterARestartTheLatestChangeOfANameTellsWhatItStoodFor() {
        Targets now = afterARestart(
                change("alias set fraud/2 champion", "{'/aliases/champion': '3'}"),
                change("alias set fraud/4 champion", "{'/aliases/champion': '1'}"),
                change("canary promote fraud", "{'/traffic/primary': '2', '/traffic/canary': {}}"),
                change("retire fraud/0", "{'/retired/0': null}"));

        assertThat(alias(now)).isEqualTo("1");
        assertThat(now.primary()).hasValue(new ModelVersion("2"));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
        "undo fraud",                 "{'/aliases/champion': '1', '/traffic/primary': '1'}"
        "canary abort fraud",         "{'/aliases/champion': '1', '/traffic/primary': '1'}"
        "alias set fraud/4 champion", "{'/aliases/champion': null, '/traffic/primary': null}"
        "alias set fraud/4 champion", "{'/aliases/champion': '3', '/traffic/primary': '3'}"
        """)
    void whatWasTakenBackOrIsNotEligibleIsNotComeBackTo(String command, String was) {
        Targets now =
                afterARestart(change("alias set fraud/2 champion", "{'/aliases/champion': '1'}"), change(command, was));

        assertThat(alias(now)).isEqualTo("4");
        assertThat(now.primary()).hasValue(new ModelVersion("4"));
    }

    @Test
    void aFirstPrimaryThatIsNotEligibleLeavesTheTrafficWhereItWas() {
        Targets newest = Targets.settle(Targets.NONE, policy("{}"), versions("1 ready", "2 failed"));
        Targets now = Targets.settle(
                newest, policy("{'traffic': {'primary': '2'}}"), versions("1 ready", "2 failed", "3 ready"));

        assertThat(newest.usual()).hasValue(new ModelVersion("1"));
        assertThat(now.primary()).hasValue(new ModelVersion("1"));
    }

    @Test
    void withoutAPrimaryNoVersionOnTrialHasTheTrafficByBeingTheNewest() {
        List<CatalogVersion> versions = versions("1 ready", "2 ready", "3 ready");

        assertThat(Targets.settle(
                                Targets.NONE,
                                policy("{'traffic': {'canary': {'id': 'k', 'version': '3', 'weight': 5},"
                                        + " 'shadow': {'version': '2', 'percent': 5}}}"),
                                versions)
                        .usual())
                .hasValue(new ModelVersion("1"));
    }

    @Test
    void aNameWithoutAPastStandsForWhatItIsToStandFor() {
        Targets now = Targets.settle(
                Targets.NONE, policy("{'aliases': {'champion': '2'}}"), versions("1 ready", "2 pending"));

        assertThat(alias(now)).isEqualTo("2");
    }

    @Test
    void aPrimaryThatIsAnAliasMovesWithIt() {
        ModelPolicy policy = policy("{'aliases': {'champion': '2'}, 'traffic': {'primary': 'champion'}}");

        assertThat(Targets.settle(ONE, policy, versions("1 ready", "2 pending")).primary())
                .hasValue(new ModelVersion("1"));
        assertThat(Targets.settle(ONE, policy, versions("1 ready", "2 ready")).primary())
                .hasValue(new ModelVersion("2"));
    }
}
