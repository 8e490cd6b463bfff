package dev.serin.gateway.scheduling;

/**
 * Who goes first in the line of one version; within each, the earlier deadline. Between versions it counts for nothing: they take
 * turns. Copies for a shadow stand in no line, they run while nobody waits; and warmup is over before there is one.
 */
public enum Priority {
    /** Whoever names the version, so nobody else can answer him. */
    PINNED,
    DEFAULT
}
