package dev.serin.registry.store;

import dev.serin.registry.Digest;
import java.time.Instant;

/** Hears what becomes of the local store. Called on the thread that did it; must not block or throw. */
public interface StoreListener {
    StoreListener NONE = new StoreListener() {};

    /** So many bytes of versions are in the store, as far as this process has seen. */
    default void holds(long bytes) {}

    /** A copy was deleted to make room for another version. */
    default void evicted(Digest digest, long bytes, Instant lastUse) {}

    /** A copy did not agree with its digest any more, and was deleted. */
    default void damaged(Digest digest) {}

    /** The store was opened and cannot be written: what is in it is used, and whatever needs a download will fail. */
    default void unwritable(LocalStoreException cause) {}
}
