package dev.serin.registry.policy;

import dev.serin.registry.AliasName;
import dev.serin.registry.ModelVersion;

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

    static String alias(AliasName alias) {
        return ALIASES + "/" + alias;
    }

    static String retired(ModelVersion version) {
        return "/retired/" + version;
    }
}
