package dev.serin.gateway.scheduling;

/**
 * A number that is not exceeded.
 *
 * @param adapts whether fewer are allowed where fewer were measured to do better
 */
public record Limit(int most, boolean adapts) {
    /** {@return the limit of somebody who wants just this one} */
    public static Limit fixed(int most) {
        return new Limit(most, false);
    }

    /** {@return one that is found by measuring, up to that} */
    public static Limit upTo(int most) {
        return new Limit(most, true);
    }
}
