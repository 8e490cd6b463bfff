package dev.serin.gateway.shadow;

import dev.serin.gateway.predict.Shadows.Copy;

/** Hears what became of copies. Called on the thread of the shadow runs, and for dropped ones on the request's. */
public interface ShadowListener {
    ShadowListener NONE = new ShadowListener() {};

    /** A copy was run and its answer compared. */
    default void compared(Copy copy, Comparison comparison, long runNanos) {}

    /** The shadow gave no answer. */
    default void failed(Copy copy, RuntimeException cause) {}

    /** There was no room for the copy. */
    default void dropped(Copy copy) {}
}
