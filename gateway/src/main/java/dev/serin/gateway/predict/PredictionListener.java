package dev.serin.gateway.predict;

import dev.serin.gateway.error.ErrorCode;
import java.util.Optional;

/** Hears of every prediction request once it has been answered. Called on the request's thread; must not block. */
public interface PredictionListener {
    PredictionListener NONE = _ -> {};

    void finished(Prediction prediction);

    /**
     * One answered request.
     *
     * @param protocol {@code native} or {@code v2}
     * @param target what the caller named, never checked against anything
     * @param error empty when it was answered well
     */
    record Prediction(
            String protocol,
            Target target,
            Optional<Served> served,
            Optional<ErrorCode> error,
            int status,
            String requestId,
            int rows,
            long bytesIn,
            long bytesOut,
            long totalNanos,
            long readNanos,
            long writeNanos,
            Timings timings) {}
}
