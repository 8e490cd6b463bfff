package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;

/** What a policy says of a model's traffic, as {@code GET /models/{model}} and {@code serin show -o json} spell it. */
public final class TrafficJson {
    private TrafficJson() {}

    /** {@return primary, canary and shadow, as far as there are any} */
    public static ObjectNode of(ModelPolicy policy) {
        ObjectNode traffic = JsonNodeFactory.instance.objectNode();
        policy.primary().ifPresent(primary -> traffic.put("primary", primary));
        policy.canary()
                .ifPresent(canary ->
                        addTrial(traffic.putObject("canary"), canary.version()).put("weight", canary.weight()));
        policy.shadow()
                .ifPresent(shadow ->
                        addTrial(traffic.putObject("shadow"), shadow.version()).put("percent", shadow.percent()));
        return traffic;
    }

    /** A canary or a shadow: read, and not obeyed yet. */
    private static ObjectNode addTrial(ObjectNode json, ModelVersion version) {
        return json.put("version", version.value()).put("obeyed", false);
    }
}
