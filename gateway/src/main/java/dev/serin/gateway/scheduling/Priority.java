package dev.serin.gateway.scheduling;

/**
 * Who goes first in the line of one version; within each, the earlier deadline. Between versions it counts for nothing: they take
 * turns. What is no request's stands in no line: copies for a shadow run while the lines are empty, and each run by which a warmup
 * measures {@linkplain RunScheduler#giveWay gives way} first.
 */
public enum Priority {
    /** Whoever names the version, so nobody else can answer him. */
    PINNED,
    DEFAULT
}
