package dev.serin.gateway.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@code GET /}: a page for a browser, a sign of life for the rest. */
final class RootService implements EdgeService {
    private static final Header HTML = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");

    private final byte[] page;
    private final byte[] alive = Json.compact(Json.object().put("status", "alive"));

    RootService(String page) {
        this.page = page.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void serve(Exchange exchange, List<String> path) {
        exchange.allow(Method.GET);
        if (wantsHtml(exchange)) {
            exchange.send(Status.OK_200, HTML, page);
        } else {
            exchange.send(Status.OK_200, Exchange.JSON, alive);
        }
    }

    private static boolean wantsHtml(Exchange exchange) {
        return exchange.headers().contains(HeaderNames.ACCEPT)
                && exchange.headers().get(HeaderNames.ACCEPT).get().contains("text/html");
    }
}
