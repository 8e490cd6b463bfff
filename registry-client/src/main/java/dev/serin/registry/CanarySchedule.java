package dev.serin.registry;

import dev.serin.registry.ModelPolicy.Aborted;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Passed;
import dev.serin.registry.ModelPolicy.Paused;
import dev.serin.registry.ModelPolicy.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * When each step of a canary begins, and so which weight it has at an instant: a pure function of what {@code model.json}
 * says, the same on every replica. Made once for each policy that is read; asking it allocates nothing. Immutable.
 *
 * <p>Without steps the canary's own weight holds. The steps of a canary without a guard follow each other by the clock. With
 * a guard a step begins when the one before it has had its length and was passed, whichever is later, and never otherwise:
 * passes behind a gap do not count. A paused canary stays where it was when it was paused; one that was aborted has weight 0.
 *
 * <p>Steps are counted from 1. Instants are milliseconds since the epoch, weights hundredths of a percent.
 */
public final class CanarySchedule {
    /** An instant that does not come while nothing more is written. */
    public static final long NEVER = Long.MAX_VALUE;

    private final int[] weights; // without steps the one weight, which has no step
    private final long[] begins; // of each step, rising; NEVER for those that nothing promises
    private final long[] ends; // when each has had its length
    private final long frozenAt;
    private final boolean aborted;

    private CanarySchedule(int[] weights, long[] begins, long[] ends, long frozenAt, boolean aborted) {
        this.weights = weights;
        this.begins = begins;
        this.ends = ends;
        this.frozenAt = frozenAt;
        this.aborted = aborted;
    }

    /** {@return the schedule of this canary; steps without {@code started-at} never begin, and its own weight holds} */
    public static CanarySchedule of(Canary canary) {
        long frozenAt = Math.min(
                canary.paused().map(Paused::at).map(CanarySchedule::millis).orElse(NEVER),
                canary.aborted().map(Aborted::at).map(CanarySchedule::millis).orElse(NEVER));
        boolean aborted = canary.aborted().isPresent();
        Optional<Instant> startedAt = canary.startedAt();
        if (canary.steps().isEmpty() || startedAt.isEmpty()) {
            int[] weight = {hundredths(canary.weight())};
            return new CanarySchedule(weight, new long[0], new long[0], frozenAt, aborted);
        }
        List<Step> steps = canary.steps();
        long[] begins = new long[steps.size()];
        long[] ends = new long[steps.size()];
        long next = millis(startedAt.get());
        for (int i = 0; i < begins.length; i++) {
            begins[i] = next;
            ends[i] = plus(next, millis(steps.get(i).length()));
            next = canary.guard().isPresent() ? Math.max(ends[i], passedAt(canary, i + 1)) : ends[i];
        }
        int[] weights =
                steps.stream().mapToInt(step -> hundredths(step.weight())).toArray();
        return new CanarySchedule(weights, begins, ends, frozenAt, aborted);
    }

    /** {@return the canary's share of the requests, 0 to 10 000} */
    public int weightAt(long epochMillis) {
        if (aborted) {
            return 0;
        }
        if (begins.length == 0) {
            return weights[0];
        }
        int step = stepAt(epochMillis);
        return step == 0 ? 0 : weights[step - 1];
    }

    /** {@return the step that is on, or was on when the canary was paused or aborted; 0 before the first, and without steps} */
    public int stepAt(long epochMillis) {
        long at = Math.min(epochMillis, frozenAt);
        int step = begins.length;
        while (step > 0 && (begins[step - 1] > at || begins[step - 1] == NEVER)) {
            step--;
        }
        return step;
    }

    /** {@return how many steps there are} */
    public int steps() {
        return begins.length;
    }

    /** {@return when the step begins if the canary is not held up, or {@link #NEVER} while the one before is not passed} */
    public long stepBegin(int step) {
        return begins[step - 1];
    }

    /** {@return when the step has had its length, or {@link #NEVER} like its begin; the next may begin later} */
    public long stepEnd(int step) {
        return ends[step - 1];
    }

    /** {@return when the last step has had its length, or {@link #NEVER} without steps and while it has no begin} */
    public long end() {
        return ends.length == 0 ? NEVER : ends[ends.length - 1];
    }

    private static long passedAt(Canary canary, int step) {
        long earliest = NEVER;
        for (Passed passed : canary.passed()) {
            if (passed.step() == step) {
                earliest = Math.min(earliest, millis(passed.at()));
            }
        }
        return earliest;
    }

    private static int hundredths(double percent) {
        return (int) Math.round(percent * 100);
    }

    private static long plus(long instant, long millis) {
        return instant > 0 && millis > NEVER - instant ? NEVER : instant + millis;
    }

    private static long millis(Duration length) {
        try {
            return length.toMillis();
        } catch (ArithmeticException _) {
            return NEVER;
        }
    }

    /** Saturated: years that nobody means must not be a failure on the way of a request. */
    private static long millis(Instant instant) {
        try {
            return instant.toEpochMilli();
        } catch (ArithmeticException _) {
            return instant.getEpochSecond() < 0 ? -NEVER : NEVER;
        }
    }
}
