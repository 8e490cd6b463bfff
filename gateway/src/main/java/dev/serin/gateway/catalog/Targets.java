package dev.serin.gateway.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.registry.AliasName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What the names in a policy stand for on this gateway now. A name moves when the version that it is to stand for is
 * eligible here, and stands for the former one until then: moving a name makes no caller wait or fail. Immutable.
 *
 * @param aliases of every alias of the policy
 * @param primary of {@code traffic.primary}, be it a version or an alias; empty when there is none
 */
public record Targets(SortedMap<AliasName, ModelVersion> aliases, Optional<ModelVersion> primary) {
    /** Of no policy. */
    public static final Targets NONE = new Targets(new TreeMap<>(), Optional.empty());

    public Targets {
        aliases = Collections.unmodifiableSortedMap(new TreeMap<>(aliases));
    }

    /**
     * {@return what the names of a policy stand for now} A gateway that has just started takes from the policy's history
     * what a name stood for.
     *
     * @param before what they stood for until now
     */
    public static Targets settle(Targets before, ModelPolicy policy, List<CatalogVersion> versions) {
        if (policy.aliases().isEmpty() && policy.primary().isEmpty()) { // nearly always
            return NONE;
        }
        SortedMap<AliasName, ModelVersion> aliases = new TreeMap<>();
        policy.aliases()
                .forEach((alias, wanted) -> aliases.put(
                        alias,
                        settle(
                                wanted,
                                Optional.ofNullable(before.aliases.get(alias)),
                                () -> was(policy, "/aliases", alias.value()),
                                versions)));
        Optional<ModelVersion> primary = policy.primary()
                .map(name -> policy.alias(name).isPresent()
                        ? aliases.get(new AliasName(name))
                        : settle(
                                new ModelVersion(name),
                                before.primary,
                                () -> was(policy, "/traffic", "primary")
                                        .map(former ->
                                                policy.alias(former.value()).orElse(former)),
                                versions));
        return new Targets(aliases, primary);
    }

    /** {@return what an alias stands for now; empty when there is no such alias} */
    public Optional<ModelVersion> alias(String name) {
        if (aliases.isEmpty()) { // nearly always: no name to build
            return Optional.empty();
        }
        for (Map.Entry<AliasName, ModelVersion> alias : aliases.entrySet()) {
            if (alias.getKey().value().equals(name)) {
                return Optional.of(alias.getValue());
            }
        }
        return Optional.empty();
    }

    private static ModelVersion settle(
            ModelVersion wanted,
            Optional<ModelVersion> before,
            Supplier<Stream<ModelVersion>> inHistory,
            List<CatalogVersion> versions) {
        if (answersForItself(wanted, versions)) {
            return wanted;
        }
        return Stream.concat(before.stream(), inHistory.get())
                .filter(former -> isEligible(former, versions))
                .findFirst()
                .orElse(wanted);
    }

    /** A retired version says so to whoever asks for it: it is not waited for. */
    private static boolean answersForItself(ModelVersion wanted, List<CatalogVersion> versions) {
        return versions.stream()
                .anyMatch(version -> version.id().version().equals(wanted)
                        && (version.isEligible() || version.state() == VersionState.RETIRED));
    }

    private static boolean isEligible(ModelVersion wanted, List<CatalogVersion> versions) {
        return versions.stream().anyMatch(version -> version.id().version().equals(wanted) && version.isEligible());
    }

    /** {@return what a member was, the latest first, where that was a version or an alias} */
    private static Stream<ModelVersion> was(ModelPolicy policy, String parent, String member) {
        return policy.history().reversed().stream()
                .flatMap(entry -> entry.was().stream())
                .map(was -> was.has(parent + "/" + member)
                        ? was.path(parent + "/" + member)
                        : was.path(parent).path(member))
                .filter(JsonNode::isTextual)
                .flatMap(value -> version(value.textValue()).stream());
    }

    private static Optional<ModelVersion> version(String text) {
        try {
            return Optional.of(new ModelVersion(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty(); // written by hand, or for another build
        }
    }
}
