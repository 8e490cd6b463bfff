package dev.serin.gateway.rollout;

import static dev.serin.registry.Canaries.GUARD;
import static dev.serin.registry.Canaries.aborted;
import static dev.serin.registry.Canaries.constant;
import static dev.serin.registry.Canaries.guard;
import static dev.serin.registry.Canaries.guarded;
import static dev.serin.registry.Canaries.minute;
import static dev.serin.registry.Canaries.neverStarted;
import static dev.serin.registry.Canaries.passed;
import static dev.serin.registry.Canaries.paused;
import static dev.serin.registry.Canaries.stepped;
import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.rollout.Action.Abort;
import dev.serin.gateway.rollout.Action.Hold;
import dev.serin.gateway.rollout.Action.Nothing;
import dev.serin.gateway.rollout.Action.Pass;
import dev.serin.gateway.rollout.Action.Promote;
import dev.serin.gateway.rollout.Action.TakeBack;
import dev.serin.gateway.rollout.Rollout.Watched;
import dev.serin.gateway.rollout.Verdict.Breach;
import dev.serin.gateway.rollout.Verdict.Clean;
import dev.serin.gateway.rollout.Verdict.Inconclusive;
import dev.serin.registry.CanarySchedule;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.OnBreach;
import dev.serin.registry.ModelPolicy.OnSuccess;
import dev.serin.registry.ModelPolicy.Promoted;
import dev.serin.registry.ModelVersion;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RolloutTest {
    private static final Clean CLEAN = new Clean();
    private static final Inconclusive FEW = new Inconclusive("41 of 200 requests", 41, 200);
    private static final Breach BREACH = new Breach(Rule.ERRORS, 0.031, 0.01, 317, 10_236);
    private static final Nothing NOTHING = new Nothing();

    private static final Canary BY_CLOCK = stepped(5, 25, 50, 100);
    private static final Canary GUARDED = guarded(BY_CLOCK, GUARD);
    private static final Canary AT_THE_LAST_STEP =
            passed(passed(passed(GUARDED, 1, minute(10)), 2, minute(20)), 3, minute(30));

    private static ModelPolicy policy(Optional<Canary> canary, Optional<Promoted> promoted) {
        ModelPolicy none = ModelPolicy.NONE;
        return new ModelPolicy(
                none.aliases(),
                Optional.of("1"),
                canary,
                none.shadow(),
                promoted,
                none.serving(),
                none.retired(),
                none.history(),
                none.unknown());
    }

    private static Action decide(Canary canary, Verdict verdict, Instant now) {
        return Rollout.decide(
                policy(Optional.of(canary), Optional.empty()), new Watched(canary.id(), canary.guard(), verdict), now);
    }

    @Test
    void beforeTheEndOfAStepACleanCanaryJustGoesOn() {
        assertThat(decide(GUARDED, CLEAN, minute(9))).isEqualTo(NOTHING);
        assertThat(decide(GUARDED, FEW, minute(9))).isEqualTo(NOTHING);
    }

    @Test
    void aStepIsPassedWhenItsLengthHasGoneByAndItIsClean() {
        assertThat(decide(GUARDED, CLEAN, minute(10))).isEqualTo(new Pass(1));
        assertThat(decide(passed(GUARDED, 1, minute(17)), CLEAN, minute(26))).isEqualTo(NOTHING);
        assertThat(decide(passed(GUARDED, 1, minute(17)), CLEAN, minute(27))).isEqualTo(new Pass(2));
    }

    @Test
    void aStepThatCannotBePassedIsShownAndNothingIsWritten() {
        assertThat(decide(GUARDED, FEW, minute(10))).isEqualTo(new Action.Inconclusive("41 of 200 requests"));
        assertThat(decide(AT_THE_LAST_STEP, FEW, minute(40))).isEqualTo(new Action.Inconclusive("41 of 200 requests"));
    }

    @Test
    void theLastStepIsFollowedByAPromotion() {
        assertThat(decide(AT_THE_LAST_STEP, CLEAN, minute(39))).isEqualTo(NOTHING);
        assertThat(decide(AT_THE_LAST_STEP, CLEAN, minute(40))).isEqualTo(new Promote());
        assertThat(decide(passed(AT_THE_LAST_STEP, 4, minute(40)), FEW, minute(41)))
                .as("passed by another gateway that did not get to promote it")
                .isEqualTo(new Promote());
    }

    @Test
    void aCanaryThatHoldsOnSuccessPassesItsLastStepAndStays() {
        Canary holding = guarded(AT_THE_LAST_STEP, guard(OnBreach.ABORT, OnSuccess.HOLD));

        assertThat(decide(holding, CLEAN, minute(40))).isEqualTo(new Pass(4));
        assertThat(decide(passed(holding, 4, minute(40)), CLEAN, minute(41))).isEqualTo(NOTHING);
        assertThat(decide(passed(holding, 4, minute(40)), BREACH, minute(41))).isEqualTo(new Abort(BREACH));
    }

    @Test
    void withoutAGuardTheClockStepsNothingIsWrittenAndTheLastStepStays() {
        assertThat(decide(BY_CLOCK, CLEAN, minute(10))).isEqualTo(NOTHING);
        assertThat(decide(BY_CLOCK, FEW, minute(40))).isEqualTo(NOTHING);
        assertThat(decide(BY_CLOCK, BREACH, minute(40))).as("nobody asked").isEqualTo(NOTHING);
    }

    @Test
    void withoutStepsAGuardOnlyPullsBack() {
        assertThat(decide(guarded(constant(10), GUARD), CLEAN, minute(9_999))).isEqualTo(NOTHING);
        assertThat(decide(guarded(constant(10), GUARD), BREACH, minute(1))).isEqualTo(new Abort(BREACH));
        assertThat(decide(constant(10), CLEAN, minute(9_999))).isEqualTo(NOTHING);
    }

    @Test
    void stepsWithoutAStartAreNeverPassed() {
        assertThat(decide(neverStarted(GUARDED), CLEAN, minute(9_999))).isEqualTo(NOTHING);
    }

    @Test
    void aBreachAbortsAtAnyTime() {
        assertThat(decide(GUARDED, BREACH, minute(1))).isEqualTo(new Abort(BREACH));
        assertThat(decide(GUARDED, BREACH, minute(10))).isEqualTo(new Abort(BREACH));
        assertThat(decide(AT_THE_LAST_STEP, BREACH, minute(40)))
                .as("and at the end of the last step beats the promotion")
                .isEqualTo(new Abort(BREACH));
        assertThat(decide(passed(AT_THE_LAST_STEP, 4, minute(40)), BREACH, minute(40)))
                .as("also when another gateway has passed it")
                .isEqualTo(new Abort(BREACH));
    }

    @Test
    void aBreachHoldsWhereItIsToldTo() {
        Canary holding = guarded(AT_THE_LAST_STEP, guard(OnBreach.HOLD, OnSuccess.PROMOTE));

        assertThat(decide(holding, BREACH, minute(40))).isEqualTo(new Hold(BREACH));
        assertThat(decide(paused(holding, minute(40)), BREACH, minute(41))).isEqualTo(NOTHING);
    }

    @Test
    void aPausedCanaryTakesNoStepAndIsStillGuarded() {
        assertThat(decide(paused(GUARDED, minute(5)), CLEAN, minute(10))).isEqualTo(NOTHING);
        assertThat(decide(paused(GUARDED, minute(5)), FEW, minute(10))).isEqualTo(NOTHING);
        assertThat(decide(paused(BY_CLOCK, minute(5)), CLEAN, minute(40))).isEqualTo(NOTHING);
        assertThat(decide(paused(GUARDED, minute(5)), BREACH, minute(10))).isEqualTo(new Abort(BREACH));
    }

    @Test
    void anAbortedCanaryIsLeftAlone() {
        for (Verdict verdict : List.of(CLEAN, FEW, BREACH)) {
            assertThat(decide(aborted(AT_THE_LAST_STEP, minute(12)), verdict, minute(40)))
                    .isEqualTo(NOTHING);
            assertThat(decide(aborted(BY_CLOCK, minute(12)), verdict, minute(40)))
                    .isEqualTo(NOTHING);
        }
    }

    private static Action afterPromotion(String id, Verdict verdict, Instant now) {
        return Rollout.decide(
                policy(Optional.empty(), Optional.of(PROMOTED)), new Watched(id, Optional.of(GUARD), verdict), now);
    }

    private static final Promoted PROMOTED =
            new Promoted("k3f9", new ModelVersion("2"), new ModelVersion("1"), minute(40), "gw-1");

    @Test
    void aBreachTakesBackAPromotionThatIsYoungerThanOneWindow() {
        assertThat(afterPromotion("k3f9", BREACH, minute(40))).isEqualTo(new TakeBack(BREACH, PROMOTED));
        assertThat(afterPromotion("k3f9", BREACH, minute(44))).isEqualTo(new TakeBack(BREACH, PROMOTED));
        assertThat(afterPromotion("k3f9", BREACH, minute(39)))
                .as("by a clock that is behind")
                .isEqualTo(new TakeBack(BREACH, PROMOTED));
        assertThat(afterPromotion("k3f9", BREACH, minute(45))).isEqualTo(NOTHING);
        assertThat(afterPromotion("k3f9", CLEAN, minute(40))).isEqualTo(NOTHING);
        assertThat(afterPromotion("k3f9", FEW, minute(40))).isEqualTo(NOTHING);
    }

    @Test
    void whatWasFoundOfOneCanaryIsNotHeldAgainstAnother() {
        assertThat(afterPromotion("before", BREACH, minute(40))).isEqualTo(NOTHING);
        assertThat(Rollout.decide(
                        policy(Optional.of(GUARDED), Optional.empty()),
                        new Watched("before", Optional.of(GUARD), BREACH),
                        minute(1)))
                .isEqualTo(NOTHING);
    }

    @Test
    void aPromotionIsTakenBackAlsoWhenTheNextCanaryHasBegun() {
        Canary next = guarded(constant(10), GUARD);
        Promoted other = new Promoted("before", new ModelVersion("1"), new ModelVersion("0"), minute(40), "gw-1");

        assertThat(Rollout.decide(
                        policy(Optional.of(next), Optional.of(other)),
                        new Watched("before", Optional.of(GUARD), BREACH),
                        minute(41)))
                .isEqualTo(new TakeBack(BREACH, other));
    }

    @Test
    void whoIsToHoldOnABreachTakesNoPromotionBack() {
        assertThat(Rollout.decide(
                        policy(Optional.empty(), Optional.of(PROMOTED)),
                        new Watched("k3f9", Optional.of(guard(OnBreach.HOLD, OnSuccess.PROMOTE)), BREACH),
                        minute(41)))
                .isEqualTo(NOTHING);
    }

    /** Two gateways want different things: whoever writes first, the other decides anew on what it finds. */
    @Test
    void inWhateverOrderTwoGatewaysWriteTheAbortStands() {
        assertThat(decide(GUARDED, CLEAN, minute(10))).isEqualTo(new Pass(1));
        assertThat(decide(passed(GUARDED, 1, minute(10)), BREACH, minute(10)))
                .as("after the other's pass")
                .isEqualTo(new Abort(BREACH));
        assertThat(decide(aborted(GUARDED, minute(10)), CLEAN, minute(10)))
                .as("after the other's abort")
                .isEqualTo(NOTHING);
    }

    @Property(tries = 500)
    void noDecisionEverRaisesTheWeightAtOnceExceptByPassingAStepThatIsOver(
            @ForAll("verdicts") Verdict verdict,
            @ForAll @IntRange(max = 3) int steps,
            @ForAll @IntRange(max = 100) int minute) {
        Canary canary = GUARDED;
        for (int step = 1; step <= steps; step++) {
            canary = passed(canary, step, minute(10L * step));
        }
        CanarySchedule schedule = CanarySchedule.of(canary);
        int on = schedule.stepAt(minute(minute).toEpochMilli());

        switch (decide(canary, verdict, minute(minute))) {
            case Pass(int step) -> {
                assertThat(verdict).isEqualTo(CLEAN);
                assertThat(step).isEqualTo(on);
                assertThat(schedule.stepEnd(step))
                        .isLessThanOrEqualTo(minute(minute).toEpochMilli());
            }
            case Promote() -> {
                assertThat(verdict).isEqualTo(CLEAN);
                assertThat(on).isEqualTo(4);
                assertThat(schedule.end()).isLessThanOrEqualTo(minute(minute).toEpochMilli());
            }
            case Abort _ -> assertThat(verdict).isEqualTo(BREACH);
            case Action.Inconclusive _ -> assertThat(verdict).isEqualTo(FEW);
            case Nothing() -> assertThat(verdict).isNotEqualTo(BREACH);
            case Hold _, TakeBack _ -> throw new AssertionError("nobody asked");
        }
    }

    @Provide
    Arbitrary<Verdict> verdicts() {
        return Arbitraries.of(CLEAN, FEW, BREACH);
    }
}
