package dev.serin.gateway.predict;

import dev.serin.gateway.config.Settings;
import java.time.Duration;

/**
 * What holds for a request that says nothing else.
 *
 * @param deadline from the arrival of its head
 */
public record PredictConfig(Duration deadline) {
    public PredictConfig {
        if (!deadline.isPositive()) {
            throw new IllegalArgumentException("A deadline must be positive, got " + deadline);
        }
    }

    /** Reads the setting {@code requests.deadline}; faults are noted there. */
    public static PredictConfig from(Settings settings) {
        return new PredictConfig(settings.duration("requests.deadline", Duration.ofMillis(1), Duration.ofMinutes(10)));
    }
}
