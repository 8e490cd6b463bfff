package dev.serin.registry.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.serin.registry.CanarySchedule;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelPolicy.Paused;
import dev.serin.registry.ModelPolicy.Promoted;
import dev.serin.registry.ModelPolicy.Shadow;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.format.Durations;
import dev.serin.registry.policy.PolicyChange.AbortCanary;
import dev.serin.registry.policy.PolicyChange.Breach;
import dev.serin.registry.policy.PolicyChange.Ramp;
import dev.serin.registry.policy.PolicyChange.StartCanary;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/** What changes of a canary make of what lies there. Members of a canary that nobody knows stay while it lives. Pure. */
final class CanaryDecisions {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private CanaryDecisions() {}

    static Edit start(Situation situation, StartCanary start) {
        ModelVersion version = start.version();
        situation.checkCanServe(version);
        situation.runningCanary().ifPresent(running -> {
            throw PolicyRefusedException.inTheWay("canary %s of '%s' is running; promote or abort it first"
                    .formatted(told(running, situation.now()), situation.model()));
        });
        ModelVersion primary = situation
                .primary()
                .or(start::newest)
                .orElseThrow(() -> PolicyRefusedException.notThere(
                        "'%s' has no version that could be the primary beside a canary".formatted(situation.model())));
        if (primary.equals(version)) {
            throw PolicyRefusedException.inTheWay(
                    "version %s is the primary of '%s' already; a canary is another version"
                            .formatted(version, situation.model()));
        }
        double weight = firstWeight(start.ramp());
        Edit edit = Edit.telling(
                        Optional.empty(), Optional.of("canary %s %s".formatted(version, Wording.percent(weight))))
                .set(Pointers.CANARY, canary(start, situation.now()))
                .reading(situation.primaryPointers())
                .reading(Pointers.retired(version));
        if (start.guard().flatMap(Guard::maxDisagreement).isPresent()) {
            edit = shadowed(situation, edit, version);
        }
        return situation.policy().primary().isPresent()
                ? edit
                : edit.set(Pointers.PRIMARY, TextNode.valueOf(primary.value()));
    }

    /** Disagreement is measured by copies of the primary's requests: without a shadow the guard would wait for ever. */
    private static Edit shadowed(Situation situation, Edit edit, ModelVersion version) {
        Optional<Shadow> shadow = situation.policy().shadow();
        shadow.filter(other -> !other.version().equals(version)).ifPresent(other -> {
            throw PolicyRefusedException.inTheWay(
                    "a guard for disagreement needs a shadow of version %s, and the shadow of '%s' is %s; stop that first"
                            .formatted(version, situation.model(), other.version()));
        });
        return shadow.isPresent()
                ? edit.reading(Pointers.SHADOW)
                : edit.set(
                        Pointers.SHADOW,
                        JSON.objectNode().put("version", version.value()).put("percent", StartCanary.SHADOW_PERCENT));
    }

    static boolean limitsDisagreement(Canary canary) {
        return canary.guard().flatMap(Guard::maxDisagreement).isPresent();
    }

    /**
     * A shadow for a guard's sake ends with it, whoever began it: the file does not tell; and what is the primary cannot be
     * compared with it.
     */
    private static Edit withoutShadow(Situation situation, Edit edit, ModelVersion version) {
        return situation
                        .policy()
                        .shadow()
                        .filter(shadow -> shadow.version().equals(version))
                        .isPresent()
                ? edit.remove(Pointers.SHADOW)
                : edit;
    }

    private static double firstWeight(Ramp ramp) {
        return switch (ramp) {
            case Ramp.Weight(double percent) -> percent;
            case Ramp.Steps steps -> steps.percents().getFirst();
        };
    }

    private static ObjectNode canary(StartCanary start, Instant now) {
        ObjectNode canary = JSON.objectNode()
                .put("id", start.id())
                .put("version", start.version().value());
        canary.set("weight", Edit.number(firstWeight(start.ramp())));
        start.stickyHeader().ifPresent(header -> canary.put("sticky-header", header));
        canary.put("started-at", now.toString());
        if (start.ramp() instanceof Ramp.Steps(var percents, Duration every)) {
            ArrayNode steps = canary.putArray("steps");
            percents.forEach(percent -> {
                ObjectNode step = steps.addObject();
                step.set("weight", Edit.number(percent));
                step.put("for", Durations.text(every));
            });
        }
        start.guard().ifPresent(guard -> canary.set("guard", guard(guard)));
        return canary;
    }

