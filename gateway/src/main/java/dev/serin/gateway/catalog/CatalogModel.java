package dev.serin.gateway.catalog;

import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import java.util.List;
import java.util.Optional;

/**
 * What this gateway knows of one model. Immutable.
 *
 * @param versions ascending: the newest last
 */
public record CatalogModel(
        ModelName name, List<CatalogVersion> versions, ModelPolicy policy, Optional<String> policyProblem) {
    public CatalogModel {
        versions = List.copyOf(versions);
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
