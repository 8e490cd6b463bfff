package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.shadow.Comparison;
import dev.serin.gateway.shadow.ShadowReport;
import dev.serin.gateway.shadow.ShadowReport.Quantiles;

/** What the comparison of a shadow with the version that answers has shown. */
final class ShadowJson {
    private ShadowJson() {}

    static ObjectNode of(ShadowReport report) {
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
