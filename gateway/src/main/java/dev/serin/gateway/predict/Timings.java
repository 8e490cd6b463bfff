package dev.serin.gateway.predict;

/**
 * Where the time of a call went, in nanoseconds; 0 for what did not happen.
 *
 * @param load waiting for a cold version
 * @param decode from body to tensors
 * @param requests that the run was for: that of one for several tells nothing of what each alone would have taken
 */
public record Timings(long load, long decode, long queue, long run, int requests) {
    public static final Timings NONE = new Timings(0, 0, 0, 0, 1);

    /** {@return what the run took if it was for this request alone, else 0} */
    public long runAlone() {
        return requests == 1 ? run : 0;
    }
}
