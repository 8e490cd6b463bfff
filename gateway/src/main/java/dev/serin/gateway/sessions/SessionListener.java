package dev.serin.gateway.sessions;

import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.registry.VersionId;
import java.time.Duration;

/** Hears what becomes of versions and of the registry. Called on the thread that did it; must not block or throw. */
public interface SessionListener {
    SessionListener NONE = new SessionListener() {};

    /** A version was seen in the registry for the first time since the start. */
    default void published(VersionId version) {}

    /** A version is ready. */
    default void loaded(CatalogVersion version) {}

    /**
     * A version failed to load.
     *
     * @param cause for operators alone: what lies behind it may be native text, with paths
     */
    default void failed(VersionId version, CatalogVersion.Failure failure, Throwable cause) {}

    /** The registry now holds other bytes under a version that is loaded; the loaded ones go on serving. */
    default void tampered(VersionId version) {}

    /** A version was taken out of memory. */
    default void evicted(VersionId version, String reason) {}

    /** There was no room for a version. */
    default void memoryFull(VersionId version, long neededBytes, long freeBytes) {}

    /** The registry cannot be read; told once, not at every attempt. */
    default void registryStale(String reason) {}

    /** The registry can be read again. */
    default void registryRecovered(Duration after) {}
}
