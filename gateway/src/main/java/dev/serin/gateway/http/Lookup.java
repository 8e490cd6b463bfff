package dev.serin.gateway.http;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.predict.NotFound;
import dev.serin.gateway.routing.Router;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import java.util.Optional;

/**
 * From names as callers write them to what the catalog holds, for reading only: what is shown need not be in service.
 */
final class Lookup {
    private Lookup() {}

    /**
     * {@return the model of that name}
     *
     * @throws ServingException {@code model-not-found}
     */
    static CatalogModel model(Catalog catalog, String name) {
        return parse(name).flatMap(catalog::model).orElseThrow(() -> NotFound.model(name, catalog));
    }

    /**
     * {@return the version of that name, or the one an alias of that name stands for; an alias wins}
     *
     * @throws ServingException {@code version-not-found}
     */
    static CatalogVersion version(CatalogModel model, String selector) {
        String wanted = model.targets().alias(selector).map(ModelVersion::value).orElse(selector);
        for (CatalogVersion version : model.versions()) {
            if (version.id().version().value().equals(wanted)) {
                return version;
            }
        }
        return Router.named(model, selector).version(); // says what there is instead
    }

    private static Optional<ModelName> parse(String name) {
        try {
            return Optional.of(new ModelName(name));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // no model can have such a name
        }
    }
}
