package dev.serin.gateway.http;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.config.NearestName;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.error.Wording;
import dev.serin.registry.AliasName;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelPolicy.OnBreach;
import dev.serin.registry.ModelPolicy.OnSuccess;
import dev.serin.registry.ModelPolicy.Promoted;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.format.Durations;
import dev.serin.registry.format.Members;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyChange.Ramp;
import dev.serin.registry.policy.PolicyChange.StartCanary;
import dev.serin.registry.policy.PolicyWriter.Author;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The body of a {@code POST /admin/models/{model}/changes}.
 *
 * @param seen when the latest change was made that its sender knew of; what was changed since is a conflict
 * @param dryRun whether it is only to be told what would change
 */
record ChangeRequest(PolicyChange change, Author author, Optional<Instant> seen, boolean dryRun) {
    private static final String WHAT = "The change";
    private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000);
    private static final List<String> KINDS = List.of(
            "set-alias",
            "remove-alias",
            "start-canary",
            "pause-canary",
            "resume-canary",
            "promote-canary",
            "abort-canary",
            "start-shadow",
            "stop-shadow",
            "retire",
            "undo");

    /**
     * Reads a body.
     *
     * @param model which is to be changed, as this gateway knows it
     * @throws ServingException {@code invalid-body}, {@code invalid-input}, {@code version-not-found}, {@code not-found}
     */
    static ChangeRequest read(byte[] body, CatalogModel model) {
        Members members = parse(body);
        try {
            ChangeRequest request = new ChangeRequest(
                    change(members, model),
                    new Author(by(members), members.findText("reason")),
                    members.findInstant("seen"),
                    members.findBoolean("dry_run").orElse(false));
            members.unknown().stream().findFirst().ifPresent(name -> {
                throw invalid("%s has no member %s for this.".formatted(WHAT, Wording.quoted(name)));
            });
            return request;
        } catch (MalformedContentException | IllegalArgumentException e) {
            throw new ServingException(ErrorCode.INVALID_INPUT, sentence(e), e);
        }
    }

    private static Members parse(byte[] body) {
        try {
            return Members.read(WHAT, body);
        } catch (MalformedContentException e) {
            throw new ServingException(ErrorCode.INVALID_BODY, sentence(e), e);
        }
    }

    private static String by(Members members) {
        String by = members.findText("by").orElse("admin");
        if (!by.matches("[\\p{L}\\p{N} ._@+-]{1,64}")) {
            throw new IllegalArgumentException(
                    "%s: by takes the name of whoever makes it, 64 signs at most".formatted(WHAT));
        }
        return by;
    }

    private static PolicyChange change(Members members, CatalogModel model) {
        String kind = members.text("change");
        return switch (kind) {
            case "set-alias" ->
                new PolicyChange.SetAlias(members.get("alias", AliasName::new), version(members, model));
            case "remove-alias" -> new PolicyChange.RemoveAlias(members.get("alias", AliasName::new));
            case "start-canary" -> startCanary(members, model);
            case "pause-canary" -> new PolicyChange.PauseCanary(canary(members, model), Optional.empty());
            case "resume-canary" -> new PolicyChange.ResumeCanary(canary(members, model));
            case "promote-canary" -> new PolicyChange.PromoteCanary(canary(members, model));
            case "abort-canary" -> new PolicyChange.AbortCanary(canaryOrPromoted(members, model), Optional.empty());
            case "start-shadow" -> new PolicyChange.StartShadow(version(members, model), members.percent("percent"));
            case "stop-shadow" -> new PolicyChange.StopShadow();
            case "retire" ->
                new PolicyChange.Retire(
                        version(members, model), members.findInstant("sunset"), members.findText("reason"));
            case "undo" -> new PolicyChange.Undo();
            default ->
                throw invalid("%s: change is %s; it takes %s.%s"
                        .formatted(
                                WHAT,
                                Wording.quoted(kind),
                                String.join(", ", KINDS),
                                NearestName.of(kind, KINDS)
                                        .map(meant -> " Did you mean '" + meant + "'?")
                                        .orElse("")));
        };
    }

    private static ModelVersion version(Members members, CatalogModel model) {
        return Lookup.version(model, members.text("version")).id().version();
    }

    /** Without an id the canary is meant that is there. */
    private static String canary(Members members, CatalogModel model) {
        return members.findText("id")
                .or(() -> model.policy().canary().map(Canary::id))
                .orElseThrow(() -> noCanary(model));
    }

    private static String canaryOrPromoted(Members members, CatalogModel model) {
        ModelPolicy policy = model.policy();
        return members.findText("id")
                .or(() -> policy.canary().map(Canary::id))
                .or(() -> policy.promoted().map(Promoted::id))
                .orElseThrow(() -> noCanary(model));
    }

    private static ServingException noCanary(CatalogModel model) {
        return new ServingException(ErrorCode.NOT_FOUND, "Model '%s' has no canary.".formatted(model.name()));
    }

    private static StartCanary startCanary(Members members, CatalogModel model) {
        ModelVersion version = version(members, model);
        return new StartCanary(
                StartCanary.newId(),
                version,
                ramp(members),
                members.findText("sticky_header"),
                members.findObject("guard").map(ChangeRequest::guard),
                model.versions().reversed().stream()
                        .map(each -> each.id().version())
                        .filter(other -> !other.equals(version)
                                && !model.policy().retired().containsKey(other))
                        .findFirst());
    }

    private static Ramp ramp(Members members) {
        List<Double> steps = members.percents("steps");
        Optional<Duration> every = members.find("every", Durations::parsePositive);
        boolean weight = members.find("weight").isPresent();
        if (weight == !steps.isEmpty() || steps.isEmpty() == every.isPresent()) {
            throw invalid(
                    "%s takes weight, or steps and every: \"weight\": 5, or \"steps\": [5, 25, 100], \"every\": \"10m\"."
                            .formatted(WHAT));
        }
        return weight ? new Ramp.Weight(members.percent("weight")) : new Ramp.Steps(steps, every.orElseThrow());
    }

    private static Guard guard(Members members) {
        Guard guard = new Guard(
                members.find("window", Durations::parsePositive).orElse(Guard.DEFAULT_WINDOW),
                members.findInt("min_requests", 0).orElse(Guard.DEFAULT_MIN_REQUESTS),
                members.findNumber("max_error_rate", BigDecimal.ONE),
                members.findNumber("max_latency_ratio", MOST).filter(ratio -> ratio > 0),
                members.findNumber("max_disagreement", BigDecimal.ONE),
                members.findOneOf("on_breach", OnBreach.values()).orElse(OnBreach.ABORT),
                members.findOneOf("on_success", OnSuccess.values()).orElse(OnSuccess.PROMOTE));
        if (guard.maxErrorRate().isEmpty()
                && guard.maxLatencyRatio().isEmpty()
                && guard.maxDisagreement().isEmpty()) {
            throw invalid("%s: guard takes max_error_rate, max_latency_ratio or max_disagreement.".formatted(WHAT));
        }
        return guard;
    }

    private static ServingException invalid(String text) {
        return new ServingException(ErrorCode.INVALID_INPUT, text);
    }

    private static String sentence(RuntimeException e) {
        return e.getMessage() + ".";
    }
}
