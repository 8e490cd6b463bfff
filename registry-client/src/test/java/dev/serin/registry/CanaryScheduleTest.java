package dev.serin.registry;

import static dev.serin.registry.Canaries.GUARD;
import static dev.serin.registry.Canaries.START;
import static dev.serin.registry.Canaries.aborted;
import static dev.serin.registry.Canaries.constant;
import static dev.serin.registry.Canaries.guarded;
import static dev.serin.registry.Canaries.minute;
import static dev.serin.registry.Canaries.neverStarted;
import static dev.serin.registry.Canaries.passed;
import static dev.serin.registry.Canaries.paused;
import static dev.serin.registry.Canaries.stepped;
import static dev.serin.registry.Canaries.withSteps;
import static dev.serin.registry.CanarySchedule.NEVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CanaryScheduleTest {
    private static final Canary FOUR = stepped(5, 25, 50, 100);
    private static final Canary FOUR_GUARDED = guarded(FOUR, GUARD);

    private static int weight(Canary canary, Instant at) {
        return CanarySchedule.of(canary).weightAt(at.toEpochMilli());
    }

    private static int step(Canary canary, Instant at) {
        return CanarySchedule.of(canary).stepAt(at.toEpochMilli());
    }

    @Test
    void withoutStepsTheWeightIsConstantAndNothingEnds() {
        CanarySchedule schedule = CanarySchedule.of(guarded(constant(12.34), GUARD));

        assertThat(schedule.weightAt(0)).isEqualTo(1_234);
        assertThat(schedule.weightAt(Long.MAX_VALUE)).isEqualTo(1_234);
        assertThat(schedule.stepAt(START.toEpochMilli())).isZero();
        assertThat(schedule.end()).isEqualTo(NEVER);
    }

    @ParameterizedTest
    @CsvSource({"0.1, 10", "0.07, 7", "0.29, 29", "1.15, 115", "33.33, 3333", "100, 10000", "0, 0", "99.99, 9999"})
    void twoDecimalsOfAPercentAreExact(double percent, int hundredths) {
        assertThat(weight(constant(percent), START)).isEqualTo(hundredths);
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 0, 0",
        "0, 1, 500",
        "9, 1, 500",
        "10, 2, 2500",
        "19, 2, 2500",
        "20, 3, 5000",
        "30, 4, 10000",
        "9999, 4, 10000"
    })
    void withoutAGuardTheClockSteps(long minute, int step, int weight) {
        assertThat(step(FOUR, minute(minute))).isEqualTo(step);
        assertThat(weight(FOUR, minute(minute))).isEqualTo(weight);
    }

    @Test
    void withoutAGuardThePassesDoNotCount() {
        assertThat(step(passed(FOUR, 1, minute(2)), minute(9))).isEqualTo(1);
        assertThat(step(passed(FOUR, 1, minute(25)), minute(10))).isEqualTo(2);
    }

    @Test
    void aStepUnderAGuardLastsUntilItIsPassed() {
        assertThat(step(FOUR_GUARDED, minute(9_999))).isEqualTo(1);
        assertThat(CanarySchedule.of(FOUR_GUARDED).stepBegin(2)).isEqualTo(NEVER);
        assertThat(CanarySchedule.of(FOUR_GUARDED).end()).isEqualTo(NEVER);
    }

    @Test
    void aStepThatIsPassedEarlyStillHasItsLength() {
        Canary early = passed(FOUR_GUARDED, 1, minute(6));

        assertThat(step(early, minute(9))).isEqualTo(1);
        assertThat(step(early, minute(10))).isEqualTo(2);
    }

    @Test
    void aStepThatIsPassedLateMovesAllThatFollow() {
        Canary late = passed(passed(FOUR_GUARDED, 1, minute(17)), 2, minute(20));
        CanarySchedule schedule = CanarySchedule.of(late);

        assertThat(schedule.stepBegin(2)).isEqualTo(minute(17).toEpochMilli());
        assertThat(schedule.stepEnd(2)).isEqualTo(minute(27).toEpochMilli());
        assertThat(schedule.stepBegin(3)).isEqualTo(minute(27).toEpochMilli());
        assertThat(schedule.stepBegin(4)).isEqualTo(NEVER);
        assertThat(step(late, minute(9_999))).isEqualTo(3);
    }

    @Test
    void passesBehindAGapDoNotCount() {
        assertThat(step(passed(FOUR_GUARDED, 2, minute(5)), minute(9_999))).isEqualTo(1);
    }

    @Test
    void theFirstOfTwoPassesOfAStepCounts() {
        Canary twice = passed(passed(FOUR_GUARDED, 1, minute(30)), 1, minute(12));

        assertThat(CanarySchedule.of(twice).stepBegin(2)).isEqualTo(minute(12).toEpochMilli());
    }

    @Test
    void theLastStepEndsWithItsLength() {
        assertThat(CanarySchedule.of(FOUR).end()).isEqualTo(minute(40).toEpochMilli());
    }

    @Test
    void aPausedCanaryStaysWhereItWas() {
        assertThat(weight(paused(FOUR, minute(12)), minute(5))).isEqualTo(500);
        assertThat(weight(paused(FOUR, minute(12)), minute(9_999))).isEqualTo(2_500);
        assertThat(step(paused(FOUR, minute(12)), minute(9_999))).isEqualTo(2);
    }

    @Test
    void anAbortedCanaryHasNothingAlsoBeforeItsAbort() {
        Canary aborted = aborted(FOUR, minute(12));

        assertThat(weight(aborted, minute(5))).isZero();
        assertThat(weight(aborted, minute(9_999))).isZero();
        assertThat(weight(aborted(constant(10), minute(12)), minute(5))).isZero();
        assertThat(step(aborted, minute(9_999))).isEqualTo(2);
    }

    @Test
    void stepsWithoutAStartNeverBegin() {
        assertThat(weight(neverStarted(FOUR), minute(99))).isEqualTo(500);
        assertThat(step(neverStarted(FOUR), minute(99))).isZero();
    }

    @Test
    void lengthsAndInstantsThatNobodyMeansAreNoFailure() {
        Canary forEver = withSteps(
                constant(1), List.of(new Step(1, Duration.ofSeconds(Long.MAX_VALUE)), new Step(2, Duration.ofDays(1))));
        Canary late = guarded(passed(FOUR_GUARDED, 1, Instant.MAX), GUARD);

        assertThat(step(forEver, minute(9_999))).isEqualTo(1);
        assertThat(step(late, minute(9_999))).isEqualTo(1);
        assertThat(weight(paused(FOUR, Instant.MIN), minute(9))).isZero();
    }

    @Property(tries = 300)
    void timeNeverGoesBackAStep(@ForAll("canaries") Canary canary, @ForAll long one, @ForAll long other) {
        CanarySchedule schedule = CanarySchedule.of(canary);

        assertThat(schedule.stepAt(Math.min(one, other))).isLessThanOrEqualTo(schedule.stepAt(Math.max(one, other)));
    }

    @Property(tries = 300)
    void underAGuardNoStepIsOnThatWasNotReachedByPasses(
            @ForAll("canaries") Canary canary, @ForAll @IntRange(max = 300) int minute) {
        int reached = 1;
        while (hasPassed(canary, reached)) {
            reached++;
        }

        assertThat(step(guarded(canary, GUARD), minute(minute))).isLessThanOrEqualTo(reached);
    }

    @Property(tries = 300)
    void aGuardOnlyDelays(@ForAll("canaries") Canary canary, @ForAll @IntRange(max = 300) int minute) {
        assertThat(step(guarded(canary, GUARD), minute(minute))).isLessThanOrEqualTo(step(canary, minute(minute)));
    }

    @Property(tries = 300)
    void oneMorePassNeverGoesBackAStep(
            @ForAll("canaries") Canary canary,
            @ForAll @IntRange(min = 1, max = 6) int step,
            @ForAll @IntRange(max = 300) int passedAt,
            @ForAll @IntRange(max = 300) int minute) {
        Canary guarded = guarded(canary, GUARD);

        assertThat(step(passed(guarded, step, minute(passedAt)), minute(minute)))
                .isGreaterThanOrEqualTo(step(guarded, minute(minute)));
    }

    @Property(tries = 300)
    void aPauseIsLikeAClockThatStands(
            @ForAll("canaries") Canary canary,
            @ForAll @IntRange(max = 300) int pause,
            @ForAll @IntRange(max = 300) int minute) {
        assertThat(weight(paused(canary, minute(pause)), minute(minute)))
                .isEqualTo(weight(canary, minute(Math.min(pause, minute))));
    }

    @Provide
    Arbitrary<Canary> canaries() {
        Arbitrary<List<Step>> steps = Combinators.combine(
                        Arbitraries.integers().between(0, 10_000),
                        Arbitraries.integers().between(1, 60))
                .as((weight, minutes) -> new Step(weight / 100.0, Duration.ofMinutes(minutes)))
                .list()
                .ofMinSize(1)
                .ofMaxSize(6);
        Arbitrary<List<Integer>> passedAt =
                Arbitraries.integers().between(-1, 200).list().ofMaxSize(6); // -1: not passed
        return Combinators.combine(steps, passedAt).as((all, passes) -> {
            Canary canary = withSteps(constant(1), all);
            for (int i = 0; i < passes.size(); i++) {
                if (passes.get(i) >= 0) {
                    canary = passed(canary, i + 1, minute(passes.get(i)));
                }
            }
            return canary;
        });
    }

    private static boolean hasPassed(Canary canary, int step) {
        return canary.passed().stream().anyMatch(passed -> passed.step() == step);
    }
}
