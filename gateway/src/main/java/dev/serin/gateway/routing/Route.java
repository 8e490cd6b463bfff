package dev.serin.gateway.routing;

import java.util.Locale;

/** Why a version answered. */
public enum Route {
    /** The request named the version. */
    PINNED,
    /** The request named an alias. */
    ALIAS,
    /** The traffic policy's primary. */
    PRIMARY,
    /** The traffic policy's version on trial. */
    CANARY,
    /** A copy of a request that another version answers. */
    SHADOW,
    /** No policy: the greatest eligible version. */
    NEWEST;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** {@return the spelling in headers, logs and metrics} */
    public String label() {
        return label;
    }
}
