package dev.serin.gateway.sessions;

import java.time.Duration;

/**
 * What is loaded, and how much of it.
 *
 * @param memoryLimitBytes native memory of all loaded versions together
 * @param preload what must be loaded before the gateway is ready
 * @param keepVersions of each model that start-up loads beside those a policy or alias names, unless its policy says
 *     otherwise
 * @param parallelLoads at one time
 * @param loadTimeout of one load, download aside
 */
public record SessionsConfig(
        long memoryLimitBytes, Preload preload, int keepVersions, int parallelLoads, Duration loadTimeout) {

    /** What start-up loads. */
    public enum Preload {
        /** What policies and aliases name, then the newest of each model. */
        TRAFFIC,
        ALL,
        NONE
    }
}
