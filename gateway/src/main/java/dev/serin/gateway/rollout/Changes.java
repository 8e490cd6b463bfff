package dev.serin.gateway.rollout;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.routing.Routes;
import dev.serin.registry.MalformedContentException;
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
     * {@return what was changed, or would be} Gateways see it at their next poll, this one too.
     *
     * @param seen when the latest change was made that its author knew of
     * @param dryRun whether nothing is written
     * @throws ServingException {@code conflict} when others were faster or what is there stands against it,
     *     {@code not-found} when what it is about is not there, {@code registry-unavailable}
     */
    public Changed make(
            CatalogModel model, PolicyChange change, Author author, Optional<Instant> seen, boolean dryRun) {
        requireCompatible(model, change);
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
            throw new ServingException(ErrorCode.CONFLICT, e.getMessage() + ". Nothing was changed.", e);
        } catch (RegistryException e) {
            throw new ServingException(
                            ErrorCode.REGISTRY_UNAVAILABLE,
                            "The registry did not take the change of '%s', or did not say so. Look again before you repeat it."
                                    .formatted(model.name()),
                            e)
                    .retryAfter(RETRY);
        }
    }

    private void requireCompatible(CatalogModel model, PolicyChange change) {
        Optional<ModelVersion> trial = switch (change) {
            case PolicyChange.StartCanary start -> Optional.of(start.version());
            case PolicyChange.StartShadow start -> Optional.of(start.version());
            case PolicyChange.SetAlias _,
                    PolicyChange.RemoveAlias _,
                    PolicyChange.PauseCanary _,
                    PolicyChange.ResumeCanary _,
                    PolicyChange.PromoteCanary _,
                    PolicyChange.AbortCanary _,
                    PolicyChange.PassStep _,
                    PolicyChange.StopShadow _,
                    PolicyChange.Retire _,
                    PolicyChange.Undo _ -> Optional.empty();
        };
        trial.ifPresent(version -> routes.incompatibility(model, version).ifPresent(problem -> {
            throw new ServingException(
                    ErrorCode.CONFLICT,
                    "%s/%s cannot be asked in the place of the primary: %s.".formatted(model.name(), version, problem));
        }));
    }
}
