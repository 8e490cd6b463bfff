package dev.serin.gateway.http;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
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
    /**
     * What is to be changed.
     *
     * @param model as this gateway knows it
     * @param present its policy as the registry has it
     */
    record About(CatalogModel model, ModelPolicy present, Instant now) {}

    private static final int LONGEST_TEXT = 400;
    private static final String WHAT = "The change";
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
     * @param about what the body may name without saying it
     * @throws ServingException {@code invalid-body}, {@code invalid-input}, {@code version-not-found}, {@code not-found}
     */
    static ChangeRequest read(byte[] body, About about) {
        Members members = parse(body);
        try {
            ChangeRequest request = new ChangeRequest(
                    change(members, about),
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

    private static PolicyChange change(Members members, About about) {
        String kind = members.text("change");
        return switch (kind) {
            case "set-alias" ->
                new PolicyChange.SetAlias(members.get("alias", AliasName::new), version(members, about));
            case "remove-alias" -> new PolicyChange.RemoveAlias(members.get("alias", AliasName::new));
            case "start-canary" -> startCanary(members, about);
            case "pause-canary" -> new PolicyChange.PauseCanary(canary(members, about), Optional.empty());
            case "resume-canary" -> new PolicyChange.ResumeCanary(canary(members, about));
            case "promote-canary" -> new PolicyChange.PromoteCanary(canary(members, about));
            case "abort-canary" -> new PolicyChange.AbortCanary(canaryOrPromoted(members, about), Optional.empty());
            case "start-shadow" -> new PolicyChange.StartShadow(version(members, about), members.percent("percent"));
            case "stop-shadow" -> new PolicyChange.StopShadow();
            case "retire" ->
                new PolicyChange.Retire(
                        version(members, about), members.findInstant("sunset"), members.findText("reason"));
            case "undo" -> undo(members);
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

    /** A version may be named by an alias: by what that is to stand for, as everywhere that somebody changes it. */
    private static ModelVersion version(Members members, About about) {
        String name = members.text("version");
        String meant = about.present().alias(name).map(ModelVersion::value).orElse(name);
        return Lookup.version(about.model(), meant).id().version();
    }

    /** Without an id the canary is meant that is there. */
    private static String canary(Members members, About about) {
        return id(members)
                .or(() -> about.present().canary().map(Canary::id))
                .orElseThrow(() -> noCanary(about.model()));
    }

    private static String canaryOrPromoted(Members members, About about) {
        Instant fresh = about.now().minus(PolicyChange.AbortCanary.FRESH);
        return id(members)
                .or(() -> about.present().canary().map(Canary::id))
                .or(() -> about.present()
                        .promoted()
                        .filter(latest -> latest.at().isAfter(fresh))
                        .map(Promoted::id))
                .orElseThrow(() -> noCanary(about.model()));
    }

    private static Optional<String> id(Members members) {
        return members.find("id", text -> {
            if (text.length() > 64) {
                throw new IllegalArgumentException("it has 64 signs at most");
            }
            return text;
        });
    }

    /** Whoever takes something back must have seen that it is the latest. */
    private static PolicyChange undo(Members members) {
        if (members.findInstant("seen").isEmpty()) {
            throw invalid("%s: undo takes back the latest change; seen tells its time, so that it is the one you mean."
                    .formatted(WHAT));
        }
        return new PolicyChange.Undo();
    }

    private static ServingException noCanary(CatalogModel model) {
        return new ServingException(ErrorCode.NOT_FOUND, "Model '%s' has no canary.".formatted(model.name()));
    }

    private static StartCanary startCanary(Members members, About about) {
        ModelVersion version = version(members, about);
        return new StartCanary(
                StartCanary.newId(),
                version,
                ramp(members),
                members.findText("sticky_header"),
                members.findObject("guard").map(ChangeRequest::guard),
                about.model().versions().reversed().stream()
                        .filter(CatalogVersion::isEligible)
                        .map(each -> each.id().version())
                        .filter(other -> !other.equals(version)
                                && !about.present().retired().containsKey(other))
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
        return new Guard(
                members.find("window", Durations::parsePositive).orElse(Guard.DEFAULT_WINDOW),
                members.findInt("min_requests", 0).orElse(Guard.DEFAULT_MIN_REQUESTS),
                members.findNumber("max_error_rate", BigDecimal.ONE),
                members.findNumber("max_latency_ratio", Guard.MOST_LATENCY_RATIO),
                members.findNumber("max_disagreement", BigDecimal.ONE),
                members.findOneOf("on_breach", OnBreach.values()).orElse(OnBreach.ABORT),
                members.findOneOf("on_success", OnSuccess.values()).orElse(OnSuccess.PROMOTE));
    }

    private static ServingException invalid(String text) {
        return new ServingException(ErrorCode.INVALID_INPUT, text);
    }

    private static String sentence(RuntimeException e) {
        String text = String.valueOf(e.getMessage());
        return text.length() < LONGEST_TEXT ? text + "." : text.substring(0, LONGEST_TEXT) + "…";
    }
}
