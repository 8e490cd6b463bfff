package dev.serin.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.http.TrafficJson;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What {@code model.json} says of a model's traffic, and why it cannot be read. */
final class PolicyText {
    private PolicyText() {}

    /** {@return {@code primary stable · canary 2 10 % · shadow 3 20 %}} */
    static Optional<String> traffic(ModelPolicy policy) {
        List<String> parts = new ArrayList<>();
        policy.primary().ifPresent(primary -> parts.add("primary " + primary));
        policy.canary().ifPresent(canary -> parts.add(trial("canary", canary.version(), canary.weight())));
        policy.shadow().ifPresent(shadow -> parts.add(trial("shadow", shadow.version(), shadow.percent())));
        return parts.isEmpty() ? Optional.empty() : Optional.of(String.join(" · ", parts));
    }

    /** {@return the version that is the primary; {@code newest} when the policy names none} */
    static String primary(ModelPolicy policy) {
        return policy.primaryVersion().map(ModelVersion::value).orElse("newest");
    }

    private static String trial(String role, ModelVersion version, double percent) {
        String number = BigDecimal.valueOf(percent).stripTrailingZeros().toPlainString();
        return "%s %s %s %%".formatted(role, version, number);
    }

    /** {@return what is odd about the file, a sentence each} */
    static List<String> odd(RegisteredModel model) {
        List<String> odd = new ArrayList<>();
        model.policyProblem().ifPresent(problem -> odd.add(problem + "; a gateway keeps the last one it could read"));
        List<String> unknown = model.policy().unknown();
        if (!unknown.isEmpty()) {
            odd.add("not known, kept and ignored: " + String.join(", ", unknown));
        }
        return odd;
    }

    /** Adds the same for scripts, as a gateway's {@code GET /models/{model}} spells it. */
    static void add(ObjectNode json, RegisteredModel model) {
        ModelPolicy policy = model.policy();
        json.set("traffic", TrafficJson.of(policy));
        ArrayNode unknown = json.putArray("policy_unknown");
        policy.unknown().forEach(unknown::add);
        json.put("policy_problem", model.policyProblem().orElse(null));
    }
}
