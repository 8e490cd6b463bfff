package dev.serin.benchmarks;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What came of every request of an open loop.
 *
 * @param schedule when they were to be sent
 * @param latencyNanos from then until the answer was there
 * @param statuses of the answers; 0 for one that never came, -1 for a connection that broke
 * @param lateness how much later than they were to be they were sent: the generator's own part of the latencies
 */
record Answers(Schedule schedule, long[] latencyNanos, int[] statuses, Latencies lateness) {
    static final IntPredicate GOOD = status -> status == 200;
    static final IntPredicate REFUSED = status -> status == 429 || status == 503;

    Latencies latencies(IntPredicate wanted) {
        return latencies(wanted, 0, Long.MAX_VALUE);
    }

    /** {@return those of the requests that were to be sent within this stretch} */
    Latencies latencies(IntPredicate wanted, long fromNanos, long toNanos) {
        Latencies latencies = new Latencies();
        for (int i = 0; i < statuses.length; i++) {
            long due = schedule.dueNanos()[i];
            if (wanted.test(statuses[i]) && due >= fromNanos && due < toNanos) {
                latencies.add(latencyNanos[i]);
            }
        }
        return latencies;
    }

    /** {@return answers of this kind for each second of the schedule} */
    double perSecond(IntPredicate wanted) {
        return Arrays.stream(statuses).filter(wanted).count()
                / (schedule.length().toNanos() / 1e9);
    }

    /** {@return this, if every status is one of these} */
    Answers allowing(int... allowed) {
        Map<Integer, Long> others = Arrays.stream(statuses)
                .filter(status -> IntStream.of(allowed).noneMatch(each -> each == status))
                .boxed()
                .collect(Collectors.groupingBy(status -> status, TreeMap::new, Collectors.counting()));
        if (!others.isEmpty()) {
            throw new WrongAnswerException(
                    "Of %d answers these have a status that is not among %s: %s (0 never came, -1 broke)"
                            .formatted(statuses.length, Arrays.toString(allowed), others));
        }
        return this;
    }
}
