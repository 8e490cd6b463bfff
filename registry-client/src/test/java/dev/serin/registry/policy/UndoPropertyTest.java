package dev.serin.registry.policy;

import static dev.serin.registry.policy.PolicyFile.alias;
import static dev.serin.registry.policy.PolicyFile.canary;
import static dev.serin.registry.policy.PolicyFile.steps;
import static dev.serin.registry.policy.PolicyFile.version;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.AliasName;
import dev.serin.registry.policy.PolicyChange.PassStep;
import dev.serin.registry.policy.PolicyChange.RemoveAlias;
import dev.serin.registry.policy.PolicyChange.Retire;
import dev.serin.registry.policy.PolicyChange.StartShadow;
import dev.serin.registry.policy.PolicyChange.StopShadow;
import dev.serin.registry.policy.PolicyChange.Undo;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class UndoPropertyTest {
    private static final String START = """
        {"format": 1, "quota": {"rate": 1.50}, "aliases": {"stable": "3", "old": "1"},
         "traffic": {"primary": "stable", "mirror": [1, {"to": null}]}}
        """;

    @Provide
    Arbitrary<List<PolicyChange>> changes() {
        return Arbitraries.<PolicyChange>of(
                        alias("stable", "4"),
                        alias("stable", "5"),
                        alias("new", "2"),
                        new RemoveAlias(new AliasName("old")),
                        new RemoveAlias(new AliasName("new")),
                        canary("k1", "4", 2.5),
                        steps("k2", "5", 5.0, 25.0),
                        new PassStep("k2", 1),
                        new StartShadow(version("6"), 20),
                        new StopShadow(),
                        new Retire(version("0"), Optional.empty(), Optional.of("old")))
                .list()
                .ofMaxSize(12);
    }

    @Property(tries = 60)
    void undoLeavesTheFileAsItWasButForTheHistory(@ForAll("changes") List<PolicyChange> changes) {
        PolicyFile file = PolicyFile.of(START);
        for (PolicyChange change : changes) {
            JsonNode before = withoutHistory(file);
            if (wasMade(file, change)) {
                JsonNode after = withoutHistory(file);

                file.make(new Undo());
                assertThat(withoutHistory(file)).isEqualTo(before);

                file.make(new Undo());
                assertThat(withoutPause(withoutHistory(file))).isEqualTo(withoutPause(after));
            }
        }
        assertThat(file.at("/quota/rate")).isEqualTo("1.5");
        assertThat(file.at("/traffic/mirror")).isEqualTo("[1,{\"to\":null}]");
    }

    private static boolean wasMade(PolicyFile file, PolicyChange change) {
        try {
            return file.make(change).entry().isPresent();
        } catch (PolicyRefusedException _) {
            return false;
        }
    }

    /** A canary that comes back is paused; none of the changes here pauses one. */
    private static JsonNode withoutPause(JsonNode tree) {
        if (tree.at("/traffic/canary") instanceof ObjectNode canary) {
            canary.remove("paused");
        }
        return tree;
    }

    private static JsonNode withoutHistory(PolicyFile file) {
        ObjectNode tree = (ObjectNode) file.tree();
        tree.remove("history");
        return tree;
    }
}
