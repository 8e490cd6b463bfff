package dev.serin.gateway.predict;

/**
 * Where the time of a call went, in nanoseconds; 0 for what did not happen.
 *
 * @param load waiting for a cold version
 * @param decode from body to tensors
 */
public record Timings(long load, long decode, long queue, long run) {
    public static final Timings NONE = new Timings(0, 0, 0, 0);
}
