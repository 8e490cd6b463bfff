package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.rollout.Sample;
import dev.serin.gateway.rollout.Verdict;
import dev.serin.gateway.routing.CanarySchedule;
import dev.serin.gateway.routing.Shares;
import dev.serin.gateway.shadow.Comparison;
import dev.serin.gateway.shadow.ShadowReport;
import dev.serin.gateway.shadow.ShadowReport.Quantiles;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelVersion;
import io.helidon.http.Method;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code GET /admin/models/{model}/rollout} and {@code …/shadow}: what operators ask of one gateway. On the management port
 * alone.
 */
final class AdminService implements EdgeService {
    private final Catalog catalog;
    private final Operations operations;

    AdminService(Catalog catalog, Operations operations) {
        this.catalog = catalog;
        this.operations = operations;
    }

    @Override
    public void serve(Exchange exchange, List<String> path) {
        if (path.size() != 4 || !path.get(1).equals("models")) {
            throw HttpErrors.noSuchPath(exchange.rawPath());
        }
        exchange.allow(Method.GET);
        ObjectNode body = switch (path.get(3)) {
            case "rollout" -> rollout(Lookup.model(catalog, path.get(2)));
            case "shadow" -> shadow(Lookup.model(catalog, path.get(2)));
            default -> throw HttpErrors.noSuchPath(exchange.rawPath());
        };
        exchange.send(body);
    }

    private ObjectNode shadow(CatalogModel model) {
        ObjectNode body = Json.object().put("model", model.name().value());
        Optional<ShadowReport> report = operations.shadows().of(model.name());
        report.ifPresentOrElse(seen -> body.set("shadow", shadow(seen)), () -> body.putNull("shadow"));
        return body;
    }

    private ObjectNode rollout(CatalogModel model) {
        Shares shares = operations.routes().shares(model);
        ObjectNode body = Json.object()
                .put("model", model.name().value())
                .put("primary", shares.usual().map(ModelVersion::value).orElse(null));
        Optional<Canary> canary = model.policy().canary();
        canary.ifPresentOrElse(trial -> body.set("canary", canary(model, trial, shares)), () -> body.putNull("canary"));
        model.policy()
                .promoted()
                .ifPresent(promoted -> body.putObject("promoted")
                        .put("id", promoted.id())
                        .put("version", promoted.version().value())
                        .put("from", promoted.from().value())
                        .put("at", promoted.at().toString())
                        .put("by", promoted.by()));
        return body;
    }

    private ObjectNode canary(CatalogModel model, Canary canary, Shares shares) {
        ObjectNode json = TrafficJson.canary(canary).put("weight", shares.canary() / 100.0);
        shares.whyNoCanary().ifPresent(why -> json.put("why_not", why));
        CanarySchedule schedule = CanarySchedule.of(canary);
        if (schedule.steps() > 0) {
            int step = schedule.stepAt(operations.clock().millis());
            json.put("step", step);
            long next = step == 0 ? schedule.stepBegin(1) : schedule.stepEnd(step);
            if (next != CanarySchedule.NEVER) {
                json.put("step_ends_at", Instant.ofEpochMilli(next).toString());
            }
        }
        canary.guard().ifPresent(guard -> {
            ObjectNode rules = json.putObject("guard")
                    .put("window_seconds", guard.window().toSeconds())
                    .put("min_requests", guard.minRequests());
            guard.maxErrorRate().ifPresent(limit -> rules.put("max_error_rate", limit));
            guard.maxLatencyRatio().ifPresent(limit -> rules.put("max_latency_ratio", limit));
            guard.maxDisagreement().ifPresent(limit -> rules.put("max_disagreement", limit));
            rules.put("on_breach", guard.onBreach().name().toLowerCase(Locale.ROOT))
                    .put("on_success", guard.onSuccess().name().toLowerCase(Locale.ROOT));
        });
        operations.rollouts().look(model.name(), canary.id()).ifPresent(look -> {
            json.set("primary_seen", seen(look.primary()));
            json.set("canary_seen", seen(look.canary()));
            if (canary.guard().isPresent()) {
                verdict(
                        json.putObject("verdict"),
                        look.verdict(),
                        canary.guard().get());
            }
        });
        return json;
    }

    private static ObjectNode seen(Sample sample) {
        ObjectNode json = Json.object()
                .put("requests", sample.requests())
                .put("errors", sample.errors())
                .put("p50_seconds", sample.latencies().quantileNanos(0.5) / 1e9)
                .put("p99_seconds", sample.latencies().quantileNanos(0.99) / 1e9);
        return sample.comparisons() == 0
                ? json
                : json.put("compared", sample.comparisons()).put("disagreed", sample.disagreements());
    }

    private static void verdict(ObjectNode json, Verdict verdict, Guard guard) {
        switch (verdict) {
            case Verdict.Clean() -> json.put("state", "ok");
            case Verdict.Inconclusive inconclusive ->
                json.put("state", "inconclusive").put("text", inconclusive.text());
            case Verdict.Breach breach -> json.put("state", "breached").put("text", breach.text(guard.window()));
        }
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
