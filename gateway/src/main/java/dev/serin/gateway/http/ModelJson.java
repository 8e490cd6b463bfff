package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.routing.Shares;
import dev.serin.registry.Digest;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.serving.LoadReport;
import java.time.Duration;
import java.util.Locale;

/** Models and versions as {@code /models} shows them. */
final class ModelJson {
    private static final double NANOS_PER_SECOND = 1e9;

    private ModelJson() {}

    static ObjectNode of(CatalogModel model) {
        ObjectNode json = Json.object()
                .put("name", model.name().value())
                .put("newest", model.newest().map(ModelJson::name).orElse(null));
        ObjectNode aliases = json.putObject("aliases");
        model.targets().aliases().forEach((alias, version) -> aliases.put(alias.value(), version.value()));
        ArrayNode versions = json.putArray("versions");
        for (CatalogVersion version : model.versions()) {
            ObjectNode entry = versions.addObject()
                    .put("version", name(version))
                    .put("state", version.state().label())
                    .put("digest", version.digest().map(Digest::hex).orElse(null));
            addMemory(entry, version);
        }
        return json;
    }

    private static void addMemory(ObjectNode json, CatalogVersion version) {
        if (version.memoryBytes() > 0) {
            json.put("memory_bytes", version.memoryBytes());
        }
    }

    static ObjectNode withTraffic(CatalogModel model, Shares shares) {
        ObjectNode json = of(model);
        ModelPolicy policy = model.policy();
        ObjectNode pending = Json.object();
        policy.aliases().forEach((alias, wanted) -> {
            if (!wanted.equals(model.targets().aliases().get(alias))) {
                pending.put(alias.value(), wanted.value());
            }
        });
        if (!pending.isEmpty()) {
            json.set("aliases_pending", pending);
        }
        ObjectNode traffic = TrafficJson.of(policy);
        model.targets().primary().ifPresent(version -> traffic.put("primary_version", version.value()));
        if (traffic.get("canary") instanceof ObjectNode canary) {
            canary.put("weight", shares.canary() / 100.0);
            shares.whyNoCanary().ifPresent(why -> canary.put("why_not", why));
        }
        if (traffic.get("shadow") instanceof ObjectNode shadow) {
            shares.whyNoShadow().ifPresent(why -> shadow.put("why_not", why));
        }
        json.set("traffic", traffic);
        if (!policy.unknown().isEmpty()) {
            ArrayNode unknown = json.putArray("policy_unknown");
            policy.unknown().forEach(unknown::add);
        }
        model.policyProblem().ifPresent(problem -> json.put("policy_problem", problem));
        return json;
    }

    static ObjectNode of(CatalogModel model, CatalogVersion version, Shares shares) {
        ObjectNode json = Json.object()
                .put("model", model.name().value())
                .put("version", name(version))
                .put("state", version.state().label());
        version.failure().ifPresent(failure -> {
            json.put("reason", failure.reason()).put("attempts", failure.attempts());
            failure.nextTry().ifPresent(next -> json.put("next_try", next.toString()));
        });
        version.discrepancy().ifPresent(how -> {
            ObjectNode discrepancy = json.putObject("discrepancy")
                    .put("kind", how.kind().label())
                    .put("since", how.since().toString())
                    .put("detail", how.detail());
            how.found().ifPresent(found -> discrepancy.put("found", found.hex()));
        });
        json.put("digest", version.digest().map(Digest::hex).orElse(null))
                .put("published_at", version.createdAt().toString())
                .put("source", version.source().name().toLowerCase(Locale.ROOT));
        version.signature().ifPresent(signature -> json.set("signature", SignatureJson.full(signature)));
        addAliases(json, model, version);
        ModelVersion name = version.id().version();
        json.putObject("route").put("role", shares.role(name)).put("weight", shares.weight(name));
        version.loaded().ifPresent(loaded -> addLoad(json, version, loaded));
        json.set("metadata", version.metadata());
        return json;
    }

    private static void addAliases(ObjectNode json, CatalogModel model, CatalogVersion version) {
        ArrayNode aliases = json.putArray("aliases");
        model.targets().aliases().forEach((alias, target) -> {
            if (target.equals(version.id().version())) {
                aliases.add(alias.value());
            }
        });
    }

    private static void addLoad(ObjectNode json, CatalogVersion version, CatalogVersion.Loaded loaded) {
        LoadReport report = loaded.report();
        json.put("batchable", report.batchable());
        if (!report.batchable()) {
            json.put("why_not", report.whyNotBatchable());
        }
        addMemory(json, version);
        json.putObject("load_seconds")
                .put("download", seconds(loaded.download()))
                .put("verify", seconds(loaded.verify()))
                .put("read", seconds(report.read()))
                .put("create", seconds(report.create()))
                .put("warm", seconds(report.warm()));
    }

    private static double seconds(Duration duration) {
        return Math.round(duration.toNanos() / NANOS_PER_SECOND * 1e6) / 1e6;
    }

    private static String name(CatalogVersion version) {
        return version.id().version().value();
    }
}
