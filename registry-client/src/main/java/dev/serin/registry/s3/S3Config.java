package dev.serin.registry.s3;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How to reach a bucket. Credentials are no part of it: they come from where AWS's tools look for them (environment,
 * profile, web identity, container, instance) and are read anew when they change.
 *
 * @param endpoint where the store is, if it is not AWS: {@code http} or {@code https}, host and port, no path
 * @param region what requests are signed for; if absent, what the environment says, else {@code us-east-1}
 * @param pathStyle whether the bucket stands in the path rather than in the host name; if absent, when there is an
 *     endpoint
 * @param caFile certificates in PEM that are trusted instead of Java's
 * @param attempts how often a request is made at most: 1 where the caller has a way of its own to try again
 */
public record S3Config(
        S3Location location,
        Optional<URI> endpoint,
        Optional<String> region,
        Optional<Boolean> pathStyle,
        Optional<Path> caFile,
        int attempts,
        Timeouts timeouts) {
    /** For the gateway, which polls: one attempt. */
    public static final int ONE_ATTEMPT = 1;

    /** For tools, which run once. */
    public static final int TOOL_ATTEMPTS = 3;

    /**
     * Checks what can be checked without asking anybody.
     *
     * @throws IllegalArgumentException when the endpoint is no base of URLs, or there is no attempt at all
     */
    public S3Config {
        endpoint.ifPresent(S3Config::checkEndpoint);
        if (attempts < 1) {
            throw new IllegalArgumentException("There must be at least 1 attempt, got " + attempts);
        }
    }

    /** {@return what suits AWS and a gateway} */
    public static S3Config of(S3Location location) {
        return new S3Config(
                location,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                ONE_ATTEMPT,
                Timeouts.DEFAULT);
    }

    /** {@return the same, asked as often as this} */
    public S3Config withAttempts(int number) {
        return new S3Config(location, endpoint, region, pathStyle, caFile, number, timeouts);
    }

    /**
     * Checks an endpoint.
     *
     * @throws IllegalArgumentException when it is no base of URLs
     */
    public static void checkEndpoint(URI endpoint) {
        String scheme = endpoint.getScheme();
        boolean bare = endpoint.getRawUserInfo() == null
                && endpoint.getRawQuery() == null
                && endpoint.getRawFragment() == null
                && (endpoint.getRawPath() == null || endpoint.getRawPath().matches("/?"));
        if (endpoint.getHost() == null || !bare || !("http".equals(scheme) || "https".equals(scheme))) {
            throw new IllegalArgumentException( // not shown: it may have a password in it
                    "An S3 endpoint is http:// or https:// with a host and perhaps a port, as in http://minio:9000");
        }
    }

    /** {@return whether somebody waits for each answer, who asks once; a poll does not, and asks again} */
    boolean isForTool() {
        return attempts > ONE_ATTEMPT;
    }

    boolean usesPathStyle() {
        return pathStyle.orElse(endpoint.isPresent());
    }

    /** {@return where this is, for people} */
    String displayName() {
        return location + endpoint.map(" (%s)"::formatted).orElse("");
    }

    /**
     * How long to wait for what.
     *
     * @param connect for a connection
     * @param socket for the next byte
     * @param call for the head of an answer, and for the whole of a small one
     * @param rateWindow how long a transfer may be slower than the minimum rate
     * @param minimumRate bytes a second; a transfer that is slower is cut
     */
    public record Timeouts(Duration connect, Duration socket, Duration call, Duration rateWindow, long minimumRate) {
        public static final Timeouts DEFAULT = new Timeouts(
                Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(10), 16 << 10);

        /**
         * Checks the sizes.
         *
         * @throws IllegalArgumentException when one of them is not positive
         */
        public Timeouts {
            if (!connect.isPositive()
                    || !socket.isPositive()
                    || !call.isPositive()
                    || !rateWindow.isPositive()
                    || minimumRate < 1) {
                throw new IllegalArgumentException("Timeouts and the minimum rate must be positive");
            }
        }

        /** {@return for how long so many bytes may take to go out} */
        Duration upload(long bytes) {
            return call.plusSeconds(bytes / minimumRate);
        }
    }
}
