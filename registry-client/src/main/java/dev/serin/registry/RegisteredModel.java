package dev.serin.registry;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One model as a look at the registry found it.
 *
 * @param versions ascending by {@link RegisteredVersion#ORDER}
 * @param policy the last good {@code model.json}; {@link ModelPolicy#NONE} when there never was one
 * @param policyProblem why the present {@code model.json} cannot be read
 * @param damaged published versions of which artifacts are missing or were written over, and in what way
 */
public record RegisteredModel(
        ModelName name,
        List<RegisteredVersion> versions,
        ModelPolicy policy,
        Optional<String> policyProblem,
        Map<ModelVersion, String> damaged) {
    public RegisteredModel {
        versions = List.copyOf(versions);
        damaged = Map.copyOf(damaged);
    }

    /** {@return the greatest version that could be served} */
    public Optional<RegisteredVersion> newest() {
        return versions.reversed().stream()
                .filter(version -> version instanceof RegisteredVersion.Published
                        || version instanceof RegisteredVersion.HandDropped)
                .findFirst();
    }

    /** A model of which nothing is damaged. */
    public RegisteredModel(
            ModelName name, List<RegisteredVersion> versions, ModelPolicy policy, Optional<String> policyProblem) {
        this(name, versions, policy, policyProblem, Map.of());
    }
}
