package dev.serin.gateway.http;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Failures from before the routing (a broken request line, heads too large, declared bodies too large), rendered alike. */
final class TransportErrors implements DirectHandler {
    private final HttpErrors errors;

    TransportErrors(HttpErrors errors) {
        this.errors = errors;
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
        String requestId = RequestIds.of(request.headers());
        HttpErrors.Rendered rendered = errors.render(
                Protocol.of(request.path()),
                failure(request.headers(), defaultStatus),
                Optional.empty(),
                requestId);
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
}
