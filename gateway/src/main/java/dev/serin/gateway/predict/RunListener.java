package dev.serin.gateway.predict;

import dev.serin.registry.VersionId;

/** Hears of every run of a version whose requests can be put together. Called on the thread that runs; must not block. */
public interface RunListener {
    RunListener NONE = (_, _) -> {};

    /** A run has ended well, for one request or for several, with that many rows. */
    void ran(VersionId version, int rows);
}
