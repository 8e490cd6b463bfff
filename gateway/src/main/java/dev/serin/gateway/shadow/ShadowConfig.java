package dev.serin.gateway.shadow;

import dev.serin.gateway.config.Settings;

/**
 * How much of the machine copies may take.
 *
 * @param maxLoad percent of one core
 * @param maxWaiting copies that may wait; more are dropped
 */
public record ShadowConfig(int maxLoad, int maxWaiting) {
    public ShadowConfig {
        if (maxLoad < 1 || maxLoad > 100 || maxWaiting < 1) {
            throw new IllegalArgumentException(
                    "Limits must be 1 to 100 percent and positive, got %d and %d".formatted(maxLoad, maxWaiting));
        }
    }

    /** Reads the settings {@code shadow.*}; faults are noted there. */
    public static ShadowConfig from(Settings settings) {
        return new ShadowConfig(
                settings.integer("shadow.max-load", 1, 100), settings.integer("shadow.max-waiting", 1, 10_000));
    }
}
