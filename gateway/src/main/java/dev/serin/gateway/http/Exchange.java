package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.predict.PredictionListener.Prediction;
import dev.serin.gateway.predict.Served;
import dev.serin.gateway.predict.Target;
import dev.serin.gateway.predict.Timings;
import dev.serin.gateway.routing.Route;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One request on its way through the edge, and what is known of it so far. Confined to the request's thread. */
final class Exchange {
    static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
    static final Header OCTET_STREAM = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/octet-stream");
    private static final HeaderName SERIN_MODEL = HeaderNames.create("Serin-Model");
    private static final HeaderName SERIN_VERSION = HeaderNames.create("Serin-Version");
    private static final HeaderName SERIN_EXPLAIN = HeaderNames.create("Serin-Explain");
    private static final HeaderName SERIN_DIGEST = HeaderNames.create("Serin-Digest");
    private static final HeaderName SERIN_DECISION = HeaderNames.create("Serin-Decision");
    private static final HeaderName SERVER_TIMING = HeaderNames.create("Server-Timing");
    private static final Map<Route, Header> ROUTES = routes();

    private final ServerRequest request;
    private final ServerResponse response;
    private final Drain drain;
    private final long startNanos;
    private final Protocol protocol;
    private final String requestId;
    private boolean lastOfConnection;
    private boolean isStreaming; // an answer, of which Helidon says only after our handler that it is sent

    // of a prediction only
    private @Nullable Target target;
    private @Nullable Served served;
    private @Nullable ErrorCode error;
    private Timings timings = Timings.NONE;
    private int rows;
    private long bytesIn;
    private long bytesOut;
    private long readNanos;
    private long writeNanos = -1;

    Exchange(ServerRequest request, ServerResponse response, Drain drain, long startNanos) {
        this.request = request;
        this.response = response;
        this.drain = drain;
        this.startNanos = startNanos;
        this.protocol = Protocol.of(rawPath());
        this.requestId = RequestIds.of(request.headers());
    }

    ServerRequest request() {
        return request;
    }

    /** {@return the value of a header that may be a key: of what is not ASCII the connection has made one sign, whatever it was} */
    Optional<String> routingKey(String name) {
        return headerText(name).filter(value -> value.indexOf('\ufffd') < 0);
    }

    /** {@return the value of a header, its first where there are several; empty when it is missing or blank} */
    Optional<String> headerText(String name) {
        return request.headers().first(HeaderNames.create(name)).filter(value -> !value.isBlank());
    }

    ServerRequestHeaders headers() {
        return request.headers();
    }

    String rawPath() {
        return request.prologue().uriPath().rawPath();
    }

    Protocol protocol() {
        return protocol;
    }

    String requestId() {
        return requestId;
    }

    /** {@return when its head arrived, on {@link System#nanoTime()}} */
    long startNanos() {
        return startNanos;
    }

    Optional<Served> served() {
        return Optional.ofNullable(served);
    }

    /**
     * Lets these methods pass; HEAD passes as GET where the protocol does not forbid it.
     *
     * @throws ServingException {@code method-not-allowed}
     */
    void allow(Method... only) {
        for (Method each : only) {
            if (isMethod(each) || (isHead() && each.equals(Method.GET) && protocol != Protocol.V2)) {
                return;
            }
        }
        List<String> names = Stream.of(only).map(Method::text).toList();
        response.header(HeaderValues.create(HeaderNames.ALLOW, String.join(", ", names)));
        throw new ServingException(
                ErrorCode.METHOD_NOT_ALLOWED,
                "%s is not possible here; this path takes %s."
                        .formatted(request.prologue().method().text(), String.join(" or ", names)));
    }

    boolean isMethod(Method method) {
        return request.prologue().method().equals(method);
    }

    /** {@return the address that the caller has reached} */
    Optional<InetAddress> reachedAt() {
        return request.localPeer().address() instanceof InetSocketAddress reached
                ? Optional.ofNullable(reached.getAddress())
                : Optional.empty();
    }

    /** Says that this is a prediction, which listeners hear of. */
    void predicting(Target asked) {
        target = asked;
    }

    void read(long bytes) {
        bytesIn = bytes;
        readNanos = System.nanoTime() - startNanos;
    }

    void answered(Optional<Served> by, Timings spent) {
        served = by.orElse(null);
        timings = spent;
    }

