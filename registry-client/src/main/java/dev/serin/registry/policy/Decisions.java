package dev.serin.registry.policy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.serin.registry.AliasName;
import dev.serin.registry.ModelPolicy.Shadow;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.policy.PolicyChange.AbortCanary;
import dev.serin.registry.policy.PolicyChange.PassStep;
import dev.serin.registry.policy.PolicyChange.PauseCanary;
import dev.serin.registry.policy.PolicyChange.PromoteCanary;
import dev.serin.registry.policy.PolicyChange.RemoveAlias;
import dev.serin.registry.policy.PolicyChange.ResumeCanary;
import dev.serin.registry.policy.PolicyChange.Retire;
import dev.serin.registry.policy.PolicyChange.SetAlias;
import dev.serin.registry.policy.PolicyChange.StartCanary;
import dev.serin.registry.policy.PolicyChange.StartShadow;
import dev.serin.registry.policy.PolicyChange.StopShadow;
import dev.serin.registry.policy.PolicyChange.Undo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What each change makes of what lies there, or why it is refused. Pure. */
final class Decisions {
    private Decisions() {}

    /**
     * {@return the edit}
     *
     * @throws PolicyRefusedException when what lies there does not allow it
     */
    static Edit decide(PolicyChange change, Situation situation) {
        return switch (change) {
            case SetAlias(AliasName alias, ModelVersion version) -> setAlias(situation, alias, version);
            case RemoveAlias(AliasName alias) -> removeAlias(situation, alias);
            case StartCanary start -> CanaryDecisions.start(situation, start);
            case PauseCanary(String id, var rule) -> CanaryDecisions.pause(situation, id, rule);
            case ResumeCanary(String id) -> CanaryDecisions.resume(situation, id);
            case PromoteCanary(String id) -> CanaryDecisions.promote(situation, id);
            case AbortCanary(String id, var breach) -> CanaryDecisions.abort(situation, id, breach);
            case PassStep(String id, int step) -> CanaryDecisions.pass(situation, id, step);
            case StartShadow(ModelVersion version, double percent) -> startShadow(situation, version, percent);
            case StopShadow() -> stopShadow(situation);
            case Retire retire -> retire(situation, retire);
            case Undo() -> UndoDecision.of(situation);
        };
    }

    private static Edit setAlias(Situation situation, AliasName alias, ModelVersion version) {
        situation.checkCanServe(version);
        Optional<ModelVersion> before = situation.target(alias);
        Edit edit = Edit.telling(before.map(target -> told(alias, target)), Optional.of(told(alias, version)))
                .reading(Pointers.retired(version));
        return before.equals(Optional.of(version))
                ? edit.reading(Pointers.alias(alias))
                : edit.set(Pointers.alias(alias), TextNode.valueOf(version.value()));
    }

    private static Edit removeAlias(Situation situation, AliasName alias) {
        ModelVersion before = situation
                .target(alias)
                .orElseThrow(() -> PolicyRefusedException.notThere(
                        "'%s' has no alias '%s'%s".formatted(situation.model(), alias, others(situation))));
        if (situation.primaryAlias().filter(alias::equals).isPresent()) {
            throw PolicyRefusedException.inTheWay(
                    "alias '%s' is the primary of '%s': what answers for it without a version; it can be moved, not removed"
                            .formatted(alias, situation.model()));
        }
        return Edit.telling(Optional.of(told(alias, before)), Optional.empty())
                .remove(Pointers.alias(alias))
                .reading(Pointers.PRIMARY);
    }

    private static String others(Situation situation) {
        List<String> aliases = situation.policy().aliases().keySet().stream()
                .map(AliasName::value)
                .toList();
        return aliases.isEmpty() ? "" : ". It has " + String.join(", ", aliases);
    }

    private static String told(AliasName alias, ModelVersion version) {
        return "alias %s %s".formatted(alias, version);
    }

