package dev.serin.gateway.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.AliasName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the names in a policy stand for on this gateway now. A name moves when the version that it is to stand for is
 * eligible here, and stands for the former one until then: moving a name makes no caller wait or fail. Immutable.
 *
 * @param aliases of every alias of the policy
 * @param primary of {@code traffic.primary}, be it a version or an alias; empty when there is none
 * @param usual what answers those who name no version, but for a canary: the primary, else the newest version that is not on
 *     trial; empty when none is eligible
 */
public record Targets(
        SortedMap<AliasName, ModelVersion> aliases, Optional<ModelVersion> primary, Optional<ModelVersion> usual) {
    /** Of nothing. */
    public static final Targets NONE = new Targets(new TreeMap<>(), Optional.empty(), Optional.empty());

    private static final List<String> TAKEN_BACK = List.of("undo ", "canary abort ");

    public Targets {
        aliases = Collections.unmodifiableSortedMap(new TreeMap<>(aliases));
    }

    /**
     * {@return what the names of a policy stand for now} A gateway that has just started takes from the latest change of a
     * name what it stood for before, unless that change took something back: then the former version was a bad one.
     *
     * @param before what they stood for until now
     */
    public static Targets settle(Targets before, ModelPolicy policy, List<CatalogVersion> versions) {
        SortedMap<AliasName, ModelVersion> aliases = new TreeMap<>();
        policy.aliases()
                .forEach((alias, wanted) -> aliases.put(
                        alias,
                        settle(
                                wanted,
                                Optional.ofNullable(before.aliases.get(alias))
                                        .or(() -> was(policy, "/aliases", alias.value())),
                                versions)));
        Optional<ModelVersion> primary = policy.primary().map(name -> {
            ModelVersion wanted = policy.alias(name).isPresent() ? aliasOf(aliases, name) : new ModelVersion(name);
            return settle(
                    wanted,
                    before.usual.or(() -> was(policy, "/traffic", "primary")
                            .map(former -> policy.alias(former.value()).orElse(former))),
                    versions);
        });
        return new Targets(aliases, primary, primary.or(() -> newest(policy, versions)));
    }

    private static ModelVersion aliasOf(SortedMap<AliasName, ModelVersion> aliases, String name) {
        return Objects.requireNonNull(aliases.get(new AliasName(name)));
    }

    /** Without a primary the newest has the traffic; a version on trial is not to get all of it by being the newest. */
    private static Optional<ModelVersion> newest(ModelPolicy policy, List<CatalogVersion> versions) {
        Optional<ModelVersion> canary = policy.canary().map(ModelPolicy.Canary::version);
        Optional<ModelVersion> shadow = policy.shadow().map(ModelPolicy.Shadow::version);
        for (CatalogVersion version : versions.reversed()) {
            ModelVersion name = version.id().version();
            boolean onTrial = canary.filter(name::equals).isPresent()
                    || shadow.filter(name::equals).isPresent();
            if (version.isEligible() && !onTrial) {
                return Optional.of(name);
            }
        }
        return Optional.empty();
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
            ModelVersion wanted, Optional<ModelVersion> former, List<CatalogVersion> versions) {
        return answersForItself(wanted, versions)
                ? wanted
                : former.filter(version -> isEligible(version, versions)).orElse(wanted);
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

    /** {@return what a member was before the latest change to it, where that was a version or an alias} */
    private static Optional<ModelVersion> was(ModelPolicy policy, String parent, String member) {
        for (ModelPolicy.HistoryEntry entry : policy.history().reversed()) {
            JsonNode was = entry.was().map(all -> value(all, parent, member)).orElseGet(MissingNode::getInstance);
            if (!was.isMissingNode()) {
                boolean takenBack = TAKEN_BACK.stream().anyMatch(entry.command()::startsWith);
                return takenBack || !was.isTextual() ? Optional.empty() : version(was.textValue());
            }
        }
        return Optional.empty();
    }

    private static JsonNode value(ObjectNode was, String parent, String member) {
        return was.has(parent + "/" + member)
                ? was.path(parent + "/" + member)
                : was.path(parent).path(member);
    }

    private static Optional<ModelVersion> version(String text) {
        try {
            return Optional.of(new ModelVersion(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty(); // written by hand, or for another build
        }
    }
}
