package dev.serin.gateway.sessions;

import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.Discrepancy;
import dev.serin.gateway.catalog.Targets;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.LocalStoreException;
import dev.serin.registry.store.NoRoomException;
import java.time.Duration;
import java.util.List;

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
     * @param news whether it failed for another cause than before, or for one that ends its attempts before long: what lies
     *     on the way to a version is tried for ever, and once is enough to be told of it
     */
    default void failed(VersionId version, CatalogVersion.Failure failure, Throwable cause, boolean news) {}

    /** The registry now holds other bytes under a version that is loaded; the loaded ones go on serving. */
    default void tampered(CatalogVersion version, Discrepancy how) {}

    /** The registry does not hold these versions any more that are loaded; they go on serving. */
    default void deleted(List<VersionId> versions) {}

    /** The registry again holds these versions as they are loaded. */
    default void restored(List<VersionId> versions) {}

    /**
     * The policy of a model that was known before is another one now.
     *
     * @param news what its history says of that; empty when somebody edited it who keeps none
     */
    default void policyChanged(ModelName model, List<HistoryEntry> news) {}

    /** Names in the policy of a model that was known before stand for other versions here now. */
    default void moved(ModelName model, Targets before, Targets now) {}

    /** The policy of a model now holds members that this build does not know, or other ones; they mean nothing here. */
    default void policyUnknown(ModelName model, List<String> members) {}

    /** The present policy of a model cannot be read; the last good one holds. */
    default void policyUnreadable(ModelName model, String problem) {}

    /** A version was taken out of memory. */
    default void evicted(VersionId version, String reason) {}

    /** There was no room for a version in memory; told once, not at every attempt. */
    default void memoryFull(VersionId version, long neededBytes, long freeBytes) {}

    /** There was no room for a version in the local store; told once, not at every attempt. */
    default void storeFull(VersionId version, NoRoomException why) {}

    /**
     * The registry cannot be read; told once for each kind of cause in an outage, not at every attempt.
     *
     * @param age since it was last read
     */
    default void registryStale(RegistryException cause, Duration age) {}

    /** What the registry holds cannot be written down for the next start; told once, until it can. */
    default void notRemembered(LocalStoreException cause) {}

    /** The registry can be read again; told where the outage was. */
    default void registryRecovered(Duration after) {}
}
