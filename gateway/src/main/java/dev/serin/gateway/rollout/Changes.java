package dev.serin.gateway.rollout;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.routing.Routes;
import dev.serin.registry.AliasName;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyConflictException;
import dev.serin.registry.policy.PolicyRefusedException;
import dev.serin.registry.policy.PolicyWriter;
import dev.serin.registry.policy.PolicyWriter.Author;
import dev.serin.registry.policy.PolicyWriter.Changed;
import dev.serin.registry.policy.PolicyWriter.Draft;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Changes of policies that people ask a gateway for: those of the command line, under the same rules. Thread-safe. */
public final class Changes {
    private static final Duration RETRY = Duration.ofSeconds(10);

    private final Routes routes;
    private final PolicyWriter writer;

    /** Writes through this writer. */
    public Changes(Routes routes, PolicyWriter writer) {
        this.routes = routes;
        this.writer = writer;
    }

    /**
     * {@return the policy as the registry has it now} This gateway may know an older one.
     *
     * @throws ServingException {@code conflict} when it cannot be understood, {@code registry-unavailable}
     */
    public ModelPolicy policy(CatalogModel model) {
        try {
            return writer.policy(model.name());
        } catch (MalformedContentException e) {
            throw new ServingException(ErrorCode.CONFLICT, e.getMessage() + ". Nothing was changed.", e);
        } catch (RegistryException e) {
            throw unavailable(model, e);
        }
    }

    /**
     * {@return what was changed, or would be} Gateways see it at their next poll, this one too.
     *
     * @param present the policy that the change was made for
     * @param seen when the latest change was made that its author knew of
     * @param dryRun whether nothing is written
     * @throws ServingException {@code conflict} when others were faster or what is there stands against it,
     *     {@code not-found} when what it is about is not there, {@code invalid-input} when it would leave a policy that
     *     cannot be read, {@code registry-unavailable}
     */
    public Changed make(
            CatalogModel model,
            ModelPolicy present,
            PolicyChange change,
            Author author,
            Optional<Instant> seen,
            boolean dryRun) {
        check(model, present, change);
        try {
            Draft draft = seen.map(at -> writer.draft(model.name(), change, author, at))
                    .orElseGet(() -> writer.draft(model.name(), change, author));
            return dryRun ? draft.preview() : draft.commit();
        } catch (PolicyConflictException e) {
            throw new ServingException(ErrorCode.CONFLICT, e.getMessage(), e);
        } catch (PolicyRefusedException e) {
            throw new ServingException(
                    switch (e.kind()) {
                        case NOT_THERE -> ErrorCode.NOT_FOUND;
                        case IN_THE_WAY -> ErrorCode.CONFLICT;
                    },
                    e.getMessage() + ".",
                    e);
        } catch (MalformedContentException e) {
            throw new ServingException(ErrorCode.INVALID_INPUT, e.getMessage() + ". Nothing was changed.", e);
        } catch (RegistryException e) {
            throw unavailable(model, e);
        }
    }

    private static ServingException unavailable(CatalogModel model, RegistryException cause) {
        return new ServingException(
                        ErrorCode.REGISTRY_UNAVAILABLE,
                        "The registry did not take the change of '%s', or did not say so. Look again before you repeat it."
                                .formatted(model.name()),
                        cause)
                .retryAfter(RETRY);
    }

    /** What the writer leaves to whoever knows the versions. */
    private void check(CatalogModel model, ModelPolicy present, PolicyChange change) {
        switch (change) {
            case PolicyChange.SetAlias set -> requireFree(model, set.alias());
            case PolicyChange.StartCanary start ->
                present.primaryVersion()
                        .or(start::newest)
                        .ifPresent(primary -> requireCompatible(model, primary, start.version()));
            case PolicyChange.StartShadow start ->
                present.primaryVersion()
                        .or(() -> routes.shares(model).usual())
                        .ifPresent(primary -> requireCompatible(model, primary, start.version()));
            case PolicyChange.RemoveAlias _,
                    PolicyChange.PauseCanary _,
                    PolicyChange.ResumeCanary _,
                    PolicyChange.PromoteCanary _,
                    PolicyChange.AbortCanary _,
                    PolicyChange.PassStep _,
                    PolicyChange.StopShadow _,
                    PolicyChange.Retire _,
                    PolicyChange.Undo _ -> {}
        }
    }

    private static void requireFree(CatalogModel model, AliasName alias) {
        if (model.versions().stream()
                .anyMatch(each -> each.id().version().value().equals(alias.value()))) {
            throw new ServingException(
                    ErrorCode.CONFLICT, "'%s' is a version of '%s'; take another name.".formatted(alias, model.name()));
        }
    }

    private static void requireCompatible(CatalogModel model, ModelVersion primary, ModelVersion trial) {
        Routes.incompatibility(model, primary, trial).ifPresent(problem -> {
            throw new ServingException(
                    ErrorCode.CONFLICT,
                    "%s/%s cannot be asked in the place of %s: %s.".formatted(model.name(), trial, primary, problem));
        });
    }
}