    void rows(int count) {
        rows = count;
    }

    void written(long nanos) {
        writeNanos = nanos;
    }

    /** Says that nothing more can come over this connection. */
    void endConnection() {
        lastOfConnection = true;
    }

    boolean isLastOfConnection() {
        return lastOfConnection;
    }

    void header(Header header) {
        response.header(header);
    }

    /** Answers with JSON for people: indented, a newline at its end. */
    void send(JsonNode body) {
        send(Status.OK_200, JSON, Json.indented(body));
    }

    /** Answers. */
    void send(Status status, Header contentType, byte[] body) {
        send(status, contentType, body, body.length);
    }

    /** Answers with outputs. */
    void send(Encoded answer) {
        GrowingBytes json = answer.json();
        if (answer.bytes().isEmpty()) {
            send(Status.OK_200, JSON, json.array(), json.size());
            return;
        }
        response.header(JsonLengthHeader.of(json.size()));
        begin(Status.OK_200, OCTET_STREAM, answer.length());
        response.headers().contentLength(answer.length());
        try (OutputStream out = response.outputStream()) { // whole, Helidon would copy it behind the head
            isStreaming = true;
            json.writeTo(out);
            answer.bytes().get().writeTo(out);
        } catch (IOException e) {
            throw new CloseConnectionException("The answer could not be written", e);
        }
    }

    /** Answers with the first bytes of an array. */
    private void send(Status status, Header contentType, byte[] body, int length) {
        begin(status, contentType, length);
        if (isHead()) {
            response.headers().contentLength(length);
            response.send();
        } else {
            response.send(body, 0, length);
        }
    }

    private void begin(Status status, Header contentType, long length) {
        bytesOut = length;
        lastOfConnection |= drain.isDraining();
        response.status(status).header(contentType);
        addCommonHeaders();
    }

    /** Remembers why there is no good answer. */
    void failed(ErrorCode code) {
        error = code;
    }

    /** {@return whether there was an answer, whole or in part} */
    boolean isSent() {
        return isStreaming || response.isSent();
    }

    /** {@return what listeners are told; empty when this was no prediction, or the caller left before an answer} */
    Optional<Prediction> prediction() {
        if (target == null || !isSent()) {
            return Optional.empty();
        }
        return Optional.of(new Prediction(
                protocol.label(),
                target,
                Optional.ofNullable(served),
                Optional.ofNullable(error),
                response.status().code(),
                requestId,
                rows,
                bytesIn,
                bytesOut,
                System.nanoTime() - startNanos,
                readNanos,
                Math.max(0, writeNanos),
                timings));
    }

    private boolean isHead() {
        return isMethod(Method.HEAD);
    }

    private void addCommonHeaders() {
        response.header(HeaderValues.create(RequestIds.X_REQUEST_ID, requestId));
        if (served != null) {
            response.header(
                    HeaderValues.create(SERIN_MODEL, served.version().model().value()));
            response.header(HeaderValues.create(
                    SERIN_VERSION, served.version().version().value()));
            response.header(routeHeader(served.route()));
            if (served.sunset().isPresent()) {
                SunsetHeaders.of(served.version().model(), served.sunset().get())
                        .forEach(response::header);
            }
            if (request.headers().contains(SERIN_EXPLAIN)) {
                explain(served);
            }
        }
        if (target != null) {
            response.header(HeaderValues.create(SERVER_TIMING, ServerTiming.format(readNanos, timings, writeNanos)));
        }
        if (lastOfConnection) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
    }

    private void explain(Served by) {
        if (headerText("Serin-Explain").filter("true"::equalsIgnoreCase).isPresent()) {
            by.digest()
                    .ifPresent(digest -> response.header(HeaderValues.create(SERIN_DIGEST, "sha256=" + digest.hex())));
            response.header(HeaderValues.create(SERIN_DECISION, by.decision().explanation()));
        }
    }

    private static Header routeHeader(Route route) {
        return Objects.requireNonNull(ROUTES.get(route));
    }

    private static Map<Route, Header> routes() {
        HeaderName name = HeaderNames.create("Serin-Route");
        Map<Route, Header> headers = new EnumMap<>(Route.class);
        for (Route route : List.of(Route.values())) {
            headers.put(route, HeaderValues.createCached(name, route.label()));
        }
        return headers;
    }
}
