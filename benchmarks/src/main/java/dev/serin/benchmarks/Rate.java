package dev.serin.benchmarks;

/** What a server did for callers who do not pause. */
record Rate(double perSecond, double p50Micros, double p99Micros) {}