    private static ObjectNode guard(Guard guard) {
        ObjectNode node = JSON.objectNode()
                .put("window", Durations.text(guard.window()))
                .put("min-requests", guard.minRequests());
        guard.maxErrorRate().ifPresent(rate -> node.set("max-error-rate", Edit.number(rate)));
        guard.maxLatencyRatio().ifPresent(ratio -> node.set("max-latency-ratio", Edit.number(ratio)));
        guard.maxDisagreement().ifPresent(rate -> node.set("max-disagreement", Edit.number(rate)));
        return node.put("on-breach", guard.onBreach().name().toLowerCase(Locale.ROOT))
                .put("on-success", guard.onSuccess().name().toLowerCase(Locale.ROOT));
    }

    static Edit pause(Situation situation, String id, Optional<String> rule) {
        Canary canary = running(situation, id);
        if (canary.paused().isPresent()) {
            throw PolicyRefusedException.inTheWay("canary %s of '%s' is paused already, since %s by %s"
                    .formatted(
                            canary.version(),
                            situation.model(),
                            canary.paused().get().at(),
                            canary.paused().get().by()));
        }
        ObjectNode tree = tree(situation);
        tree.set("weight", Edit.number(weight(canary, situation.now())));
        tree.set("paused", paused(situation.now(), situation.by(), rule));
        String told = told(canary, situation.now());
        return Edit.telling(Optional.of("canary " + told), Optional.of("canary %s, paused".formatted(told)))
                .set(Pointers.CANARY, tree);
    }

    static ObjectNode paused(Instant at, String by, Optional<String> rule) {
        ObjectNode paused = JSON.objectNode().put("at", at.toString()).put("by", by);
        rule.ifPresent(text -> paused.put("rule", text));
        return paused;
    }

    static Edit resume(Situation situation, String id) {
        Canary canary = running(situation, id);
        Paused paused = canary.paused()
                .orElseThrow(() -> PolicyRefusedException.notThere(
                        "canary %s of '%s' is not paused".formatted(canary.version(), situation.model())));
        ObjectNode tree = tree(situation);
        tree.remove("paused");
        shift(tree, Duration.between(paused.at(), situation.now()));
        String told = told(canary, situation.now());
        return Edit.telling(Optional.of("canary %s, paused".formatted(told)), Optional.of("canary " + told))
                .set(Pointers.CANARY, tree);
    }

    /**
     * Moves all that a schedule counts from, as if the pause had not been: so every replica goes on computing the step from
     * what is written and the clock, and needs to know of no pause that is over.
     */
    static void shift(ObjectNode canary, Duration by) {
        Duration pause = by.isNegative() ? Duration.ZERO : by; // whose clock lags must not turn the schedule back
        shiftMember(canary, "started-at", pause);
        if (canary.get("passed") instanceof ArrayNode passed) {
            for (JsonNode pass : passed) {
                shiftMember((ObjectNode) pass, "at", pause);
            }
        }
    }

    private static void shiftMember(ObjectNode object, String name, Duration by) {
        if (object.path(name).isTextual()) {
            object.put(
                    name, Instant.parse(object.path(name).textValue()).plus(by).toString());
        }
    }

    static Edit promote(Situation situation, String id) {
        Canary canary = running(situation, id);
        ModelVersion version = canary.version();
        situation.checkCanServe(version);
        Optional<ModelVersion> before = situation.primary();
        Edit edit = Edit.telling(before.map(CanaryDecisions::primary), Optional.of(primary(version)))
                .remove(Pointers.CANARY)
                .reading(Pointers.PRIMARY, Pointers.retired(version));
        if (before.isPresent()) {
            edit = edit.set(
                    Pointers.PROMOTED,
                    JSON.objectNode()
                            .put("id", canary.id())
                            .put("version", version.value())
                            .put("from", before.get().value())
                            .put("at", situation.now().toString())
                            .put("by", situation.by()));
        }
        return movePrimary(situation, withoutShadow(situation, edit, version), version);
    }

    /** The alias by which the primary is named moves, else the primary itself. */
    private static Edit movePrimary(Situation situation, Edit edit, ModelVersion version) {
        String pointer = situation.primaryAlias().map(Pointers::alias).orElse(Pointers.PRIMARY);
        return edit.set(pointer, TextNode.valueOf(version.value()));
    }

    static Edit abort(Situation situation, String id, Optional<Breach> breach) {
        Optional<Promoted> promoted = situation
                .policy()
                .promoted()
                .filter(latest -> latest.id().equals(id))
                .filter(_ -> situation
                        .policy()
                        .canary()
                        .filter(canary -> canary.id().equals(id))
                        .isEmpty());
        return promoted.map(latest -> abortPromoted(situation, latest, breach))
                .orElseGet(() -> abortRunning(situation, id, breach));
    }

