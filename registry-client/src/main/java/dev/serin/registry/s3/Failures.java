package dev.serin.registry.s3;

import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Addressing;
import dev.serin.registry.StoreException.Answered;
import dev.serin.registry.StoreException.Asked;
import dev.serin.registry.StoreException.Details;
import dev.serin.registry.StoreException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.xml.stream.XMLStreamException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.http.SdkHttpRequest;

/** Tells from the SDK's exceptions, and from what went over the wire, what went wrong, in an operator's words. */
final class Failures {
    private static final Set<String> NO_BUCKET = Set.of("NoSuchBucket");
    private static final Set<String> SKEW = Set.of("RequestTimeTooSkewed", "RequestInTheFuture");
    private static final Set<String> SLOW = Set.of("SlowDown", "Throttling", "TooManyRequests", "RequestLimitExceeded");
    private static final Set<String> ELSEWHERE = Set.of(
            "PermanentRedirect",
            "TemporaryRedirect",
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "IncorrectEndpoint");

    /** How OSS, COS and TOS say that they know no path-style; everybody else knows it. */
    private static final Set<String> WANT_HOST =
            Set.of("SecondLevelDomainForbidden", "PathStyleDomainForbidden", "InvalidPathAccess");

    /** What a store answers that takes the first part of a key for the bucket. */
    private static final Set<String> OTHER_BUCKET = Set.of("NoSuchBucket", "InvalidBucketName");

    /** A key that was good and is not any more may become good again by itself. */
    private static final Set<String> EXPIRED = Set.of("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired");

    private static final Pattern EXPECTED_REGION = Pattern.compile("expecting '([a-z0-9-]{1,40})'");
    private static final Pattern CREDENTIAL = Pattern.compile("Credential=([^/,\\s]+)/[^/]*/([^/]*)/");
    private static final Pattern CODE = Pattern.compile("[A-Za-z0-9.]{1,64}");
    private static final int MAX_CAUSES = 20;

    private final S3Config config;
    private final String region;
    private final Credentials credentials;
    private final Supplier<Optional<List<String>>> buckets;

    /**
     * For one bucket.
     *
     * @param buckets asked when there is no such bucket
     */
    Failures(S3Config config, String region, Credentials credentials, Supplier<Optional<List<String>>> buckets) {
        this.config = config;
        this.region = region;
        this.credentials = credentials;
        this.buckets = buckets;
    }

    /** What went wrong, and how to say it. */
    private record Diagnosis(Kind kind, String reason) {}

    /** {@return the failure of what was to be done: {@code read iris/1/manifest.json}} */
    StoreException of(String what, Exchange exchange, Throwable cause) {
        Details details = details(exchange, cause);
        Diagnosis diagnosis = diagnose(cause, details);
        return new StoreException(
                diagnosis.kind(),
                isCertain(diagnosis.kind(), details),
                "Cannot %s in %s".formatted(what, config.displayName()),
                diagnosis.reason(),
                new Details(
                        details.asked(),
                        details.answered(),
                        details.storeClockAhead(),
                        details.rightRegion(),
                        addressing(diagnosis.kind(), details, cause),
                        diagnosis.kind() == Kind.NO_SUCH_BUCKET ? buckets.get() : Optional.empty()),
                cause);
    }

    private Addressing addressing(Kind kind, Details details, Throwable cause) {
        String code = details.answered().flatMap(Answered::code).orElse("");
        boolean lost = OTHER_BUCKET.contains(code)
                || kind == Kind.NO_SUCH_BUCKET
                || kind == Kind.NOT_S3
                || (!config.usesPathStyle()
                        && (kind == Kind.UNKNOWN_HOST
                                || find(cause, SSLPeerUnverifiedException.class).isPresent()));
        if (WANT_HOST.contains(code)) {
            return Addressing.WANTS_HOST;
        }
        if (lost && bucketIsInEndpoint()) {
            return Addressing.BUCKET_TWICE;
        }
        return lost && !config.usesPathStyle() && config.endpoint().isPresent()
                ? Addressing.WANTS_PATH
                : Addressing.NOTHING;
    }

    private boolean bucketIsInEndpoint() {
        String start = config.location().bucket().toLowerCase(Locale.ROOT) + ".";
        return config.endpoint()
                .map(endpoint -> endpoint.getHost().toLowerCase(Locale.ROOT))
                .filter(host -> host.startsWith(start))
                .isPresent();
    }

    /** {@return the reason alone, for a stream whose reader says what it was doing} */
    String reason(Exchange exchange, Throwable cause) {
        return diagnose(cause, details(exchange, cause)).reason();
    }

    private static boolean isCertain(Kind kind, Details details) {
        return switch (kind) {
            case REFUSED ->
                details.answered()
                        .flatMap(Answered::code)
                        .filter(EXPIRED::contains)
                        .isEmpty();
            case NO_SUCH_BUCKET, WRONG_REGION -> true;
            case NO_CREDENTIALS, UNKNOWN_HOST, CONNECTION_REFUSED, TIMEOUT, TLS, CLOCK_SKEW, NOT_S3, SLOW_DOWN, OTHER ->
                false;
        };
    }

