package dev.serin.gateway.sessions;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.sessions.SessionsConfig.Preload;
import dev.serin.registry.ModelPolicy;
import java.util.LinkedHashSet;
import java.util.List;
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
        SequencedSet<CatalogVersion> named = new LinkedHashSet<>();
        Stream.of(
                        model.targets().primary().stream(),
                        policy.primaryVersion().stream(),
                        policy.canary().map(ModelPolicy.Canary::version).stream(),
                        model.targets().aliases().values().stream(),
                        policy.aliases().values().stream(),
                        policy.shadow().map(ModelPolicy.Shadow::version).stream())
                .flatMap(versions -> versions)
                .forEach(version -> model.version(version).ifPresent(named::add));
        named.removeIf(version -> version.state() == VersionState.RETIRED);
        return named;
    }
}
