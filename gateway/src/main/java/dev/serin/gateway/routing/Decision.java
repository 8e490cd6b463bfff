package dev.serin.gateway.routing;

import dev.serin.gateway.catalog.CatalogVersion;
import java.util.Optional;

/**
 * What was decided for one request, and why. Immutable.
 *
 * @param shadow what also gets a copy of the request, unseen by the caller
 * @param key the header of which the value decided; empty when chance did, or there was no choice
 * @param bucket 0 to 9,999 where a canary had a share, else -1
 * @param canaryBelow the canary had the buckets below this one
 */
public record Decision(
        CatalogVersion version,
        Route route,
        Optional<CatalogVersion> shadow,
        Optional<String> key,
        int bucket,
        int canaryBelow) {
    private static final int NO_BUCKET = -1;

    /** A decision without a choice. */
    public static Decision of(CatalogVersion version, Route route) {
        return of(version, route, Optional.empty());
    }

    static Decision of(CatalogVersion version, Route route, Optional<CatalogVersion> shadow) {
        return new Decision(version, route, shadow, Optional.empty(), NO_BUCKET, 0);
    }

    /** {@return for people and their scripts, how it came about} The value of the key is never told. */
    public String explanation() {
        return bucket == NO_BUCKET
                ? route.label()
                : "key=%s bucket=%d of %d canary<%d"
                        .formatted(key.orElse("none"), bucket, StickyBucket.BUCKETS, canaryBelow);
    }
}
