package dev.serin.gateway.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.inference.Signature;
import dev.serin.registry.Digest;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.VersionId;
import dev.serin.serving.LoadReport;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What this gateway knows of one version. Immutable.
 *
 * @param digest known from the start for a published version, after the download for one copied in by hand
 * @param signature known once the version has been ready here; stays when it goes cold
 * @param loaded how the latest load went
 * @param memoryBytes native memory it holds, 0 unless loaded
 * @param failure why it is {@link VersionState#FAILED}, or why it could not be loaded again while it is cold
 * @param progress how far a download or load is
 * @param discrepancy how the registry differs from what is loaded
 * @param sunset when it will be retired, if the policy says so; made by {@link CatalogModel}, which alone knows the rest
 */
public record CatalogVersion(
        VersionId id,
        VersionState state,
        Source source,
        Instant createdAt,
        Optional<Digest> digest,
        Optional<Signature> signature,
        Optional<Loaded> loaded,
        long memoryBytes,
        Optional<Failure> failure,
        Optional<Progress> progress,
        JsonNode metadata,
        Optional<Discrepancy> discrepancy,
        Optional<Sunset> sunset) {
    /** A version that stays, as far as is known. */
    public CatalogVersion(
            VersionId id,
            VersionState state,
            Source source,
            Instant createdAt,
            Optional<Digest> digest,
            Optional<Signature> signature,
            Optional<Loaded> loaded,
            long memoryBytes,
            Optional<Failure> failure,
            Optional<Progress> progress,
            JsonNode metadata,
            Optional<Discrepancy> discrepancy) {
        this(
                id,
                state,
                source,
                createdAt,
                digest,
                signature,
                loaded,
                memoryBytes,
                failure,
                progress,
                metadata,
                discrepancy,
                Optional.empty());
    }

    CatalogVersion with(Optional<Sunset> announced) {
        return sunset.equals(announced)
                ? this
                : new CatalogVersion(
                        id,
                        state,
                        source,
                        createdAt,
                        digest,
                        signature,
                        loaded,
                        memoryBytes,
                        failure,
                        progress,
                        metadata,
                        discrepancy,
                        announced);
    }

    /**
     * {@return whether requests that name no version may be sent there} What was evicted stays so while it loads again: an
     * eviction changes no route.
     */
    public boolean isEligible() {
        return switch (state) {
            case READY, COLD -> true;
            case DOWNLOADING, LOADING -> signature.isPresent(); // it was ready here
            case PENDING, FAILED, RETIRED -> false;
        };
    }

    /**
     * That the version will be retired.
     *
     * @param announced when that was written
     * @param at when it will be
     * @param successor what answers those who name no version, if that is another one
     */
    public record Sunset(Instant announced, Instant at, Optional<ModelVersion> successor) {}

    /** How the version came into the registry. */
    public enum Source {
        /** It has a manifest. */
        MANIFEST,
        /** It was copied in by hand. */
        FILES
    }

    /** How the latest load went, phase by phase. */
    public record Loaded(Duration download, Duration verify, LoadReport report) {}

    /**
     * Why a version is not served.
     *
     * @param attempts made so far
     * @param nextTry empty when only a change in the registry can mend it
     */
    public record Failure(String reason, int attempts, Optional<Instant> nextTry) {}

    /**
     * How far a download is.
     *
     * @param doneBytes of {@code totalBytes}
     */
    public record Progress(long doneBytes, long totalBytes) {}
}
