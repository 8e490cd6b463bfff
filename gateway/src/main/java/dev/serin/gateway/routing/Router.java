package dev.serin.gateway.routing;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Which version a name stands for, and which one answers those who name none: pure functions of one model's snapshot. */
public final class Router {
    private Router() {}

    /**
     * {@return the version of that name, whatever its state, and never another one}
     *
     * @param selector a version or an alias as the caller wrote it; an alias wins over a version of the same name
     * @throws ServingException when there is no such version, or it was retired
     */
    public static Decision named(CatalogModel model, String selector) {
        Optional<ModelVersion> target = model.targets().alias(selector);
        CatalogVersion version = find(model, target.map(ModelVersion::value).orElse(selector))
                .orElseThrow(() -> notFound(model, selector, target));
        return Decision.of(inService(model, version), target.isPresent() ? Route.ALIAS : Route.PINNED);
    }

    /**
     * {@return the version that has the traffic which no canary has: the policy's primary, else the greatest eligible one}
     *
     * @throws ServingException when the primary is not there or was retired, or the model has no version in service
     */
    public static CatalogVersion usual(CatalogModel model) {
        Optional<ModelVersion> primary = model.targets().primary();
        if (primary.isPresent()) {
            return inService(
                    model,
                    model.version(primary.get())
                            .orElseThrow(() -> notFound(
                                    model,
                                    model.policy().primary().orElseThrow(),
                                    model.targets()
                                            .alias(model.policy().primary().orElseThrow()))));
        }
        return model.targets()
                .usual()
                .flatMap(model::version)
                .or(model::newest)
                .or(() -> greatest(model, state -> state != VersionState.FAILED && state != VersionState.RETIRED))
                .or(() -> greatest(model, state -> state == VersionState.FAILED))
                .orElseThrow(() -> new ServingException(
                        ErrorCode.VERSION_NOT_FOUND, "Model '%s' has no version in service.".formatted(model.name())));
    }

    private static Optional<CatalogVersion> find(CatalogModel model, String name) {
        for (CatalogVersion version : model.versions()) {
            if (version.id().version().value().equals(name)) {
                return Optional.of(version);
            }
        }
        return Optional.empty();
    }

    private static Optional<CatalogVersion> greatest(CatalogModel model, Predicate<VersionState> suitable) {
        return model.versions().reversed().stream()
                .filter(version -> suitable.test(version.state()))
                .findFirst();
    }

    private static CatalogVersion inService(CatalogModel model, CatalogVersion version) {
        if (version.state() == VersionState.RETIRED) {
            throw new ServingException(
                    ErrorCode.VERSION_RETIRED,
                    "Version %s of '%s' was retired%s. Use %s."
                            .formatted(
                                    version.id().version(),
                                    model.name(),
                                    retiredOn(model.policy(), version),
                                    model.newest()
                                            .map(newest -> newest.id().version() + ", or leave the version out")
                                            .orElse("another model: this one has no version left")));
        }
        return version;
    }

    private static String retiredOn(ModelPolicy policy, CatalogVersion version) {
        return Optional.ofNullable(policy.retired().get(version.id().version()))
                .map(retirement -> retirement.sunset().orElse(retirement.at()))
                .map(at -> " on " + LocalDate.ofInstant(at, ZoneOffset.UTC))
                .orElse("");
    }

    private static ServingException notFound(CatalogModel model, String selector, Optional<ModelVersion> target) {
        String lacks = target.map(version -> "The alias '%s' of model '%s' names version '%s', which is not there."
                        .formatted(cut(selector), model.name(), version))
                .orElse("Model '%s' has no version '%s'.".formatted(model.name(), cut(selector)));
        return new ServingException(ErrorCode.VERSION_NOT_FOUND, lacks + has(model));
    }

    private static String has(CatalogModel model) {
        if (model.versions().isEmpty()) {
            return " It has none.";
        }
        int shown = Math.min(model.versions().size(), 10);
        String versions = model.versions().reversed().subList(0, shown).reversed().stream()
                .map(version -> version.id().version().value())
                .collect(Collectors.joining(", "));
        int more = model.versions().size() - shown;
        String aliases = model.policy().aliases().entrySet().stream()
                .limit(10)
                .map(alias -> "%s (%s)".formatted(alias.getKey(), alias.getValue()))
                .collect(Collectors.joining(", "));
        return " It has %s%s%s."
                .formatted(
                        versions,
                        more > 0 ? " and %d older".formatted(more) : "",
                        aliases.isEmpty() ? "" : " and the aliases " + aliases);
    }

    private static String cut(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
