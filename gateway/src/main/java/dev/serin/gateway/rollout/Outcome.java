package dev.serin.gateway.rollout;

import dev.serin.gateway.error.ErrorCode;
import java.util.Optional;

/** What the end of a request says about the version that it was routed to. */
public enum Outcome {
    ANSWERED,
    /** The version's own failure: counted as a request and as an error. */
    FAILED,
    /** Says nothing about the version, and is not counted at all. */
    NOT_COUNTED;

    /**
     * {@return what a request's end says}
     *
     * <p>A caller's fault is never held against a version, nor is what the gateway lacks: room, a free slot, a place in a
     * queue, time spent waiting for one. A deadline that passes while the version runs is the version's.
     *
     * @param ran whether a run had begun
     */
    public static Outcome of(Optional<ErrorCode> error, boolean ran) {
        if (error.isEmpty()) {
            return ANSWERED;
        }
        return switch (error.get()) {
            case INFERENCE_FAILED, INTERNAL -> FAILED;
            case DEADLINE_EXCEEDED -> ran ? FAILED : NOT_COUNTED;
            case NOT_FOUND,
                    METHOD_NOT_ALLOWED,
                    INVALID_REQUEST,
                    MODEL_NOT_FOUND,
                    VERSION_NOT_FOUND,
                    INVALID_BODY,
                    INVALID_INPUT,
                    BODY_TOO_LARGE,
                    REQUEST_TIMEOUT,
                    UNSUPPORTED_MEDIA_TYPE,
                    CONFLICT,
                    UNAUTHENTICATED,
                    FORBIDDEN,
                    REGISTRY_UNAVAILABLE,
                    VERSION_RETIRED,
                    VERSION_LOADING,
                    VERSION_FAILED,
                    INSUFFICIENT_MEMORY,
                    MODEL_BUSY,
                    QUEUE_TIMEOUT,
                    OVERLOADED,
                    STOPPING -> NOT_COUNTED;
        };
    }
}
