package dev.serin.registry.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.AliasName;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Aborted;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.ModelPolicy.OnBreach;
import dev.serin.registry.ModelPolicy.OnSuccess;
import dev.serin.registry.ModelPolicy.Passed;
import dev.serin.registry.ModelPolicy.Paused;
import dev.serin.registry.ModelPolicy.Promoted;
import dev.serin.registry.ModelPolicy.Retirement;
import dev.serin.registry.ModelPolicy.ServingOptions;
import dev.serin.registry.ModelPolicy.Shadow;
import dev.serin.registry.ModelPolicy.Step;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** {@code model.json}, read whole, and changed without losing what this build does not know. */
public final class ModelPolicies {
    /** A policy larger than this is refused. */
    public static final int MAX_BYTES = Json.MAX_BYTES;

    /** Older entries of {@code history} are dropped by the next change. */
    public static final int MAX_HISTORY = 100;

    private static final int FORMAT = 1;
    private static final Duration MAX_DEADLINE = Duration.ofMinutes(10);
    private static final BigDecimal MAX_MEASURED = BigDecimal.valueOf(1_000_000_000);

    private ModelPolicies() {}

    /**
     * {@return the policy of this model} A higher {@code format} is read as far as this build knows it, and then
     * {@code format} is among the {@linkplain ModelPolicy#unknown unknown} members.
     *
     * @throws MalformedContentException when a known member has a value that does not fit
     */
    public static ModelPolicy parse(ModelName model, byte[] content) {
        String file = Layout.policy(model);
        return read(Members.of(file, Json.parse(file, content)));
    }

    /**
     * {@return the bytes of the policy after a change to its tree} Members that the change leaves alone stay as they
     * are, known or not; {@code history} keeps its latest {@link #MAX_HISTORY} entries.
     *
     * @param content the present bytes; empty when there is no policy yet
     * @throws MalformedContentException when the policy cannot be read, before the change or after it
     * @throws RegistryException when it is of a higher format, which this build must not write
     */
    public static byte[] edit(ModelName model, byte[] content, Consumer<ObjectNode> change) {
        ObjectNode tree = tree(model, content);
        change.accept(tree);
        return write(model, tree);
    }

    /**
     * {@return the tree of the policy, which is the caller's to change and to {@link #write}}
     *
     * @param content the present bytes; empty when there is no policy yet
     * @throws MalformedContentException when the policy cannot be read
     * @throws RegistryException when it is of a higher format, which this build must not write
     */
    public static ObjectNode tree(ModelName model, byte[] content) {
        String file = Layout.policy(model);
        ObjectNode tree = content.length == 0 ? Json.object().put("format", FORMAT) : Json.parse(file, content);
        Members before = Members.of(file, tree);
        read(before);
        if (format(before) > FORMAT) {
            throw new RegistryException("%s cannot be changed: it is of format %d, and this build writes %d"
                    .formatted(file, format(before), FORMAT));
        }
        return tree;
    }

    /**
     * {@return the bytes of a changed tree} Its {@code history} keeps the latest {@link #MAX_HISTORY} entries.
     *
     * @throws MalformedContentException when no reader would take them
     */
    public static byte[] write(ModelName model, ObjectNode tree) {
        if (tree.get("history") instanceof ArrayNode history) {
            while (history.size() > MAX_HISTORY) {
                history.remove(0);
            }
        }
        byte[] changed = Json.write(tree);
        parse(model, changed);
        return changed;
    }

    /** Adds the latest entry to the history of a policy's tree; to be used within {@link #edit}, or before {@link #write}. */
    public static void addHistory(ObjectNode tree, HistoryEntry entry) {
        ObjectNode node = tree.withArray("history").addObject();
        node.put("at", entry.at().toString());
        node.put("by", entry.by());
        node.put("command", entry.command());
        entry.from().ifPresent(from -> node.put("from", from));
        entry.to().ifPresent(to -> node.put("to", to));
        entry.reason().ifPresent(reason -> node.put("reason", reason));
        entry.was().ifPresent(was -> node.set("was", was));
        entry.became().ifPresent(became -> node.put("became", became));
    }

    private static int format(Members members) {
        return members.findInt("format", FORMAT).orElse(FORMAT);
    }

