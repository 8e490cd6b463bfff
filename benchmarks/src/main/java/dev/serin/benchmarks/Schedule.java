package dev.serin.benchmarks;

import java.time.Duration;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * When the requests of an open loop are to be sent, fixed before the first of them is: a server that is slow does not make its
 * callers wait with the next one.
 *
 * @param dueNanos from the beginning, ascending
 */
record Schedule(long[] dueNanos, Duration length) {
    /** One request after another at equal distances. */
    static Schedule constant(double perSecond, Duration length) {
        long[] due = new long[count(perSecond, length)];
        for (int i = 0; i < due.length; i++) {
            due[i] = (long) (i * 1e9 / perSecond);
        }
        return new Schedule(due, length);
    }

    /** As many callers who know nothing of each other come: at random, so many a second on average. */
    static Schedule poisson(double perSecond, Duration length, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        long[] due = new long[(int) (1.5 * count(perSecond, length)) + 100];
        int count = 0;
        double at = random.nextExponential() / perSecond;
        while (at < length.toNanos() / 1e9) {
            if (count == due.length) {
                due = Arrays.copyOf(due, 2 * due.length);
            }
            due[count++] = (long) (at * 1e9);
            at += random.nextExponential() / perSecond;
        }
        return new Schedule(Arrays.copyOf(due, count), length);
    }

    /** This one, then the other. */
    Schedule then(Schedule next) {
        long[] all = Arrays.copyOf(dueNanos, dueNanos.length + next.dueNanos.length);
        for (int i = 0; i < next.dueNanos.length; i++) {
            all[dueNanos.length + i] = length.toNanos() + next.dueNanos[i];
        }
        return new Schedule(all, length.plus(next.length));
    }

    int count() {
        return dueNanos.length;
    }

    private static int count(double perSecond, Duration length) {
        if (!(perSecond > 0)) {
            throw new IllegalArgumentException("A schedule needs a rate above 0, got " + perSecond);
        }
        return (int) Math.round(perSecond * length.toNanos() / 1e9);
    }
}
