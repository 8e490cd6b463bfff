package dev.serin.gateway.scheduling;

/**
 * How many native runs at a time.
 *
 * @param runThreads runs of all versions together
 * @param maxConcurrency runs of one version, unless its policy says otherwise
 * @param maxQueue requests waiting for one version, unless its policy says otherwise
 */
public record SchedulingConfig(int runThreads, int maxConcurrency, int maxQueue) {}
