package dev.serin.gateway.sessions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.CatalogVersion.Failure;
import dev.serin.gateway.catalog.CatalogVersion.Loaded;
import dev.serin.gateway.catalog.CatalogVersion.Progress;
import dev.serin.gateway.catalog.CatalogVersion.Source;
import dev.serin.gateway.catalog.Discrepancy;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.inference.Signature;
import dev.serin.registry.Digest;
import dev.serin.registry.RegisteredVersion;
import java.util.Optional;

/** The next {@link CatalogVersion} in the making; each step leaves only what is true after it. */
final class Shown {
    private final CatalogVersion former;
    private VersionState state;
    private Source source;
    private Optional<Digest> digest;
    private Optional<Signature> signature;
    private Optional<Loaded> loaded;
    private long memoryBytes;
    private Optional<Failure> failure;
    private Optional<Progress> progress;
    private JsonNode metadata;
    private Optional<Discrepancy> discrepancy;

    private Shown(CatalogVersion former) {
        this.former = former;
        state = former.state();
        source = former.source();
        digest = former.digest();
        signature = former.signature();
        loaded = former.loaded();
        memoryBytes = former.memoryBytes();
        failure = former.failure();
        progress = former.progress();
        metadata = former.metadata();
        discrepancy = former.discrepancy();
    }

    static Shown of(CatalogVersion former) {
        return new Shown(former);
    }

    /** {@return a version of which nothing is known but what the registry says} */
    static CatalogVersion pending(RegisteredVersion version) {
        return new CatalogVersion(
                version.id(),
                VersionState.PENDING,
                sourceOf(version),
                version.createdAt(),
                digestOf(version),
                Optional.empty(),
                Optional.empty(),
                0,
                Optional.empty(),
                Optional.empty(),
                metadataOf(version),
                Optional.empty());
    }

    private static Source sourceOf(RegisteredVersion version) {
        return version instanceof RegisteredVersion.HandDropped ? Source.FILES : Source.MANIFEST;
    }

    private static Optional<Digest> digestOf(RegisteredVersion version) {
        return version instanceof RegisteredVersion.Published published
                ? Optional.of(published.manifest().versionDigest())
                : Optional.empty();
    }

    private static JsonNode metadataOf(RegisteredVersion version) {
        return version instanceof RegisteredVersion.Published published
                ? published.manifest().metadata()
                : JsonNodeFactory.instance.objectNode();
    }

    Shown source(RegisteredVersion version) {
        source = sourceOf(version);
        metadata = metadataOf(version);
        return this;
    }

    Shown state(VersionState next) {
        state = next;
        progress = Optional.empty();
        return this;
    }

    Shown progress(Progress next) {
        progress = Optional.of(next);
        return this;
    }

    Shown failure(Failure next) {
        failure = Optional.of(next);
        memoryBytes = 0;
        return this;
    }

    Shown loaded(Digest bytes, Signature takes, Loaded how, long memory) {
        digest = Optional.of(bytes);
        signature = Optional.of(takes);
        loaded = Optional.of(how);
        memoryBytes = memory;
        failure = Optional.empty();
        return this;
    }

    Shown discrepancy(Optional<Discrepancy> now) {
        discrepancy = now;
        return this;
    }

    /** Until somebody asks for it: what once was in the way is no news any more. */
    Shown cold() {
        memoryBytes = 0;
        failure = Optional.empty();
        return state(VersionState.COLD);
    }

    CatalogVersion build() {
        return new CatalogVersion(
                former.id(),
                state,
                source,
                former.createdAt(),
                digest,
                signature,
                loaded,
                memoryBytes,
                failure,
                progress,
                metadata,
                discrepancy);
    }
}
