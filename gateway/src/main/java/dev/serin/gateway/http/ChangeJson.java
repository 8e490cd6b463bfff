package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Aborted;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.ModelPolicy.Paused;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.policy.PolicyWriter.Changed;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Changes of a model's policy as {@code /admin/models/{model}/changes} and the commands with {@code -o json} spell them. */
public final class ChangeJson {
    private ChangeJson() {}

    /** {@return what a change did, or would, and what the policy says then} */
    public static ObjectNode changed(ModelName model, String command, Changed changed, boolean dryRun) {
        Optional<HistoryEntry> entry = changed.entry();
        ObjectNode json = Json.object()
                .put("model", model.value())
                .put("command", command)
                .put("changed", entry.isPresent() && !dryRun)
                .put("dry_run", dryRun)
                .put("at", entry.map(made -> made.at().toString()).orElse(null))
                .put("by", entry.map(HistoryEntry::by).orElse(null))
                .put("from", entry.flatMap(HistoryEntry::from).orElse(null))
                .put("to", entry.flatMap(HistoryEntry::to).orElse(null))
                .put("reason", entry.flatMap(HistoryEntry::reason).orElse(null));
        ModelPolicy after = changed.after();
        ArrayNode aliases = json.putArray("aliases");
        after.aliases()
                .forEach((alias, version) ->
                        aliases.addObject().put("alias", alias.value()).put("version", version.value()));
        json.put("primary", after.primary().orElse(null));
        json.set("canary", after.canary().map(ChangeJson::canary).orElse(null));
        json.set(
                "shadow",
                after.shadow()
                        .map(shadow -> Json.object()
                                .put("version", shadow.version().value())
                                .put("percent", shadow.percent()))
                        .orElse(null));
        ArrayNode retired = json.putArray("retired");
        after.retired().entrySet().stream()
                .sorted(Map.Entry.comparingByKey(ModelVersion.ORDER))
                .forEach(each -> retired.addObject()
                        .put("version", each.getKey().value())
                        .put("at", each.getValue().at().toString())
                        .put("sunset", text(each.getValue().sunset()))
                        .put("reason", each.getValue().reason().orElse(null)));
        return json;
    }

    private static ObjectNode canary(Canary canary) {
        ObjectNode json = Json.object()
                .put("id", canary.id())
                .put("version", canary.version().value())
                .put("weight", canary.weight())
                .put("sticky_header", canary.stickyHeader().orElse(null))
                .put("started_at", text(canary.startedAt()));
        ArrayNode steps = json.putArray("steps");
        canary.steps()
                .forEach(step -> steps.addObject()
                        .put("weight", step.weight())
                        .put("seconds", step.length().toMillis() / 1000.0));
        return json.put("steps_passed", canary.passed().size())
                .put("paused_at", text(canary.paused().map(Paused::at)))
                .put("aborted_at", text(canary.aborted().map(Aborted::at)));
    }

    private static @Nullable String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse(null);
    }

    /** {@return who changed what, when and why} */
    public static ObjectNode history(ModelName model, List<HistoryEntry> newestFirst) {
        ObjectNode json = Json.object().put("model", model.value());
        ArrayNode history = json.putArray("history");
        newestFirst.forEach(entry -> history.addObject()
                .put("at", entry.at().toString())
                .put("by", entry.by())
                .put("command", entry.command())
                .put("from", entry.from().orElse(null))
                .put("to", entry.to().orElse(null))
                .put("reason", entry.reason().orElse(null)));
        return json;
    }
}
