package dev.serin.gateway.rollout;

import dev.serin.gateway.rollout.Verdict.Breach;
import dev.serin.registry.ModelPolicy.Promoted;

/** What a gateway does about a canary: nothing, show something, or write one change into {@code model.json}. */
public sealed interface Action {
    record Nothing() implements Action {}

    /** A step is over and cannot be passed; nothing is written. */
    record Inconclusive(String text) implements Action {}

    /** The step, counted from 1, is found clean. */
    record Pass(int step) implements Action {}

    /** The canary becomes the primary. */
    record Promote() implements Action {}

    /** The canary stays at its weight until people decide. */
    record Hold(Breach breach) implements Action {}

    /** The canary gets no traffic any more. */
    record Abort(Breach breach) implements Action {}

    /** The canary was promoted a moment ago, and the former primary comes back. */
    record TakeBack(Breach breach, Promoted promoted) implements Action {}
}
