package dev.serin.gateway.observe;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.rollout.RolloutListener;
import dev.serin.gateway.rollout.Rollouts;
import dev.serin.gateway.rollout.Verdict;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.routing.Shares;
import dev.serin.gateway.sessions.SessionListener;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.ModelVersion;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** Who gets how much, and what guards find, as Prometheus reads it: of models that have a policy for their traffic. Thread-safe. */
public final class TrafficMetrics implements RolloutListener, SessionListener {
    private static final List<String> VERDICTS = List.of("ok", "breached", "inconclusive");

    private final Catalog catalog;
    private final Routes routes;
    private final InstantSource clock;
    private final ConcurrentMap<ModelName, Duration> aheadWhenRead = new ConcurrentHashMap<>();
    private final Family<LongAdder> aborts =
            Family.counter("serin_canary_aborts_total", "Canaries that this gateway pulled back.", "model", "rule");

    public TrafficMetrics(Catalog catalog, Routes routes, InstantSource clock) {
        this.catalog = catalog;
        this.routes = routes;
        this.clock = clock;
    }

    @Override
    public void breached(ModelName model, ModelVersion canary, Verdict.Breach breach, String how) {
        aborts.of(model.value(), breach.rule().label()).increment();
    }

    /** What is little ahead is past before anybody asks, so it is measured as soon as it is read. */
    @Override
    public void policyChanged(ModelName model, List<HistoryEntry> news) {
        news.stream()
                .map(HistoryEntry::at)
                .max(Instant::compareTo)
                .ifPresentOrElse(
                        latest -> aheadWhenRead.put(model, Duration.between(clock.instant(), latest)),
                        () -> aheadWhenRead.remove(model)); // edited by hand: nobody's clock is told
    }

    /** {@return the present state, as Prometheus text} */
    public String scrape(Rollouts rollouts) {
        List<CatalogModel> models = catalog.models().stream()
                .filter(model -> model.policy().primary().isPresent()
                        || model.policy().canary().isPresent()
                        || model.policy().shadow().isPresent())
                .toList();
        PrometheusText text = new PrometheusText();
        aborts.write(text);
        if (!models.isEmpty()) {
            text.family(
                    "serin_traffic_weight_ratio",
                    "gauge",
                    "Share of requests that name no version, as this gateway deals them.");
            models.forEach(model -> weights(text, model));
            text.family(
                    "serin_policy_clock_ahead_seconds",
                    "gauge",
                    "How far the clock of who last changed a policy is ahead of this gateway's, at least.");
            models.forEach(model -> text.sample("serin_policy_clock_ahead_seconds", labels(model), ahead(model)));
        }
        List<CatalogModel> guarded = models.stream()
                .filter(model -> model.policy().canary().flatMap(Canary::guard).isPresent())
                .toList();
        if (!guarded.isEmpty()) {
            text.family("serin_canary_guard_state", "gauge", "1 for what the guard finds.");
            guarded.forEach(model -> verdict(text, model, rollouts));
        }
        return text.toString();
    }

    private static String labels(CatalogModel model) {
        return PrometheusText.labels("model", model.name().value());
    }

    private void weights(PrometheusText text, CatalogModel model) {
        Shares shares = routes.shares(model);
        shares.usual()
                .ifPresent(version -> weight(
                        text, model, version, "primary", shares.weight(version).doubleValue()));
        shares.trial().ifPresent(version -> weight(text, model, version, "canary", shares.canary() / 100.0));
        model.policy().shadow().ifPresent(shadow -> weight(text, model, shadow.version(), "shadow", shadow.percent()));
    }

    private static void weight(
            PrometheusText text, CatalogModel model, ModelVersion version, String role, double percent) {
        String labels = PrometheusText.labels("model", model.name().value(), "version", version.value(), "role", role);
        text.sample("serin_traffic_weight_ratio", labels, percent / 100);
    }

    /** Of what was there at the start only what is still ahead can be told. */
    private double ahead(CatalogModel model) {
        Instant now = clock.instant();
        Duration greatest = Stream.concat(
                        Optional.ofNullable(aheadWhenRead.get(model.name())).stream(),
                        model.policy().history().stream().map(entry -> Duration.between(now, entry.at())))
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
        return Math.max(0, greatest.toMillis()) / 1e3;
    }

    private static void verdict(PrometheusText text, CatalogModel model, Rollouts rollouts) {
        Canary canary = model.policy().canary().orElseThrow();
        String present = rollouts.look(model.name(), canary.id())
                .map(look -> switch (look.verdict()) {
                    case Verdict.Clean() -> "ok";
                    case Verdict.Breach _ -> "breached";
                    case Verdict.Inconclusive _ -> "inconclusive";
                })
                .orElse(canary.aborted().isPresent() ? "breached" : "inconclusive");
        for (String state : VERDICTS) {
            String labels = PrometheusText.labels(
                    "model", model.name().value(), "version", canary.version().value(), "state", state);
            text.sample("serin_canary_guard_state", labels, state.equals(present) ? 1 : 0);
        }
    }
}
