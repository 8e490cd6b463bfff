package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import io.helidon.http.Method;
import io.helidon.http.Status;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** {@code /health/live|ready|started}: one line for probes; for operators also what is not ready, and why. */
final class HealthService implements EdgeService {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** A page for people, and no list of a hundred thousand versions. */
    private static final int MOST_VERSIONS = 100;

    private final Health health;
    private final Optional<Catalog> detailed;

    private HealthService(Health health, Optional<Catalog> detailed) {
        this.health = health;
        this.detailed = detailed;
    }

    /** For the main port. */
    static HealthService brief(Health health) {
        return new HealthService(health, Optional.empty());
    }

    /** For the management port. */
    static HealthService detailed(Health health, Catalog catalog) {
        return new HealthService(health, Optional.of(catalog));
    }

    @Override
    public void serve(Exchange exchange, List<String> path) {
        String which = path.size() == 2 ? path.get(1) : "";
        switch (which) {
            case "live" -> send(exchange, health.live(), Optional.empty());
            case "ready" -> send(exchange, health.ready(), detailed);
            case "started" -> send(exchange, health.started(), Optional.empty());
            default -> throw HttpErrors.noSuchPath(exchange.rawPath());
        }
    }

    private static void send(Exchange exchange, Health.Verdict verdict, Optional<Catalog> detailed) {
        exchange.allow(Method.GET);
        ObjectNode body = Json.object().put("status", verdict.isUp() ? "UP" : "DOWN");
        if (!verdict.isUp()) {
            body.put("reason", verdict.reason());
        }
        detailed.ifPresent(catalog -> body.set("checks", checks(verdict, catalog)));
        byte[] text = detailed.isPresent() ? Json.indented(body) : Json.compact(body);
        exchange.send(verdict.isUp() ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503, Exchange.JSON, text);
    }

    private static ObjectNode checks(Health.Verdict verdict, Catalog catalog) {
        ObjectNode checks = MAPPER.valueToTree(verdict.details());
        List<CatalogVersion> all = catalog.models().stream()
                .flatMap(model -> model.versions().stream())
                .toList();
        List<CatalogVersion> notable = all.stream()
                .filter(version -> version.state() != VersionState.READY
                        || version.discrepancy().isPresent())
                .sorted(Comparator.comparingInt(HealthService::rank))
                .toList();
        ObjectNode policies = checks.putObject("policies_unreadable"); // the last good ones hold, so it does not count
        catalog.models().stream()
                .filter(model -> model.policyProblem().isPresent())
                .limit(MOST_VERSIONS)
                .forEach(model ->
                        policies.put(model.name().value(), model.policyProblem().orElseThrow()));
        checks.put(
                "versions_ready",
                all.stream()
                        .filter(version -> version.state() == VersionState.READY)
                        .count());
        ObjectNode versions = checks.putObject("versions");
        notable.stream()
                .limit(MOST_VERSIONS)
                .forEach(version -> describe(versions.putObject(version.id().toString()), version));
        if (notable.size() > MOST_VERSIONS) {
            checks.put("versions_not_shown", notable.size() - MOST_VERSIONS);
        }
        return checks;
    }

    /** What calls for an operator comes first. */
    private static int rank(CatalogVersion version) {
        if (version.discrepancy().isPresent()) {
            return 1;
        }
        return switch (version.state()) {
            case FAILED -> 0;
            case PENDING, DOWNLOADING, LOADING -> version.failure().isPresent() ? 1 : 2;
            case READY, COLD -> 3;
            case RETIRED -> 4;
        };
    }

    private static void describe(ObjectNode json, CatalogVersion version) {
        json.put("state", version.state().label());
        version.failure().ifPresent(failure -> {
            json.put("reason", failure.reason()).put("attempts", failure.attempts());
            failure.nextTry().ifPresent(next -> json.put("next_try", next.toString()));
        });
        version.discrepancy().ifPresent(how -> json.put("discrepancy", how.detail()));
        version.progress()
                .ifPresent(progress -> json.putObject("progress")
                        .put("done_bytes", progress.doneBytes())
                        .put("total_bytes", progress.totalBytes()));
    }
}
