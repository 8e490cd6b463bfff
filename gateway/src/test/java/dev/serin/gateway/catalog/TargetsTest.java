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

    @Test
    void afterARestartTheHistoryTellsWhatANameStoodFor() {
        ModelPolicy policy = policy("""
            {'aliases': {'champion': '4'}, 'traffic': {'primary': '4'},
             'history': [
               {'at': '2026-11-22T10:00:00Z', 'by': 'ana', 'command': 'alias set', 'was': {'/aliases/champion': '1'}},
               {'at': '2026-11-22T10:01:00Z', 'by': 'ana', 'command': 'canary promote', 'was': {'/traffic': {'primary': '2'}}},
               {'at': '2026-11-22T10:02:00Z', 'by': 'ana', 'command': 'alias set', 'was': {'/aliases/champion': '3'}}]}
            """);

        Targets now = Targets.settle(Targets.NONE, policy, versions("1 ready", "2 ready", "3 failed", "4 loading"));

        assertThat(alias(now)).isEqualTo("1");
        assertThat(now.primary()).hasValue(new ModelVersion("2"));
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
