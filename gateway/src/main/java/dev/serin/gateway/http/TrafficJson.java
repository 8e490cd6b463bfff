package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;

/** What a policy says of a model's traffic, as {@code GET /models/{model}} and {@code serin show -o json} spell it. */
public final class TrafficJson {
    private TrafficJson() {}

    /** {@return primary, canary and shadow, as far as there are any} */
    public static ObjectNode of(ModelPolicy policy) {
        ObjectNode traffic = JsonNodeFactory.instance.objectNode();
        policy.primary().ifPresent(primary -> traffic.put("primary", primary));
        policy.canary().ifPresent(canary -> traffic.set("canary", canary(canary)));
        policy.shadow()
                .ifPresent(shadow -> traffic.putObject("shadow")
                        .put("version", shadow.version().value())
                        .put("percent", shadow.percent()));
        return traffic;
    }

    static ObjectNode canary(Canary canary) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("version", canary.version().value())
                .put("weight", canary.weight())
                .put("id", canary.id());
        canary.stickyHeader().ifPresent(header -> json.put("sticky_header", header));
        canary.startedAt().ifPresent(at -> json.put("started_at", at.toString()));
        if (!canary.steps().isEmpty()) {
            ArrayNode steps = json.putArray("steps");
            canary.steps()
                    .forEach(step -> steps.addObject()
                            .put("weight", step.weight())
                            .put("seconds", step.length().toSeconds()));
        }
        canary.paused()
                .ifPresent(paused -> json.putObject("paused")
                        .put("at", paused.at().toString())
                        .put("by", paused.by())
                        .put("rule", paused.rule().orElse(null)));
        canary.aborted()
                .ifPresent(aborted -> json.putObject("aborted")
                        .put("at", aborted.at().toString())
                        .put("by", aborted.by())
                        .put("rule", aborted.rule())
                        .put("measured", aborted.measured().orElse(null))
                        .put("limit", aborted.limit().orElse(null)));
        return json;
    }
}
