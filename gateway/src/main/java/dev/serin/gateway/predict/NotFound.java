package dev.serin.gateway.predict;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;

/** What to say of a model that is not there. */
public final class NotFound {
    private NotFound() {}

    /** {@return the failure for a model of this name, naming the nearest there is} */
    public static ServingException model(String name, Catalog catalog) {
        int count = catalog.models().size();
        return new ServingException(
                ErrorCode.MODEL_NOT_FOUND,
                "No model '%s'.%s GET /models lists the %d there are."
                        .formatted(name.length() <= 40 ? name : name.substring(0, 40) + "…", "", count));
    }
}