    private static Edit abortRunning(Situation situation, String id, Optional<Breach> breach) {
        Canary canary = running(situation, id);
        ObjectNode tree = tree(situation);
        tree.set("weight", Edit.number(0));
        tree.remove("paused");
        tree.set("aborted", aborted(situation, breach));
        Edit edit = Edit.telling(
                        Optional.of("canary " + told(canary, situation.now())),
                        Optional.of("canary %s 0 %%, aborted".formatted(canary.version())))
                .set(Pointers.CANARY, tree);
        return limitsDisagreement(canary) ? withoutShadow(situation, edit, canary.version()) : edit;
    }

    /** The primary goes back to what it was, and what is left of the canary tells why, unless another one is running. */
    private static Edit abortPromoted(Situation situation, Promoted promoted, Optional<Breach> breach) {
        if (situation.primary().filter(promoted.version()::equals).isEmpty()) {
            throw PolicyRefusedException.inTheWay("canary %s of '%s' was promoted, but the primary is %s by now"
                    .formatted(
                            promoted.version(),
                            situation.model(),
                            situation.primary().map(ModelVersion::value).orElse("not set")));
        }
        situation.checkCanServe(promoted.from()); // it may have been retired, now that nothing named it
        Edit edit = Edit.telling(
                        Optional.of(primary(promoted.version())),
                        Optional.of("%s, aborted".formatted(primary(promoted.from()))))
                .remove(Pointers.PROMOTED)
                .reading(Pointers.PRIMARY, Pointers.CANARY, Pointers.retired(promoted.from()));
        if (situation.runningCanary().isEmpty()) {
            ObjectNode canary = JSON.objectNode()
                    .put("id", promoted.id())
                    .put("version", promoted.version().value());
            canary.set("weight", Edit.number(0));
            canary.set("aborted", aborted(situation, breach));
            edit = edit.set(Pointers.CANARY, canary);
        }
        return movePrimary(situation, edit, promoted.from());
    }

    private static ObjectNode aborted(Situation situation, Optional<Breach> breach) {
        ObjectNode aborted =
                JSON.objectNode().put("at", situation.now().toString()).put("by", situation.by());
        aborted.put("rule", breach.map(Breach::rule).orElse(AbortCanary.OPERATOR));
        breach.ifPresent(found -> {
            aborted.set("measured", Edit.number(found.measured()));
            aborted.set("limit", Edit.number(found.limit()));
        });
        return aborted;
    }

    static Edit pass(Situation situation, String id, int step) {
        Canary canary = running(situation, id);
        String refused = "step %d of canary %s of '%s' cannot be passed: %%s"
                .formatted(step, canary.version(), situation.model());
        if (canary.paused().isPresent()) {
            throw PolicyRefusedException.inTheWay(refused.formatted("it is paused"));
        }
        if (step < 1 || step > canary.steps().size()) {
            throw PolicyRefusedException.notThere(
                    refused.formatted("it has %d".formatted(canary.steps().size())));
        }
        if (canary.isPassed(step)) {
            throw PolicyRefusedException.inTheWay(refused.formatted("it was"));
        }
        if (step > 1 && !canary.isPassed(step - 1)) {
            throw PolicyRefusedException.inTheWay(refused.formatted("the step before it was not"));
        }
        ObjectNode tree = tree(situation);
        tree.withArray("passed")
                .addObject()
                .put("step", step)
                .put("at", situation.now().toString())
                .put("by", situation.by());
        double weight = canary.steps().get(step - 1).weight();
        String next = step == canary.steps().size()
                ? "%s, its last step passed".formatted(Wording.percent(weight))
                : Wording.percent(canary.steps().get(step).weight());
        return Edit.telling(
                        Optional.of("canary %s %s".formatted(canary.version(), Wording.percent(weight))),
                        Optional.of("canary %s %s".formatted(canary.version(), next)))
                .set(Pointers.CANARY, tree);
    }

    private static Canary running(Situation situation, String id) {
        Canary canary = situation
                .policy()
                .canary()
                .filter(present -> present.id().equals(id))
                .orElseThrow(() -> PolicyRefusedException.notThere(
                        "'%s' has no canary with the id %s (any more)".formatted(situation.model(), id)));
        canary.aborted().ifPresent(aborted -> {
            throw PolicyRefusedException.inTheWay("canary %s of '%s' was aborted at %s by %s (%s)"
                    .formatted(canary.version(), situation.model(), aborted.at(), aborted.by(), aborted.rule()));
        });
        return canary;
    }

    /** {@return a copy of the canary as it is written} */
    private static ObjectNode tree(Situation situation) {
        return (ObjectNode) situation.find(Pointers.CANARY).orElseThrow();
    }

    private static double weight(Canary canary, Instant now) {
        return CanarySchedule.of(canary).weightAt(now.toEpochMilli()) / 100.0;
    }

    private static String told(Canary canary, Instant now) {
        return "%s %s".formatted(canary.version(), Wording.percent(weight(canary, now)));
    }

    private static String primary(ModelVersion version) {
        return "primary " + version;
    }
}
