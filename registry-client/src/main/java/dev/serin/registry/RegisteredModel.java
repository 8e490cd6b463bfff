package dev.serin.registry;

import java.util.List;
import java.util.Optional;

/**
 * One model as a look at the registry found it.
 *
 * @param versions ascending by {@link RegisteredVersion#ORDER}
 * @param policy the last good {@code model.json}; {@link ModelPolicy#NONE} when there never was one
 * @param policyProblem why the present {@code model.json} cannot be read
 */
public record RegisteredModel(
        ModelName name, List<RegisteredVersion> versions, ModelPolicy policy, Optional<String> policyProblem) {
    public RegisteredModel {
        versions = List.copyOf(versions);
    }
}
