package dev.serin.gateway.catalog;

import dev.serin.gateway.catalog.CatalogVersion.Sunset;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import java.util.List;
import java.util.Optional;

/**
 * What this gateway knows of one model. Immutable.
 *
 * @param versions ascending: the newest last
 * @param policy the last good one
 * @param policyProblem why the present one cannot be read
 * @param targets what the names in the policy stand for now
 */
public record CatalogModel(
        ModelName name,
        List<CatalogVersion> versions,
        ModelPolicy policy,
        Optional<String> policyProblem,
        Targets targets) {
    public CatalogModel {
        versions = versions.stream()
                .map(version -> version.with(sunset(version.id().version(), policy, targets)))
                .toList();
    }

    private static Optional<Sunset> sunset(ModelVersion version, ModelPolicy policy, Targets targets) {
        return Optional.ofNullable(policy.retired().get(version))
                .flatMap(retirement -> retirement
                        .sunset()
                        .map(at -> new Sunset(
                                retirement.at(), at, targets.usual().filter(usual -> !usual.equals(version)))));
    }

    /** A model of which nothing was known before. */
    public CatalogModel(
            ModelName name, List<CatalogVersion> versions, ModelPolicy policy, Optional<String> policyProblem) {
        this(name, versions, policy, policyProblem, Targets.settle(Targets.NONE, policy, versions));
    }

    public Optional<CatalogVersion> version(ModelVersion version) {
        for (CatalogVersion candidate : versions) {
            if (candidate.id().version().equals(version)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** {@return the greatest eligible version} */
    public Optional<CatalogVersion> newest() {
        for (CatalogVersion candidate : versions.reversed()) {
            if (candidate.isEligible()) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }
}
