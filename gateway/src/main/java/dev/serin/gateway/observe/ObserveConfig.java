package dev.serin.gateway.observe;

import dev.serin.gateway.config.Settings;

/**
 * What is told, and how.
 *
 * @param maxVersions pairs of model and version with metrics of their own; the rest share {@code _other}
 */
public record ObserveConfig(Format format, AccessLog access, int maxVersions) {
    public ObserveConfig {
        if (maxVersions < 1) {
            throw new IllegalArgumentException("Metrics need room for a version, got " + maxVersions);
        }
    }

    /** Reads the settings {@code log.*} and {@code metrics.*}; faults are noted there. */
    public static ObserveConfig from(Settings settings) {
        return new ObserveConfig(
                settings.choice("log.format", Format.class),
                settings.choice("log.access", AccessLog.class),
                settings.integer("metrics.max-versions", 1, 100_000));
    }

    /** Form of the log. */
    public enum Format {
        /** Text on a terminal, else JSON lines. */
        AUTO,
        TEXT,
        JSON
    }

    /** Which requests get a line. */
    public enum AccessLog {
        ERRORS,
        /** Every failure and one success in a hundred. */
        SAMPLED,
        ALL
    }
}
