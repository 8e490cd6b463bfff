package dev.serin.registry.policy;

import dev.serin.registry.AliasName;
import dev.serin.registry.ModelVersion;
import java.util.List;

/** The members of {@code model.json} that changes write, as JSON pointers. */
final class Pointers {
    static final String ALIASES = "/aliases";
    static final String TRAFFIC = "/traffic";
    static final String PRIMARY = "/traffic/primary";
    static final String CANARY = "/traffic/canary";
    static final String SHADOW = "/traffic/shadow";
    static final String PROMOTED = "/traffic/promoted";
    static final String HISTORY = "/history";

    private Pointers() {}

    /** {@return what a change may be refused for} */
    static List<String> concerning(PolicyChange change) {
        return switch (change) {
            case PolicyChange.SetAlias(AliasName alias, ModelVersion version) ->
                List.of(alias(alias), retired(version));
            case PolicyChange.RemoveAlias(AliasName alias) -> List.of(alias(alias), PRIMARY);
            case PolicyChange.Retire retire -> List.of(retired(retire.version()), ALIASES, TRAFFIC);
            case PolicyChange.StartCanary start -> List.of(TRAFFIC, retired(start.version()));
            case PolicyChange.StartShadow start -> List.of(TRAFFIC, retired(start.version()));
            case PolicyChange.PauseCanary _,
                    PolicyChange.ResumeCanary _,
                    PolicyChange.PromoteCanary _,
                    PolicyChange.AbortCanary _,
                    PolicyChange.PassStep _,
                    PolicyChange.StopShadow _ -> List.of(TRAFFIC);
            case PolicyChange.Undo() -> List.of(HISTORY);
        };
    }

    static String alias(AliasName alias) {
        return ALIASES + "/" + alias;
    }

    static String retired(ModelVersion version) {
        return "/retired/" + version;
    }
}
