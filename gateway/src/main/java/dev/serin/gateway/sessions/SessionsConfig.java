package dev.serin.gateway.sessions;

import dev.serin.gateway.config.Machine;
import dev.serin.gateway.config.Settings;
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

    public SessionsConfig {
        if (memoryLimitBytes < 1 || keepVersions < 0 || parallelLoads < 1 || !loadTimeout.isPositive()) {
            throw new IllegalArgumentException("Limits must be positive, got %d bytes, %d versions, %d loads, %s"
                    .formatted(memoryLimitBytes, keepVersions, parallelLoads, loadTimeout));
        }
    }

    /** Reads the settings {@code sessions.*} and {@code serving.keep-versions}; faults are noted there. */
    public static SessionsConfig from(Settings settings, Machine machine) {
        if (machine.nativeBytes() == 0) {
            settings.fault(
                    "sessions.memory-limit", "the Java heap leaves no memory here; lower -Xmx in SERIN_JAVA_OPTS");
        }
        return new SessionsConfig(
                Math.max(1, settings.bytesOrShare("sessions.memory-limit", machine.nativeBytes())),
                settings.choice("sessions.preload", Preload.class),
                settings.integer("serving.keep-versions", 0, 1_000),
                settings.integer("sessions.parallel-loads", 1, 64),
                settings.duration("sessions.load-timeout", Duration.ofMillis(1), Duration.ofHours(6)));
    }

    /** What start-up loads. */
    public enum Preload {
        /** What policies and aliases name, then the newest of each model. */
        TRAFFIC,
        ALL,
        NONE
    }
}
