package dev.serin.gateway.predict;

/**
 * The one way of a request. Thread-safe; called on the request's own thread, which waits here for its turn.
 */
public final class Predictor {
    public Predictor() {}

    /** Answers a call; never throws for anything a request or a model can cause. */
    public Answer predict(Call call) {
        throw new UnsupportedOperationException("to be written");
    }
}
