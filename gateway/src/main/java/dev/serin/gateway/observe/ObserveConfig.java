package dev.serin.gateway.observe;

/**
 * What is told, and how.
 *
 * @param maxVersions pairs of model and version with metrics of their own; the rest share {@code _other}
 */
public record ObserveConfig(Format format, AccessLog access, int maxVersions) {
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
