package dev.serin.gateway.scheduling;

/**
 * How many requests may wait, or runs be at a time, at most.
 *
 * @param adapts whether it may be fewer: see {@link QueueLimit} and {@link RunLimit}
 */
public record Limit(int most, boolean adapts) {
    /** {@return the limit of somebody who wants just this one} */
    public static Limit fixed(int most) {
        return new Limit(most, false);
    }

    /** {@return one that adapts, up to that} */
    public static Limit upTo(int most) {
        return new Limit(most, true);
    }
}
