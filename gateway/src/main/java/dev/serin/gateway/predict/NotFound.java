package dev.serin.gateway.predict;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.config.NearestName;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.error.Wording;
import java.util.List;

/** What to say of a model that is not there. */
public final class NotFound {
    private NotFound() {}

    /** {@return the failure for a model of this name, naming the nearest there is} */
    public static ServingException model(String name, Catalog catalog) {
        List<String> names =
                catalog.models().stream().map(model -> model.name().value()).toList();
        String suggestion = NearestName.of(name, names)
                .map(nearest -> " Did you mean '" + nearest + "'?")
                .orElse("");
        String rest = names.isEmpty()
                ? " The registry holds no models yet."
                : suggestion + " GET /models lists the " + names.size() + " you may call.";
        return new ServingException(ErrorCode.MODEL_NOT_FOUND, "No model " + Wording.quoted(name) + "." + rest);
    }
}
