package dev.serin.gateway.http;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.predict.PredictionListener;
import dev.serin.gateway.predict.PredictionListener.Prediction;
import dev.serin.gateway.predict.Target;
import dev.serin.gateway.predict.Timings;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Failures from before the routing (broken request lines, heads and declared bodies too large), rendered alike. */
final class TransportErrors implements DirectHandler {
    private final HttpErrors errors;
    private final PredictionListener predictions;

    /** Renders; a prediction that was refused here is one all the same, and listeners hear of it. */
    TransportErrors(HttpErrors errors, PredictionListener predictions) {
        this.errors = errors;
        this.predictions = predictions;
    }

    DirectHandlers forEveryEvent() {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType type : EventType.values()) {
            handlers.addHandler(type, this);
        }
        return handlers.build();
    }

    @Override
    public TransportResponse handle(
            TransportRequest request,
            EventType eventType,
            Status defaultStatus,
            ServerResponseHeaders responseHeaders,
            @Nullable String message) {
        Connections.bodyLeft();
        String requestId = RequestIds.of(request.headers());
        Protocol protocol = Protocol.of(request.path());
        ServingException failure = failure(request.headers(), defaultStatus);
        HttpErrors.Rendered rendered = errors.render(protocol, failure, Optional.empty(), requestId);
        target(request.path()).ifPresent(target -> tell(protocol, target, failure, rendered, requestId));
        rendered.headers().forEach(responseHeaders::set);
        responseHeaders.set(rendered.contentType());
        responseHeaders.set(RequestIds.X_REQUEST_ID, requestId);
        return TransportResponse.builder()
                .status(rendered.status())
                .headers(responseHeaders)
                .keepAlive(false)
                .entity(rendered.body())
                .build();
    }

    private ServingException failure(ServerRequestHeaders headers, Status status) {
        if (status.code() == Status.REQUEST_ENTITY_TOO_LARGE_413.code()
                && headers.contains(HeaderNames.CONTENT_LENGTH)) {
            return errors.tooLarge(headers.contentLength().orElse(0));
        }
        if (status.family() == Status.Family.SERVER_ERROR && status.code() == 500) {
            return new ServingException(ErrorCode.INTERNAL, "The gateway failed on this request.");
        }
        return errors.unreadable(status);
    }

    private static Optional<Target> target(String rawPath) {
        int query = rawPath.indexOf('?');
        return PathSegments.parse(query < 0 ? rawPath : rawPath.substring(0, query))
                .filter(path -> !path.isEmpty())
                .flatMap(path -> switch (path.getFirst()) {
                    case "models" -> NativeService.target(path);
                    case "v2" -> V2Service.target(path);
                    default -> Optional.empty();
                });
    }

    private void tell(
            Protocol protocol,
            Target target,
            ServingException failure,
            HttpErrors.Rendered rendered,
            String requestId) {
        predictions.finished(new Prediction(
                protocol.label(),
                target,
                Optional.empty(),
                Optional.of(failure.code()),
                rendered.status().code(),
                requestId,
                0,
                0,
                rendered.body().length,
                0,
                0,
                0,
                Timings.NONE));
    }
}
