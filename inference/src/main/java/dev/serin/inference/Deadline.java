package dev.serin.inference;

import java.time.Duration;

/**
 * A moment until which work is worth doing.
 *
 * @param nanoTime on the clock of {@link System#nanoTime()}
 */
public record Deadline(long nanoTime) implements Comparable<Deadline> {
    /** Longer than anything runs, and short enough that moments on the clock, which wraps, still compare. */
    private static final Duration FAR = Duration.ofDays(36_500);

    /** {@return the moment that far from now, at most a hundred years} */
    public static Deadline after(Duration duration) {
        Duration past = FAR.negated();
        Duration near = duration.compareTo(FAR) > 0 ? FAR : duration.compareTo(past) < 0 ? past : duration;
        return new Deadline(System.nanoTime() + near.toNanos());
    }

    /** {@return nanoseconds left, negative when it has passed} */
    public long remainingNanos() {
        return nanoTime - System.nanoTime();
    }

    public boolean hasPassed() {
        return remainingNanos() <= 0;
    }

    public Deadline earlier(Deadline other) {
        return compareTo(other) <= 0 ? this : other;
    }

    @Override
    public int compareTo(Deadline other) {
        return Long.compare(nanoTime - other.nanoTime, 0); // nanoTime may wrap
    }
}
