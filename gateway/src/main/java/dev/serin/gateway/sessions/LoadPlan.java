package dev.serin.gateway.sessions;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.sessions.SessionsConfig.Preload;
import dev.serin.registry.AliasName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.stream.Stream;

/** Which versions of a model should be loaded without being asked for: a pure function of its snapshot. */
final class LoadPlan {
    private LoadPlan() {}

    /**
     * {@return the versions to have loaded, the most wanted first} What policy and aliases name, then the newest that
     * have not failed, as many as are to be kept. One that failed stays in the plan's first part, so that its failure
     * shows, and the next greatest takes its place in the second.
     */
    static List<CatalogVersion> wanted(CatalogModel model, SessionsConfig config) {
        Preload preload = preload(model, config);
        boolean inUse = model.newest().isPresent();
        if (preload == Preload.NONE) { // but nobody would ever ask for what waits for its traffic until it is ready
            return inUse ? List.copyOf(named(model)) : List.of();
        }
        SequencedSet<CatalogVersion> wanted = new LinkedHashSet<>(named(model));
        int keep = preload == Preload.ALL
                ? Integer.MAX_VALUE
                : model.policy().serving().keepVersions().orElse(config.keepVersions());
        int kept = 0;
        for (CatalogVersion version : model.versions().reversed()) {
            if (version.state() == VersionState.RETIRED) {
                continue;
            }
            if (kept == keep) {
                break;
            }
            wanted.add(version); // a failed one too: its retries go on
            if (version.state() != VersionState.FAILED) {
                kept++;
            }
        }
        return List.copyOf(wanted);
    }

    private static Preload preload(CatalogModel model, SessionsConfig config) {
        Optional<Boolean> asked = model.policy().serving().preload();
        if (asked.isPresent()) {
            return asked.get() ? Preload.TRAFFIC : Preload.NONE;
        }
        boolean inUse = model.newest().isPresent();
        return config.preload() == Preload.NONE && inUse ? Preload.TRAFFIC : config.preload();
    }

    /** {@return the versions that the policy names, and those that its names stand for until these are eligible} */
    static Set<CatalogVersion> named(CatalogModel model) {
        ModelPolicy policy = model.policy();
        return versions(
                model,
                Stream.of(
                                primaryAndCanary(model),
                                model.targets().aliases().values().stream(),
                                policy.aliases().values().stream(),
                                shadow(policy))
                        .flatMap(names -> names));
    }

    /**
     * {@return the versions that nobody has to ask for by name to need them: they get requests which name none, or copies of these, or are
     * what an alias moves to once they are ready} An alias that stands for nothing yet gets its version when it is asked for.
     */
    static Set<CatalogVersion> routed(CatalogModel model) {
        ModelPolicy policy = model.policy();
        return versions(
                model,
                Stream.of(primaryAndCanary(model), movingAliases(model), shadow(policy))
                        .flatMap(names -> names));
    }

    private static Stream<ModelVersion> movingAliases(CatalogModel model) {
        Map<AliasName, ModelVersion> now = model.targets().aliases();
        return model.policy().aliases().entrySet().stream()
                .filter(alias ->
                        now.containsKey(alias.getKey()) && !alias.getValue().equals(now.get(alias.getKey())))
                .map(Map.Entry::getValue);
    }

    private static Stream<ModelVersion> primaryAndCanary(CatalogModel model) {
        ModelPolicy policy = model.policy();
        return Stream.of(
                        model.targets().primary(),
                        policy.primaryVersion(),
                        policy.canary().map(ModelPolicy.Canary::version))
                .flatMap(Optional::stream);
    }

    private static Stream<ModelVersion> shadow(ModelPolicy policy) {
        return policy.shadow().map(ModelPolicy.Shadow::version).stream();
    }

    private static Set<CatalogVersion> versions(CatalogModel model, Stream<ModelVersion> names) {
        SequencedSet<CatalogVersion> versions = new LinkedHashSet<>();
        names.forEach(name -> model.version(name).ifPresent(versions::add));
        versions.removeIf(version -> version.state() == VersionState.RETIRED);
        return versions;
    }
}
