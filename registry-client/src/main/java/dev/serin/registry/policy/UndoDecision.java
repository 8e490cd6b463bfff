package dev.serin.registry.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What takes the latest change back. Every member that it wrote becomes what it was, with one exception: time has gone on. A
 * canary that comes back after a promotion, an abort or another undo is paused as of when it went: with its schedule run
 * down meanwhile it might else be promoted at once. One whose pause is taken back goes on from where it was. Pure.
 */
final class UndoDecision {
    private UndoDecision() {}

    static Edit of(Situation situation) {
        List<HistoryEntry> history = situation.policy().history();
        if (history.isEmpty()) {
            throw PolicyRefusedException.notThere(
                    "'%s' has no history, so there is nothing to take back".formatted(situation.model()));
        }
        HistoryEntry latest = history.getLast();
        ObjectNode was = latest.was()
                .filter(members -> !members.isEmpty())
                .orElseThrow(() -> PolicyRefusedException.notThere(
                        "the latest change of '%s' (%s, by %s) does not say what was before it, so it cannot be taken back"
                                .formatted(situation.model(), latest.command(), latest.by())));
        List<String> pointers = new ArrayList<>();
        was.fieldNames().forEachRemaining(pointers::add);
        pointers.stream().filter(pointer -> !Edit.isMember(pointer)).findFirst().ifPresent(pointer -> {
            throw PolicyRefusedException.inTheWay(
                    "the latest change of '%s' was of %s, which this build does not change"
                            .formatted(situation.model(), pointer));
        });
        checkUntouched(situation, latest, pointers);
        Edit edit = Edit.telling(latest.to(), latest.from()).reading(Pointers.HISTORY);
        for (String pointer : pointers) {
            edit = edit.with(pointer, before(situation, latest, pointer, was.get(pointer)));
        }
        return edit;
    }

    private static void checkUntouched(Situation situation, HistoryEntry latest, List<String> pointers) {
        String present =
                Edit.digest(situation.tree(), pointers.stream().sorted().toList());
        latest.became().filter(became -> !became.equals(present)).ifPresent(_ -> {
            throw PolicyRefusedException.inTheWay(
                    "what the latest change of '%s' wrote (%s, by %s) is not there any more: model.json was changed since, by hand or by another tool"
                            .formatted(situation.model(), latest.command(), latest.by()));
        });
    }

    private static Optional<JsonNode> before(
            Situation situation, HistoryEntry latest, String pointer, JsonNode former) {
        if (former.isNull()) {
            return Optional.empty();
        }
        if (pointer.equals(Pointers.CANARY) && former instanceof ObjectNode canary && isRunning(canary)) {
            return Optional.of(canaryAgain(situation, latest, canary.deepCopy()));
        }
        return Optional.of(former.deepCopy());
    }

    private static ObjectNode canaryAgain(Situation situation, HistoryEntry latest, ObjectNode canary) {
        Optional<ObjectNode> present = situation
                .find(Pointers.CANARY)
                .filter(JsonNode::isObject)
                .map(ObjectNode.class::cast)
                .filter(now -> now.path("id").equals(canary.path("id")) && !now.has("aborted"));
        if (present.isEmpty()) {
            canary.set("paused", CanaryDecisions.paused(latest.at(), situation.by(), Optional.empty()));
        } else if (present.get().path("paused").path("at").isTextual()) {
            Instant pausedAt =
                    Instant.parse(present.get().path("paused").path("at").textValue());
            CanaryDecisions.shift(canary, Duration.between(pausedAt, situation.now()));
        }
        return canary;
    }

    private static boolean isRunning(ObjectNode canary) {
        return !canary.has("aborted") && !canary.has("paused");
    }
}