    private static ModelPolicy read(Members members) {
        int format = format(members);
        SortedMap<AliasName, ModelVersion> aliases = new TreeMap<>(
                members.named("aliases", AliasName::new, (all, alias) -> all.get(alias, ModelVersion::new)));
        Optional<Members> traffic = members.findObject("traffic");
        Optional<String> primary = traffic.flatMap(t -> t.find("primary", ModelPolicies::versionOrAlias));
        Optional<Canary> canary = traffic.flatMap(t -> t.findObject("canary")).map(ModelPolicies::canary);
        Optional<Shadow> shadow = traffic.flatMap(t -> t.findObject("shadow"))
                .map(s -> new Shadow(s.get("version", ModelVersion::new), s.percent("percent")));
        Optional<Promoted> promoted =
                traffic.flatMap(t -> t.findObject("promoted")).map(ModelPolicies::promoted);
        ServingOptions serving =
                members.findObject("serving").map(ModelPolicies::serving).orElse(ServingOptions.NONE);
        Map<ModelVersion, Retirement> retired =
                members.named("retired", ModelVersion::new, (all, version) -> retirement(all.object(version)));
        List<HistoryEntry> history = members.objects("history", ModelPolicies::historyEntry);
        Stream<String> newer = format > FORMAT ? Stream.of("format") : Stream.empty();
        List<String> unknown = Stream.concat(newer, members.unknown().stream()).toList();
        return new ModelPolicy(aliases, primary, canary, shadow, promoted, serving, retired, history, unknown);
    }

    /** Every alias fits the grammar of versions. */
    private static String versionOrAlias(String text) {
        return new ModelVersion(text).value();
    }

    private static Canary canary(Members canary) {
        return new Canary(
                canary.text("id"),
                canary.get("version", ModelVersion::new),
                canary.percent("weight"),
                canary.find("sticky-header", ModelPolicies::headerName),
                canary.findInstant("started-at"),
                canary.objects("steps", s -> new Step(s.percent("weight"), s.get("for", Durations::parsePositive))),
                canary.objects("passed", p -> new Passed(p.integer("step", 1), p.instant("at"), p.text("by"))),
                canary.findObject("guard").map(ModelPolicies::guard),
                canary.findObject("paused").map(ModelPolicies::paused),
                canary.findObject("aborted").map(ModelPolicies::aborted));
    }

    /** As RFC 9110 has names of fields, and no longer than anybody means. */
    private static String headerName(String text) {
        if (!Canary.isHeaderName(text)) {
            String shown = text.length() <= 64 ? text : text.substring(0, 64) + "…";
            throw new IllegalArgumentException("'%s' is not the name of a header".formatted(shown));
        }
        return text;
    }

    private static Guard guard(Members guard) {
        try {
            return new Guard(
                    guard.get("window", Durations::parsePositive),
                    guard.integer("min-requests", 0),
                    guard.findNumber("max-error-rate", BigDecimal.ONE),
                    guard.findNumber("max-latency-ratio", Guard.MOST_LATENCY_RATIO),
                    guard.findNumber("max-disagreement", BigDecimal.ONE),
                    guard.findOneOf("on-breach", OnBreach.values()).orElse(OnBreach.ABORT),
                    guard.findOneOf("on-success", OnSuccess.values()).orElse(OnSuccess.PROMOTE));
        } catch (IllegalArgumentException e) {
            throw guard.failure("traffic.canary.guard: " + e.getMessage());
        }
    }

    private static Paused paused(Members paused) {
        return new Paused(paused.instant("at"), paused.text("by"), paused.findText("rule"));
    }

    private static Promoted promoted(Members promoted) {
        return new Promoted(
                promoted.text("id"),
                promoted.get("version", ModelVersion::new),
                promoted.get("from", ModelVersion::new),
                promoted.instant("at"),
                promoted.text("by"));
    }

    private static Aborted aborted(Members aborted) {
        return new Aborted(
                aborted.instant("at"),
                aborted.text("by"),
                aborted.text("rule"),
                aborted.findNumber("measured", MAX_MEASURED),
                aborted.findNumber("limit", MAX_MEASURED));
    }

    private static ServingOptions serving(Members serving) {
        return new ServingOptions(
                serving.findBoolean("preload"),
                serving.findInt("keep-versions", 0),
                serving.findInt("max-batch-size", 1),
                serving.find("deadline", ModelPolicies::deadline),
                serving.findInt("max-concurrency", 1),
                serving.findInt("max-queue", 0));
    }

    private static Duration deadline(String text) {
        Duration deadline = Durations.parsePositive(text);
        if (deadline.compareTo(MAX_DEADLINE) > 0) {
            throw new IllegalArgumentException("must be at most 10m, got '%s'".formatted(text));
        }
        return deadline;
    }

    private static Retirement retirement(Members retirement) {
        return new Retirement(
                retirement.instant("at"), retirement.findInstant("sunset"), retirement.findText("reason"));
    }

    private static HistoryEntry historyEntry(Members entry) {
        return new HistoryEntry(
                entry.instant("at"),
                entry.text("by"),
                entry.text("command"),
                entry.findText("from"),
                entry.findText("to"),
                entry.findText("reason"),
                entry.findTree("was"),
                entry.findText("became"));
    }
}
