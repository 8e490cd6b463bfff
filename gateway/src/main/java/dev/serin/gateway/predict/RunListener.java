package dev.serin.gateway.predict;

import dev.serin.registry.VersionId;

/**
 * Hears of the runs of versions whose requests can be put together; but not of requests that run alone whatever the line is, as those
 * over 64 KiB do. Called on the thread that runs; must not block.
 */
public interface RunListener {
    RunListener NONE = (_, _) -> {};

    /** A run has ended well, for one request or for several, with that many rows. */
    void ran(VersionId version, int rows);
}