    private Details details(Exchange exchange, Throwable cause) {
        Optional<Answered> answered =
                exchange.answer().map(answer -> new Answered(answer.head().statusCode(), code(cause)));
        return new Details(
                exchange.request().map(this::asked),
                answered,
                exchange.answer().flatMap(Failures::ahead),
                rightRegion(exchange, cause),
                Addressing.NOTHING,
                Optional.empty());
    }

    private Asked asked(SdkHttpRequest request) {
        Optional<Matcher> signature = request.firstMatchingHeader("Authorization")
                .map(CREDENTIAL::matcher)
                .filter(Matcher::find);
        return new Asked(
                request.method() + " " + request.getUri(),
                config.usesPathStyle(),
                signature.map(found -> found.group(2)).orElse(region),
                signature.map(found -> Credentials.masked(found.group(1))),
                credentials.place());
    }

    private static Optional<String> code(Throwable cause) {
        return find(cause, AwsServiceException.class)
                .flatMap(e -> Optional.ofNullable(e.awsErrorDetails()))
                .flatMap(error -> Optional.ofNullable(error.errorCode()))
                .filter(code -> CODE.matcher(code).matches());
    }

    static Optional<Duration> ahead(Exchange.Answer answer) {
        try {
            return answer.head()
                    .firstMatchingHeader("Date")
                    .map(date -> Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date)))
                    .map(date -> Duration.between(answer.at().truncatedTo(ChronoUnit.SECONDS), date));
        } catch (DateTimeParseException _) {
            return Optional.empty(); // it keeps its time to itself
        }
    }

    private static Optional<String> rightRegion(Exchange exchange, Throwable cause) {
        Optional<String> named =
                exchange.answer().flatMap(answer -> answer.head().firstMatchingHeader("x-amz-bucket-region"));
        return named.or(() -> find(cause, AwsServiceException.class)
                .flatMap(e -> Optional.ofNullable(e.awsErrorDetails()))
                .flatMap(error -> Optional.ofNullable(error.errorMessage()))
                .map(EXPECTED_REGION::matcher)
                .filter(Matcher::find)
                .map(found -> found.group(1)));
    }

    private Diagnosis diagnose(Throwable cause, Details details) {
        Optional<Answered> answered = details.answered();
        if (find(cause, AwsServiceException.class).isPresent() && answered.isPresent()) {
            return ofAnswer(answered.get(), details);
        }
        return find(cause, NotS3Exception.class)
                .map(e -> new Diagnosis(Kind.NOT_S3, "what answered is no S3 store, as " + e.getMessage()))
                .orElseGet(() -> ofTransport(cause, details));
    }

    private Diagnosis ofAnswer(Answered answered, Details details) {
        int status = answered.status();
        String code = answered.code().orElse("");
        if (status == 429 || status == 503 || SLOW.contains(code)) {
            return new Diagnosis(Kind.SLOW_DOWN, "the store asks for fewer requests (%s)".formatted(answered));
        }
        if (ELSEWHERE.contains(code) || (status == 301 && details.rightRegion().isPresent())) {
            return new Diagnosis(Kind.WRONG_REGION, wrongRegion(answered, details));
        }
        if (code.isEmpty() && status < 500) {
            return new Diagnosis(
                    Kind.NOT_S3, "what answered is no S3 store, as it answered %s without a code".formatted(answered));
        }
        if (WANT_HOST.contains(code)) {
            return new Diagnosis(Kind.OTHER, "the store wants the bucket in the host name (%s)".formatted(answered));
        }
        if (NO_BUCKET.contains(code) || (isListing(details) && "NoSuchKey".equals(code) && bucketIsInEndpoint())) {
            String bucket = config.location().bucket();
            return new Diagnosis(Kind.NO_SUCH_BUCKET, "there is no bucket '%s' (%s)".formatted(bucket, answered));
        }
        if (SKEW.contains(code)) {
            return new Diagnosis(Kind.CLOCK_SKEW, "%s (%s)".formatted(skew(details), answered));
        }
        if (status == 401 || status == 403 || EXPIRED.contains(code) || code.equals("InvalidToken")) {
            return new Diagnosis(Kind.REFUSED, "the store refused our %s (%s)".formatted(key(details), answered));
        }
        if (status == 412) {
            return new Diagnosis(Kind.OTHER, "it was overwritten meanwhile");
        }
        return new Diagnosis(Kind.OTHER, "the store answered " + answered);
    }

    /** Where the host names the bucket, the one in the path is taken for an object. */
    private static boolean isListing(Details details) {
        return details.asked().map(Asked::request).orElse("").contains("list-type=");
    }

    private static String wrongRegion(Answered answered, Details details) {
        String ours = details.asked().map(Asked::region).orElse("");
        return details.rightRegion()
                .map(right -> "the bucket is in region %s, not in %s (%s)".formatted(right, ours, answered))
                .orElseGet(() -> "the bucket is not in region %s (%s)".formatted(ours, answered));
    }

    private static String skew(Details details) {
        return details.storeClockAhead()
                .filter(ahead -> ahead.abs().toSeconds() > 60)
                .map(ahead -> "the store's clock is %s %s ours"
                        .formatted(inWords(ahead.abs()), ahead.isNegative() ? "behind" : "ahead of"))
                .orElse("the store takes our clock for a wrong one");
    }

    private static String inWords(Duration duration) {
        return duration.toMinutes() < 2
                ? duration.toSeconds() + " seconds"
                : duration.toHours() < 3 ? duration.toMinutes() + " minutes" : duration.toHours() + " hours";
    }

    private static String key(Details details) {
        return "key"
                + details.asked().flatMap(Asked::key).map(" "::concat).orElse("")
                + details.asked()
                        .flatMap(Asked::credentialsFrom)
                        .map(" from "::concat)
                        .orElse("");
    }

    private static Diagnosis ofTransport(Throwable cause, Details details) {
        String host = details.asked().map(Failures::host).orElse("the store");
        if (mentions(cause, "different checksum")) { // the SDK has no type for it
            return new Diagnosis(Kind.OTHER, "the bytes are not those that their checksum was made of");
        }
        if (details.asked().isEmpty() && mentions(cause, "Unable to load credentials")) {
            return new Diagnosis(
                    Kind.NO_CREDENTIALS,
                    "no credentials were found in the environment, the profile, the container or the instance");
        }
        return causes(cause)
                .flatMap(e -> ofCause(e, host).stream())
                .findFirst()
                .or(() -> garbled(cause))
                .or(() -> find(cause, SSLException.class).map(_ -> tls(host, "there is no agreement on it")))
                .orElseGet(() -> new Diagnosis(Kind.OTHER, "the exchange with %s broke off".formatted(host)));
    }

    /** A document that came whole and is none. */
    private static Optional<Diagnosis> garbled(Throwable cause) {
        return find(cause, XMLStreamException.class)
                .filter(_ -> find(cause, IOException.class).isEmpty())
                .map(_ -> new Diagnosis(Kind.NOT_S3, "what answered is no S3 store, as its answer cannot be read"));
    }

    private static boolean mentions(Throwable cause, String words) {
        return causes(cause).map(Throwable::getMessage).anyMatch(message -> message != null && message.contains(words));
    }

    private static Optional<Diagnosis> ofCause(Throwable cause, String host) {
        return Optional.ofNullable(
                switch (cause) {
                    case UnknownHostException _ ->
                        new Diagnosis(Kind.UNKNOWN_HOST, "the host of %s is unknown".formatted(host));
                    case CertificateExpiredException _ -> tls(host, "its certificate has expired");
                    case CertificateNotYetValidException _ -> tls(host, "its certificate is not valid yet");
                    case CertPathBuilderException _ -> tls(host, "its certificate is not trusted");
                    case SSLPeerUnverifiedException _ -> tls(host, "its certificate is for another host");
                    case SlowTransferException _ ->
                        new Diagnosis(Kind.TIMEOUT, "the bytes from %s came too slowly".formatted(host));
                    case SocketTimeoutException _ -> timeout(host);
                    case ApiCallAttemptTimeoutException _ -> timeout(host);
                    case ApiCallTimeoutException _ -> timeout(host);
                    case NoRouteToHostException _ ->
                        new Diagnosis(Kind.OTHER, "there is no route to %s".formatted(host));
                    case ConnectException e
                    when String.valueOf(e.getMessage()).contains("refused") ->
                        new Diagnosis(Kind.CONNECTION_REFUSED, "%s refuses connections".formatted(host));
                    case ConnectException _ ->
                        new Diagnosis(Kind.OTHER, "no connection can be made to %s".formatted(host));
                    case SocketException _ ->
                        new Diagnosis(Kind.OTHER, "the connection to %s was reset".formatted(host));
                    case FileSystemException e ->
                        new Diagnosis(Kind.OTHER, "the file %s cannot be read".formatted(e.getFile()));
                    case AbortedException _ -> new Diagnosis(Kind.OTHER, "it was interrupted");
                    case InterruptedIOException _ -> new Diagnosis(Kind.OTHER, "it was interrupted");
                    default -> null;
                });
    }

    private static Diagnosis tls(String host, String why) {
        return new Diagnosis(Kind.TLS, "TLS with %s failed, as %s".formatted(host, why));
    }

    private static Diagnosis timeout(String host) {
        return new Diagnosis(Kind.TIMEOUT, "%s did not answer in time".formatted(host));
    }

    private static String host(Asked asked) {
        return asked.request().replaceFirst("^[A-Z]+ https?://", "").replaceFirst("[/?].*$", "");
    }

    private static <T extends Throwable> Optional<T> find(Throwable cause, Class<T> type) {
        return causes(cause).filter(type::isInstance).map(type::cast).findFirst();
    }

    private static Stream<Throwable> causes(Throwable cause) {
        return Stream.iterate(Optional.ofNullable(cause), Optional::isPresent, e -> e.map(Throwable::getCause))
                .limit(MAX_CAUSES)
                .flatMap(Optional::stream);
    }
}
