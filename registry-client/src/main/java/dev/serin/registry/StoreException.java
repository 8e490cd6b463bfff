package dev.serin.registry;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * An object store could not be read or written; tells an operator what was asked, what was answered, and what that means.
 */
public final class StoreException extends RegistryException {
    private static final long serialVersionUID = 1;

    private final Kind kind;
    private final boolean certain;
    private final String reason;
    private final transient Details details;

    /**
     * A failure.
     *
     * @param certain whether waiting does not mend it
     * @param whatFailed the beginning of the message: {@code Cannot list '' in s3://models}
     * @param reason its end
     */
    public StoreException(
            Kind kind, boolean certain, String whatFailed, String reason, Details details, Throwable cause) {
        super(whatFailed + ": " + reason, cause);
        this.kind = kind;
        this.certain = certain;
        this.reason = reason;
        this.details = details;
    }

    /** What went wrong, as far as it calls for different advice. */
    public enum Kind {
        /** The store answered that this key may not do this, or is none. */
        REFUSED,
        /** Nowhere were credentials found to sign with. */
        NO_CREDENTIALS,
        NO_SUCH_BUCKET,
        /** The bucket is in another region; {@link Details#rightRegion()} names it if the store did. */
        WRONG_REGION,
        UNKNOWN_HOST,
        CONNECTION_REFUSED,
        /** No connection, no answer, or one that came too slowly. */
        TIMEOUT,
        /** No trust in the other side, or no TLS there. */
        TLS,
        /** Our clock and the store's differ by more than it accepts: by {@link Details#storeClockAhead()}. */
        CLOCK_SKEW,
        /** What answered is no object store. */
        NOT_S3,
        /** The store wants fewer requests. */
        SLOW_DOWN,
        OTHER
    }

    /** What speaks against the place in which the bucket's name is sent. */
    public enum Addressing {
        NOTHING,
        /** The endpoint's host name begins with the bucket's already, and then it is said once more. */
        BUCKET_TWICE,
        /** It is in the host name, and the store seems to look for it in the path. */
        WANTS_PATH,
        /** It is in the path, and the store wants it in the host name. */
        WANTS_HOST
    }

    /** {@return what went wrong} */
    public Kind kind() {
        return kind;
    }

    /** {@return whether waiting does not mend it: the key is refused, there is no such bucket, or it is elsewhere} */
    public boolean isCertain() {
        return certain;
    }

    /** {@return what is known of the last request and its answer} */
    public Details details() {
        return details;
    }

    /** {@return the end of the message: what went wrong, without what was to be done} */
    public String reason() {
        return reason;
    }

    /**
     * What was asked and answered.
     *
     * @param asked absent when no request was made
     * @param answered absent when no answer came
     * @param storeClockAhead the store's clock less ours, from the answer; about a second exact
     * @param rightRegion where the bucket is, if the store said so
     * @param buckets those that our key may see, when ours is none of the store's and the key may list them
     */
    public record Details(
            Optional<Asked> asked,
            Optional<Answered> answered,
            Optional<Duration> storeClockAhead,
            Optional<String> rightRegion,
            Addressing addressing,
            Optional<List<String>> buckets) {
        public Details {
            buckets = buckets.map(List::copyOf);
        }
    }

    /**
     * A request, without anything secret.
     *
     * @param request method and URL
     * @param key the id of the key it was signed with, most of it left out: {@code AKIA…7Q}
     * @param credentialsFrom where the key was found, if that is known
     */
    public record Asked(
            String request, boolean pathStyle, String region, Optional<String> key, Optional<String> credentialsFrom) {}

    /**
     * An answer.
     *
     * @param code S3's error code
     */
    public record Answered(int status, Optional<String> code) {
        /** {@return for people: {@code 403 SignatureDoesNotMatch}} */
        @Override
        public String toString() {
            return status + code.map(" "::concat).orElse("");
        }
    }
}
