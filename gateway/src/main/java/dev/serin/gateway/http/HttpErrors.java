package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.RegistryState.Stale;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.error.Wording;
import dev.serin.gateway.predict.Served;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.OutputFormException;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * The only place where failures become HTTP responses, whether they come out of the routing ({@link #send}) or from
 * before it ({@link TransportErrors}). Thread-safe.
 */
final class HttpErrors {
    private static final HeaderName SERIN_ERROR = HeaderNames.create("Serin-Error");
    private static final HeaderName SERIN_REGISTRY = HeaderNames.create("Serin-Registry");
    private static final Header PROBLEM =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/problem+json");

    /** By so much of the time, and a second at least, some come back later than others: the header has whole seconds. */
    private static final double JITTER = 0.4;

    private final long maxBodyBytes;
    private final Catalog catalog;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final HttpEdge.HiddenFailures hidden;

    /**
     * Renders failures.
     *
     * @param catalog tells whether what is not known here may be in the registry all the same
     * @param random for the jitter of {@code Retry-After}
     * @param hidden hears of what a caller is not told
     */
    HttpErrors(
            long maxBodyBytes,
            Catalog catalog,
            InstantSource clock,
            RandomGenerator random,
            HttpEdge.HiddenFailures hidden) {
        this.maxBodyBytes = maxBodyBytes;
        this.catalog = catalog;
        this.clock = clock;
        this.random = random;
        this.hidden = hidden;
    }

    /** A failure as it goes over the wire. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Rendered(Status status, List<Header> headers, Header contentType, byte[] body) {}

    /** Answers an exchange that failed. */
    void send(Exchange exchange, RuntimeException failure) {
        ServingException told = translate(failure, exchange);
        if (failure instanceof RequestException) {
            exchange.endConnection(); // what is left of the body cannot be told from a next request
            Connections.bodyLeft();
        }
        exchange.failed(told.code());
        Rendered rendered = render(exchange.protocol(), told, exchange.served(), exchange.requestId());
        rendered.headers().forEach(exchange::header);
        exchange.send(rendered.status(), rendered.contentType(), rendered.body());
    }

    /** {@return the failure in the manner of a protocol} */
    Rendered render(Protocol protocol, ServingException failure, Optional<Served> served, String requestId) {
        List<Header> headers = new ArrayList<>(2);
        headers.add(HeaderValues.create(SERIN_ERROR, failure.code().label()));
        failure.retryAfter().ifPresent(wait -> headers.add(retryAfter(wait)));
        return switch (protocol) {
            case NATIVE ->
                new Rendered(nativeStatus(failure.code()), headers, PROBLEM, problem(failure, served, requestId));
            case V2 -> new Rendered(v2Status(failure.code()), headers, Exchange.JSON, v2Error(failure));
        };
    }

    /** {@return a whole answer, head and all, to a body that does not come: nobody else can send one} */
    byte[] tooSlow(Exchange exchange) {
        ServingException failure = new ServingException(
                ErrorCode.REQUEST_TIMEOUT,
                "The body came too slowly or stopped coming; the connection is closed. Send it again.");
        Rendered rendered = render(exchange.protocol(), failure, Optional.empty(), exchange.requestId());
        List<Header> headers = new ArrayList<>(rendered.headers());
        headers.add(rendered.contentType());
        headers.add(HeaderValues.create(RequestIds.X_REQUEST_ID, exchange.requestId()));
        headers.add(HeaderValues.create(HeaderNames.CONTENT_LENGTH, rendered.body().length));
        headers.add(HeaderValues.CONNECTION_CLOSE);
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        String head = headers.stream()
                .map(header -> header.name() + ": " + header.get() + "\r\n")
                .collect(Collectors.joining("", "HTTP/1.1 " + rendered.status().text() + "\r\n", "\r\n"));
        answer.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        answer.writeBytes(rendered.body());
        return answer.toByteArray();
    }

    /** {@return what the caller is told of a failure} */
    private ServingException translate(RuntimeException failure, Exchange exchange) {
        return switch (failure) {
            case ServingException serving -> translate(serving, exchange);
            case InvalidInputException input ->
                new ServingException(codeOf(input.kind()), textOf(input), input).withFaults(input.faults());
            case OutputFormException output ->
                hide(new ServingException(ErrorCode.INFERENCE_FAILED, textOf(output), output), exchange);
            case RequestException unreadable -> unreadable(unreadable.status());
            case CloseConnectionException gone -> throw gone; // nobody is left to be told
            default ->
                hide(
                        new ServingException(ErrorCode.INTERNAL, "The gateway failed on this request.", failure),
                        exchange);
        };
    }

    private ServingException translate(ServingException failure, Exchange exchange) {
        return switch (failure.code()) {
            case INTERNAL, INFERENCE_FAILED, REGISTRY_UNAVAILABLE -> hide(failure, exchange);
            case FORBIDDEN -> failure.getCause() == null ? failure : hide(failure, exchange);
            case MODEL_NOT_FOUND -> notKnownHere(failure, "model", exchange);
            case VERSION_NOT_FOUND -> notKnownHere(failure, "version", exchange);
            default -> failure;
        };
    }

    /** Says so where the registry may hold by now what this gateway does not know of. */
    private ServingException notKnownHere(ServingException failure, String what, Exchange exchange) {
        Optional<Stale> stale = catalog.registry().stale();
        if (stale.isEmpty()) {
            return failure;
        }
        Duration age = stale.get().age(clock);
        exchange.header(HeaderValues.create(SERIN_REGISTRY, "stale; age=" + age.toSeconds()));
        return new ServingException(
                failure.code(),
                "%s Not known here; the registry could not be read for %s, so a newer %s may exist."
                        .formatted(failure.text(), Wording.duration(age), what),
                failure);
    }

    /** Tells the operators, once; {@return what is left for the caller} */
    private ServingException hide(ServingException failure, Exchange exchange) {
        Throwable cause = Objects.requireNonNullElse(failure.getCause(), failure);
        hidden.failed(failure.code(), exchange.served().map(Served::version), exchange.requestId(), cause);
        return new ServingException(
                failure.code(),
                "%s The operator finds the cause under request %s.".formatted(failure.text(), exchange.requestId()),
                cause);
    }

    /** {@return what is wrong with a request that Helidon refused} */
    ServingException unreadable(Status status) {
        if (status.code() == Status.REQUEST_ENTITY_TOO_LARGE_413.code()) {
            return new ServingException(
                    ErrorCode.BODY_TOO_LARGE,
                    "The body is larger than %s, the limit. Send fewer rows at a time."
                            .formatted(Wording.size(maxBodyBytes)));
        }
        return new ServingException(
                ErrorCode.INVALID_REQUEST, "The request is not valid HTTP/1.1; the connection is closed.");
    }

    /** {@return what is wrong with a declared length over the limit} */
    ServingException tooLarge(long declaredBytes) {
        return new ServingException(
                ErrorCode.BODY_TOO_LARGE,
                "The body has %s, the limit is %s. Send fewer rows at a time."
                        .formatted(Wording.size(declaredBytes), Wording.size(maxBodyBytes)));
    }

    /** {@return what is said of a path that leads nowhere} */
    static ServingException noSuchPath(String rawPath) {
        return new ServingException(
                ErrorCode.NOT_FOUND,
                "Nothing is served at %s. GET /models lists the models; POST /models/{model}/predict asks one."
                        .formatted(Wording.quoted(rawPath)));
    }

    /** {@return the same of a thing that has a name} */
    static ServingException noSuch(String rest) {
        return new ServingException(ErrorCode.NOT_FOUND, "There is no " + rest);
    }

    private static String textOf(RuntimeException failure) {
        return Objects.requireNonNull(failure.getMessage());
    }

    private static ErrorCode codeOf(InvalidInputException.Kind kind) {
        return switch (kind) {
            case UNREADABLE -> ErrorCode.INVALID_BODY;
            case MISFIT -> ErrorCode.INVALID_INPUT;
        };
    }

    static Status nativeStatus(ErrorCode code) {
        return switch (code) { // no default: a new code must be decided here
            case INVALID_REQUEST, INVALID_BODY -> Status.BAD_REQUEST_400;
            case INVALID_INPUT -> Status.UNPROCESSABLE_CONTENT_422;
            case NOT_FOUND, MODEL_NOT_FOUND, VERSION_NOT_FOUND -> Status.NOT_FOUND_404;
            case METHOD_NOT_ALLOWED -> Status.METHOD_NOT_ALLOWED_405;
            case UNAUTHENTICATED -> Status.UNAUTHORIZED_401;
            case FORBIDDEN -> Status.FORBIDDEN_403;
            case CONFLICT -> Status.CONFLICT_409;
            case VERSION_RETIRED -> Status.GONE_410;
            case BODY_TOO_LARGE -> Status.REQUEST_ENTITY_TOO_LARGE_413;
            case REQUEST_TIMEOUT -> Status.REQUEST_TIMEOUT_408;
            case UNSUPPORTED_MEDIA_TYPE -> Status.UNSUPPORTED_MEDIA_TYPE_415;
            case MODEL_BUSY -> Status.TOO_MANY_REQUESTS_429;
            case INFERENCE_FAILED, INTERNAL -> Status.INTERNAL_SERVER_ERROR_500;
            case VERSION_LOADING,
                    VERSION_FAILED,
                    INSUFFICIENT_MEMORY,
                    QUEUE_TIMEOUT,
                    OVERLOADED,
                    STOPPING,
                    REGISTRY_UNAVAILABLE -> Status.SERVICE_UNAVAILABLE_503;
            case DEADLINE_EXCEEDED -> Status.GATEWAY_TIMEOUT_504;
        };
    }

    /** V2 has no status for a body that can be read and does not fit; all else is the same on every protocol. */
    static Status v2Status(ErrorCode code) {
        return code == ErrorCode.INVALID_INPUT ? Status.BAD_REQUEST_400 : nativeStatus(code);
    }

    static String title(ErrorCode code) {
        return switch (code) {
            case NOT_FOUND -> "There is nothing at this path";
            case METHOD_NOT_ALLOWED -> "This path does not take this method";
            case INVALID_REQUEST -> "The request cannot be read";
            case MODEL_NOT_FOUND -> "There is no such model";
            case VERSION_NOT_FOUND -> "The model has no such version";
            case INVALID_BODY -> "The body cannot be read";
            case INVALID_INPUT -> "The input does not fit the model";
            case BODY_TOO_LARGE -> "The body is too large";
            case REQUEST_TIMEOUT -> "The body came too slowly";
            case UNSUPPORTED_MEDIA_TYPE -> "This kind of body is not read here";
            case CONFLICT -> "Something else was changed, or stands against it";
            case UNAUTHENTICATED -> "This needs a token";
            case FORBIDDEN -> "This is not allowed";
            case VERSION_RETIRED -> "The version was retired";
            case VERSION_LOADING -> "The version is loading";
            case VERSION_FAILED -> "The version cannot be loaded";
            case INSUFFICIENT_MEMORY -> "There is no room for the version";
            case MODEL_BUSY -> "The model is at its limit";
            case QUEUE_TIMEOUT -> "The request waited too long";
            case OVERLOADED -> "The gateway is at its limit";
            case STOPPING -> "The gateway is shutting down";
            case REGISTRY_UNAVAILABLE -> "The registry cannot be written";
            case DEADLINE_EXCEEDED -> "The deadline passed";
            case INFERENCE_FAILED -> "The model failed on this input";
            case INTERNAL -> "The gateway failed";
        };
    }

    private static byte[] problem(ServingException failure, Optional<Served> served, String requestId) {
        ErrorCode code = failure.code();
        ObjectNode body = Json.object()
                .put("type", "/errors/" + code.label())
                .put("title", title(code))
                .put("status", nativeStatus(code).code())
                .put("code", code.label());
        served.ifPresent(by -> body.put("model", by.version().model().value())
                .put("version", by.version().version().value()));
        body.put("request_id", requestId).put("detail", failure.text());
        if (!failure.faults().isEmpty()) {
            ArrayNode errors = body.putArray("errors");
            failure.faults()
                    .forEach(fault -> errors.addObject()
                            .put("pointer", fault.pointer())
                            .put("rule", fault.rule())
                            .put("detail", fault.detail()));
        }
        return Json.indented(body);
    }

    /** Exactly one member: stock clients fail on more. */
    private static byte[] v2Error(ServingException failure) {
        String text = switch (failure.code()) {
            case NOT_FOUND -> "Not Found";
            case METHOD_NOT_ALLOWED -> "Method Not Allowed";
            default -> failure.text();
        };
        return Json.compact(Json.object().put("error", text));
    }

    private Header retryAfter(Duration wait) {
        double draw;
        synchronized (random) { // most generators are one thread's
            draw = random.nextDouble();
        }
        long least = Math.max(1, Math.round(wait.toMillis() / 1000.0));
        long spread = Math.max(1, Math.round(least * JITTER));
        return HeaderValues.create(HeaderNames.RETRY_AFTER, Long.toString(least + (long) (draw * (spread + 1))));
    }
}
