package dev.serin.gateway.scheduling;

/**
 * How many requests may wait at most.
 *
 * @param adapts whether fewer may while the line is full; see {@link QueueLimit}
 */
public record Limit(int most, boolean adapts) {
    /** {@return the limit of somebody who wants just this one} */
    public static Limit fixed(int most) {
        return new Limit(most, false);
    }

    /** {@return one that gives way to pressure, up to that} */
    public static Limit upTo(int most) {
        return new Limit(most, true);
    }
}
