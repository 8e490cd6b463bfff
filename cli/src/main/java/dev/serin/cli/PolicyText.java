package dev.serin.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.http.TrafficJson;
import dev.serin.registry.CanarySchedule;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.policy.Wording;
import java.math.BigDecimal;
import java.time.Instant;
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

    /** {@return {@code primary 3, canary 4 5 %}: what answers without a version at this moment, and what sees copies} */
    static String now(ModelPolicy policy, Instant now) {
        List<String> parts = new ArrayList<>();
        parts.add(policy.primary()
                .map(name -> "primary "
                        + policy.primaryVersion().map(ModelVersion::value).orElse(name))
                .orElse("newest"));
        policy.canary()
                .flatMap(canary -> share(canary, now).map(share -> "canary %s %s".formatted(canary.version(), share)))
                .ifPresent(parts::add);
        policy.shadow()
                .map(shadow -> "shadow %s %s".formatted(shadow.version(), Wording.percent(shadow.percent())))
                .ifPresent(parts::add);
        return String.join(", ", parts);
    }

    /** {@return {@code primary}, {@code canary 5 %}; empty for a version that answers only to its own name} */
    static String now(Known known, Instant now) {
        ModelVersion version = known.version().id().version();
        ModelPolicy policy = known.model().policy();
        return Optional.of(known.role())
                .filter(role -> !role.isEmpty())
                .or(() -> policy.canary()
                        .filter(canary -> canary.version().equals(version))
                        .flatMap(canary -> share(canary, now))
                        .map(share -> "canary " + share))
                .or(() -> policy.shadow()
                        .filter(shadow -> shadow.version().equals(version))
                        .map(shadow -> "shadow " + Wording.percent(shadow.percent())))
                .orElse("");
    }

    /** {@return how much of the requests it is to get now; empty for none} */
    private static Optional<String> share(Canary canary, Instant now) {
        int hundredths = CanarySchedule.of(canary).weightAt(now.toEpochMilli());
        return hundredths == 0 ? Optional.empty() : Optional.of(Wording.percent(hundredths / 100.0));
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
