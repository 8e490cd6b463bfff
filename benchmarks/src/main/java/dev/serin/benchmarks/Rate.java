package dev.serin.benchmarks;

/**
 * What a server did for callers who do not pause.
 *
 * @param perSecond answers that were 200
 * @param refused answers that were not
 */
record Rate(double perSecond, double p50Micros, double p99Micros, long refused) {}