    private static Edit startShadow(Situation situation, ModelVersion version, double percent) {
        situation.checkCanServe(version);
        if (situation.primary().filter(version::equals).isPresent()) {
            throw PolicyRefusedException.inTheWay(
                    "version %s is the primary of '%s'; a shadow is compared with it, so it must be another version"
                            .formatted(version, situation.model()));
        }
        Shadow shadow = new Shadow(version, percent);
        Optional<Shadow> before = situation.policy().shadow();
        if (before.filter(present -> !present.version().equals(version)).isPresent()) {
            requireUnmeasured(situation);
        }
        Edit edit = Edit.telling(before.map(Decisions::told), Optional.of(told(shadow)))
                .reading(situation.primaryPointers())
                .reading(Pointers.retired(version));
        if (before.equals(Optional.of(shadow))) {
            return edit.reading(Pointers.SHADOW);
        }
        ObjectNode node = JsonNodeFactory.instance.objectNode().put("version", version.value());
        node.set("percent", Edit.number(percent));
        return edit.set(Pointers.SHADOW, node);
    }

    private static Edit stopShadow(Situation situation) {
        Shadow before = situation
                .policy()
                .shadow()
                .orElseThrow(() -> PolicyRefusedException.notThere("'%s' has no shadow".formatted(situation.model())));
        requireUnmeasured(situation);
        return Edit.telling(Optional.of(told(before)), Optional.empty()).remove(Pointers.SHADOW);
    }

    /** Refuses to take away what a guard measures by: it would wait for ever. */
    private static void requireUnmeasured(Situation situation) {
        situation.runningCanary().filter(CanaryDecisions::limitsDisagreement).ifPresent(canary -> {
            throw PolicyRefusedException.inTheWay(
                    "the guard of canary %s of '%s' measures disagreement by this shadow; promote or abort it first"
                            .formatted(canary.version(), situation.model()));
        });
    }

    private static String told(Shadow shadow) {
        return "shadow %s %s".formatted(shadow.version(), Wording.percent(shadow.percent()));
    }

    private static Edit retire(Situation situation, Retire retire) {
        ModelVersion version = retire.version();
        List<String> names = namedBy(situation, version);
        if (!names.isEmpty()) {
            throw PolicyRefusedException.inTheWay("version %s of '%s' is in use: it is %s. Move these first"
                    .formatted(version, situation.model(), String.join(" and ", names)));
        }
        ObjectNode node =
                JsonNodeFactory.instance.objectNode().put("at", situation.now().toString());
        retire.sunset().ifPresent(sunset -> node.put("sunset", sunset.toString()));
        retire.reason().ifPresent(reason -> node.put("reason", reason));
        String served = Optional.ofNullable(situation.policy().retired().get(version))
                .map(before -> retired(before.sunset().map(Object::toString)))
                .orElse("in service");
        return Edit.telling(
                        Optional.of("version %s %s".formatted(version, served)),
                        Optional.of("version %s %s"
                                .formatted(version, retired(retire.sunset().map(Object::toString)))))
                .set(Pointers.retired(version), node)
                .reading(Pointers.ALIASES, Pointers.TRAFFIC);
    }

    private static String retired(Optional<String> sunset) {
        return sunset.map(time -> "retired on " + time).orElse("retired");
    }

    /** {@return by what a version is named, in words} */
    private static List<String> namedBy(Situation situation, ModelVersion version) {
        List<String> names = new ArrayList<>();
        if (situation.primary().filter(version::equals).isPresent()) {
            names.add("the primary");
        }
        situation.policy().aliases().forEach((alias, target) -> {
            if (target.equals(version)) {
                names.add("what alias '%s' names".formatted(alias));
            }
        });
        if (situation
                .runningCanary()
                .filter(canary -> canary.version().equals(version))
                .isPresent()) {
            names.add("the canary");
        }
        if (situation
                .policy()
                .shadow()
                .filter(shadow -> shadow.version().equals(version))
                .isPresent()) {
            names.add("the shadow");
        }
        return names;
    }
}
