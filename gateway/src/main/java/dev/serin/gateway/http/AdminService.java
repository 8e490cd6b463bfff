package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.shadow.Comparison;
import dev.serin.gateway.shadow.ShadowReport;
import dev.serin.gateway.shadow.ShadowReport.Quantiles;
import dev.serin.gateway.shadow.ShadowReports;
import io.helidon.http.Method;
import java.util.List;
import java.util.Optional;

/** {@code GET /admin/models/{model}/shadow}: what operators ask of one gateway. On the management port alone. */
final class AdminService implements EdgeService {
    private final Catalog catalog;
    private final ShadowReports shadows;

    AdminService(Catalog catalog, ShadowReports shadows) {
        this.catalog = catalog;
        this.shadows = shadows;
    }

    @Override
    public void serve(Exchange exchange, List<String> path) {
        if (path.size() != 4 || !path.get(1).equals("models") || !path.get(3).equals("shadow")) {
            throw HttpErrors.noSuchPath(exchange.rawPath());
        }
        exchange.allow(Method.GET);
        CatalogModel model = Lookup.model(catalog, path.get(2));
        ObjectNode body = Json.object().put("model", model.name().value());
        Optional<ShadowReport> report = shadows.of(model.name());
        report.ifPresentOrElse(seen -> body.set("shadow", shadow(seen)), () -> body.putNull("shadow"));
        exchange.send(body);
    }

    private static ObjectNode shadow(ShadowReport report) {
        ObjectNode json = Json.object()
                .put("version", report.shadow().version().value())
                .put("answered_by", report.answeredBy().version().value())
                .put("since", report.since().toString())
                .put("compared", report.compared())
                .put("agreed", report.agreed())
                .put("failed", report.failed())
                .put("dropped", report.dropped())
                .put("max_absolute_difference", finite(report.maxAbsolute()))
                .put("max_relative_difference", finite(report.maxRelative()))
                .put("ranked", report.ranked())
                .put("same_ranks", report.sameRanks());
        json.set("usual_run_seconds", seconds(report.usualMicros()));
        json.set("shadow_run_seconds", seconds(report.shadowMicros()));
        ArrayNode worst = json.putArray("worst");
        for (ShadowReport.Example example : report.worst()) {
            Comparison comparison = example.comparison();
            worst.addObject()
                    .put("request_id", example.requestId())
                    .put("agrees", comparison.agrees())
                    .put("max_absolute_difference", finite(comparison.maxAbsolute()))
                    .put("max_relative_difference", finite(comparison.maxRelative()));
        }
        return json;
    }

    private static ObjectNode seconds(Quantiles micros) {
        return Json.object().put("p50", micros.p50() / 1e6).put("p99", micros.p99() / 1e6);
    }

    /** JSON has no word for infinity. */
    private static double finite(double difference) {
        return Double.isInfinite(difference) ? Double.MAX_VALUE : difference;
    }
}
