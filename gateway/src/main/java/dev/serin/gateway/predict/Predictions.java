package dev.serin.gateway.predict;

/** What the edges ask for answers. */
@FunctionalInterface
public interface Predictions {
    /** Answers a call; never throws for anything that a request, a model or the registry can cause. */
    Answer predict(Call call);
}
