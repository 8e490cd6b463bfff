package dev.serin.gateway.error;

import java.util.Locale;

/** Every failure that a caller can meet. docs/errors.md says what each means and what to do. */
public enum ErrorCode {
    NOT_FOUND,
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
    VERSION_RETIRED,
    VERSION_LOADING,
    VERSION_FAILED,
    INSUFFICIENT_MEMORY,
    MODEL_BUSY,
    QUEUE_TIMEOUT,
    OVERLOADED,
    STOPPING,
    REGISTRY_UNAVAILABLE,
    DEADLINE_EXCEEDED,
    INFERENCE_FAILED,
    INTERNAL;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** {@return the spelling on the wire: {@code model-not-found}} */
    public String label() {
        return label;
    }

    /** {@return whether the request was refused for lack of room or time, and not for what it is} */
    public boolean isRejection() {
        return switch (this) {
            case MODEL_BUSY, QUEUE_TIMEOUT, OVERLOADED, STOPPING, INSUFFICIENT_MEMORY, DEADLINE_EXCEEDED -> true;
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
                    INFERENCE_FAILED,
                    INTERNAL -> false;
        };
    }
}
