package dev.serin.gateway.rollout;

import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;

/** Hears what this gateway decides about canaries. Called on the thread that looks at them; must not block or throw. */
public interface RolloutListener {
    RolloutListener NONE = new RolloutListener() {};

    /** A step was found clean, and the next may begin. */
    default void passed(ModelName model, ModelVersion canary, int step) {}

    /** A canary became the primary. */
    default void promoted(ModelName model, ModelVersion canary) {}

    /** A canary is kept from its next step, at the weight that it has, until people decide. */
    default void held(ModelName model, ModelVersion canary, Verdict.Breach breach, String text) {}

    /**
     * A canary was taken all traffic from.
     *
     * @param text what was measured, and over which time
     */
    default void breached(ModelName model, ModelVersion canary, Verdict.Breach breach, String text) {}

    /** A step is over and nothing can be concluded; told once for each step. */
    default void inconclusive(ModelName model, ModelVersion canary, String text) {}

    /** A look went wrong by a fault of this gateway. */
    default void failed(ModelName model, Throwable cause) {}

    /** What was decided could not be written; told once for each decision. A breach takes effect here all the same. */
    default void notWritten(ModelName model, ModelVersion canary, RegistryException cause) {}
}
