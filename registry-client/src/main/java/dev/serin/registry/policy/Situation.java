package dev.serin.registry.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.AliasName;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelVersion;
import java.time.Instant;
import java.util.Optional;

/**
 * What a change is decided on.
 *
 * @param tree the file, which nobody changes here
 * @param policy the same, read
 * @param by who makes the change
 */
record Situation(ModelName model, ObjectNode tree, ModelPolicy policy, Instant now, String by) {
    Optional<JsonNode> find(String pointer) {
        return Edit.find(tree, pointer);
    }

    Optional<ModelVersion> target(AliasName alias) {
        return Optional.ofNullable(policy.aliases().get(alias));
    }

    /** {@return the alias that the primary is named by} */
    Optional<AliasName> primaryAlias() {
        return policy.primary()
                .flatMap(primary -> policy.aliases().keySet().stream()
                        .filter(alias -> alias.value().equals(primary))
                        .findFirst());
    }

    /** {@return the version that the primary is} */
    Optional<ModelVersion> primary() {
        return primaryAlias().flatMap(this::target).or(() -> policy.primary().map(ModelVersion::new));
    }

    /** {@return the members that say which version the primary is} */
    String[] primaryPointers() {
        return primaryAlias()
                .map(alias -> new String[] {Pointers.PRIMARY, Pointers.alias(alias)})
                .orElseGet(() -> new String[] {Pointers.PRIMARY});
    }

    /** {@return the canary that gets traffic, or would get it} */
    Optional<Canary> runningCanary() {
        return policy.canary().filter(canary -> canary.aborted().isEmpty());
    }

    /** Refuses a version that was retired, be it only for later, or that is none. */
    void checkCanServe(ModelVersion version) {
        if (policy.retired().containsKey(version)) {
            throw PolicyRefusedException.inTheWay(
                    "version %s of '%s' was retired; serin undo takes that back while it is the latest change"
                            .formatted(version, model));
        }
        policy.aliases().keySet().stream()
                .filter(alias -> alias.value().equals(version.value()))
                .findFirst()
                .ifPresent(alias -> {
                    throw PolicyRefusedException.inTheWay("'%s' is an alias of '%s', for version %s; name the version"
                            .formatted(alias, model, policy.aliases().get(alias)));
                });
    }
}
