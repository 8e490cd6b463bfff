package dev.serin.gateway.predict;

import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.routing.Decision;
import dev.serin.gateway.routing.Route;
import dev.serin.registry.Digest;
import dev.serin.registry.VersionId;
import java.util.Optional;

/** Which version a request was sent to, and why. */
public record Served(Decision decision) {
    public VersionId version() {
        return decision.version().id();
    }

    public Route route() {
        return decision.route();
    }

    /** {@return when that version will be retired, if it will} */
    public Optional<CatalogVersion.Sunset> sunset() {
        return decision.version().sunset();
    }

    /** {@return of what was sent it; empty for a version copied in by hand that has never been loaded here} */
    public Optional<Digest> digest() {
        return decision.version().digest();
    }
}
