package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.rollout.Sample;
import dev.serin.gateway.rollout.Verdict;
import dev.serin.gateway.routing.Shares;
import dev.serin.registry.CanarySchedule;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelVersion;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/** How far the canary of a model has come, and what this gateway has seen of both sides. */
final class RolloutJson {
    private final Operations operations;

    RolloutJson(Operations operations) {
        this.operations = operations;
    }

    ObjectNode of(CatalogModel model) {
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
        if (json.get("aborted") instanceof ObjectNode aborted) {
            model.policy().whyAborted().ifPresent(reason -> aborted.put("reason", reason));
        }
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
}
