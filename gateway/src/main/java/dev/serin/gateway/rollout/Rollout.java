package dev.serin.gateway.rollout;

import dev.serin.gateway.rollout.Action.Abort;
import dev.serin.gateway.rollout.Action.Hold;
import dev.serin.gateway.rollout.Action.Inconclusive;
import dev.serin.gateway.rollout.Action.Nothing;
import dev.serin.gateway.rollout.Action.Pass;
import dev.serin.gateway.rollout.Action.Promote;
import dev.serin.gateway.rollout.Action.TakeBack;
import dev.serin.gateway.rollout.Verdict.Breach;
import dev.serin.registry.CanarySchedule;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelPolicy.OnBreach;
import dev.serin.registry.ModelPolicy.OnSuccess;
import dev.serin.registry.ModelPolicy.Promoted;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Decides what follows from a verdict: a pure function of what {@code model.json} says now, so that whoever lost a
 * compare-and-set reads the file again and asks again. No replica leads. A guard only ever lowers: it keeps a step from
 * beginning, or takes the traffic away, and never adds any.
 */
public final class Rollout {
    private static final Nothing NOTHING = new Nothing();

    private Rollout() {}

    /**
     * What this gateway knows of one canary, also when the file does not name it any more.
     *
     * @param id of the canary that was watched
     * @param guard by which it was judged; none for a canary without one
     * @param verdict ignored without a guard
     */
    public record Watched(String id, Optional<Guard> guard, Verdict verdict) {}

    /** {@return what to do about the canary that was watched, going by the policy as it is now} */
    public static Action decide(ModelPolicy policy, Watched watched, Instant now) {
        Optional<Canary> canary = policy.canary().filter(on -> on.id().equals(watched.id()));
        if (canary.isPresent()) {
            return onTrial(canary.get(), watched.verdict(), now);
        }
        Optional<Promoted> promoted = policy.promoted().filter(was -> was.id().equals(watched.id()));
        return promoted.isPresent() ? promoted(promoted.get(), watched, now) : NOTHING;
    }

    private static Action onTrial(Canary canary, Verdict verdict, Instant now) {
        if (canary.aborted().isPresent()) {
            return NOTHING;
        }
        if (canary.guard().isPresent() && verdict instanceof Breach breach) {
            return breached(canary, canary.guard().get(), breach);
        }
        return canary.paused().isPresent() ? NOTHING : stepping(canary, verdict, now);
    }

    /** A canary that somebody paused still has traffic, and a guard that looks away would be none. */
    private static Action breached(Canary canary, Guard guard, Breach breach) {
        return switch (guard.onBreach()) {
            case ABORT -> new Abort(breach);
            case HOLD -> canary.paused().isPresent() ? NOTHING : new Hold(breach);
        };
    }

    private static Action stepping(Canary canary, Verdict verdict, Instant now) {
        CanarySchedule schedule = CanarySchedule.of(canary);
        int step = schedule.stepAt(now.toEpochMilli());
        if (step == 0 || now.toEpochMilli() < schedule.stepEnd(step)) {
            return NOTHING;
        }
        boolean last = step == schedule.steps();
        if (canary.guard().isEmpty()) { // the clock alone steps, and nobody has said that the end promotes
            return NOTHING;
        }
        boolean promotes = last && canary.guard().get().onSuccess() == OnSuccess.PROMOTE;
        if (canary.isPassed(step)) {
            return promotes ? new Promote() : NOTHING;
        }
        return switch (verdict) {
            case Verdict.Clean() -> promotes ? new Promote() : new Pass(step);
            case Verdict.Inconclusive inconclusive -> new Inconclusive(inconclusive.text());
            case Breach _ -> NOTHING; // dealt with before
        };
    }

    private static Action promoted(Promoted promoted, Watched watched, Instant now) {
        if (watched.guard().isEmpty() || !(watched.verdict() instanceof Breach breach)) {
            return NOTHING;
        }
        Guard guard = watched.guard().get();
        boolean young = Duration.between(promoted.at(), now).compareTo(guard.window()) < 0;
        return young && guard.onBreach() == OnBreach.ABORT ? new TakeBack(breach, promoted) : NOTHING;
    }
}
