package dev.serin.gateway.catalog;

import java.util.Locale;

/** States of a version on this gateway. */
public enum VersionState {
    /** Known, nothing done. */
    PENDING,
    DOWNLOADING,
    LOADING,
    /** Loaded, warmed, golden-checked: answers at once. */
    READY,
    /** Was ready here; loads again on request. */
    COLD,
    FAILED,
    /** Taken out of service by the operator. */
    RETIRED;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** {@return the spelling in HTTP, CLI, logs and metrics} */
    public String label() {
        return label;
    }
}
