package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.gateway.rollout.Rule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What gateways say of one canary ({@code GET /admin/models/{model}/rollout}), as a screen of lines. Pure. */
final class RolloutText {
    private final String model;
    private final List<JsonNode> gateways;
    private final int asked;
    private final Instant now;
    private final boolean bound;
    private final Optional<String> id;
    private final List<JsonNode> trials; // what gateways say of that canary

    /**
     * What to show.
     *
     * @param gateways the documents of those that answered, one at least
     * @param asked how many were asked
     * @param watched the canary, by id, whose end is waited for: no other's counts; without one, the canary that runs, else
     *     what came of the latest
     */
    RolloutText(String model, List<JsonNode> gateways, int asked, Optional<String> watched, Instant now) {
        this.model = model;
        this.gateways = List.copyOf(gateways);
        this.asked = asked;
        this.now = now;
        bound = watched.isPresent();
        List<JsonNode> canaries = gateways.stream()
                .map(gateway -> gateway.path("canary"))
                .filter(JsonNode::isObject)
                .toList();
        id = watched.or(() -> canaries.stream()
                .filter(canary -> !canary.path("aborted").isObject())
                .map(canary -> text(canary, "id"))
                .findFirst());
        Optional<String> shown =
                id.or(() -> canaries.stream().map(canary -> text(canary, "id")).findFirst());
        trials = canaries.stream()
                .filter(canary -> shown.equals(Optional.of(text(canary, "id"))))
                .toList();
    }

    /** {@return the id of the canary that is watched or runs} */
    Optional<String> id() {
        return id;
    }

    /** How far the canary has come. */
    enum Stage {
        RUNNING,
        ABORTED,
        PROMOTED,
        GONE
    }

    /** {@return what any of the gateways knows: the latest word counts} */
    Stage stage() {
        if (aborts().findFirst().isPresent()) {
            return Stage.ABORTED;
        }
        if (!trials.isEmpty()) {
            return Stage.RUNNING;
        }
        return promotions().findFirst().isPresent() ? Stage.PROMOTED : Stage.GONE;
    }

    private Stream<JsonNode> aborts() {
        return trials.stream().map(trial -> trial.path("aborted")).filter(JsonNode::isObject);
    }

    private Stream<JsonNode> promotions() {
        return gateways.stream()
                .map(gateway -> gateway.path("promoted"))
                .filter(JsonNode::isObject)
                .filter(promoted -> id.isEmpty() || id.get().equals(text(promoted, "id")));
    }

    /** {@return what is worth a new block where lines cannot be drawn again} */
    String state() {
        return stage() + " " + canary().path("step").asText() + " "
                + verdict().path("state").asText() + canary().path("paused");
    }

    List<String> lines() {
        return switch (stage()) {
            case RUNNING -> running();
            case ABORTED -> withEnd(running(), aborted());
            case PROMOTED -> List.of(promoted());
            case GONE ->
                List.of(
                        bound
                                ? "the canary of %s is gone: neither promoted nor pulled back".formatted(model)
                                : "%s has no canary".formatted(model));
        };
    }

    private static List<String> withEnd(List<String> lines, String end) {
        List<String> all = new ArrayList<>(lines);
        all.add(end);
        return all;
    }

    private List<String> running() {
        List<String> lines = new ArrayList<>();
        lines.add(head());
        if (stage() == Stage.RUNNING || canary().has("canary_seen")) { // of one that ended nobody counts any more
            lines.addAll(sides());
            if (canary().path("guard").isObject()) {
                lines.add("guard        " + guard());
            }
        }
        if (canary().path("steps").size() > 0) {
            lines.add("steps        " + steps());
        }
        return lines;
    }

    private String head() {
        List<String> parts = new ArrayList<>();
        parts.add(model);
        parts.add("canary %s against %s".formatted(text(canary(), "version"), primary()));
        instant(canary(), "started_at").ifPresent(at -> parts.add("started " + Words.clock(at, now)));
        int steps = canary().path("steps").size();
        if (steps > 0) {
            int step = canary().path("step").asInt();
            parts.add("step %d of %d".formatted(step, steps));
            next(step).ifPresent(parts::add);
        }
        if (canary().path("paused").isObject()) {
            parts.add("paused by " + text(canary().path("paused"), "by"));
        }
        Optional.of(text(canary(), "why_not"))
                .filter(why -> !why.isEmpty())
                .ifPresent(why -> parts.add("gets nothing: " + why));
        parts.add("%d of %d gateway%s".formatted(gateways.size(), asked, asked == 1 ? "" : "s"));
        return String.join(" · ", parts);
    }

    private Optional<String> next(int step) {
        Optional<Instant> end = instant(canary(), "step_ends_at");
        if (end.isEmpty()
                || canary().path("paused").isObject()
                || canary().path("aborted").isObject()) {
            return Optional.empty();
        }
        JsonNode following = canary().path("steps").path(step);
        String what =
                following.isObject() ? percent(following.path("weight").asDouble()) : promotes() ? "promote" : "end";
        Duration left = Duration.between(now, end.get());
        return Optional.of(
                left.isNegative()
                        ? "next %s %s"
                                .formatted(what, canary().path("guard").isObject() ? "when the guard agrees" : "now")
                        : "next %s at %s, in %s".formatted(what, Words.clock(end.get(), now), span(left)));
    }

    private List<String> sides() {
        double weight = canary().path("weight").asDouble();
        long usual = sum("/primary_seen/requests");
        long trial = sum("/canary_seen/requests");
        var table = new Table("SIDE", "ASKED", "GOT", "REQUESTS", "ERRORS", "P50", "P99", "DISAGREE");
        side(table, "primary " + primary(), 100 - weight, usual, usual + trial, "/primary_seen");
        side(table, "canary  " + text(canary(), "version"), weight, trial, usual + trial, "/canary_seen");
        return table.lines();
    }

    private void side(Table table, String name, double asked, long requests, long all, String at) {
        long compared = sum(at + "/compared");
        table.row(
                name,
                percent(asked),
                all == 0 ? "-" : percent(100.0 * requests / all),
                grouped(requests),
                requests == 0 ? "-" : percent(100.0 * sum(at + "/errors") / requests),
                requests == 0 ? "-" : millis(greatest(at + "/p50_seconds")),
                requests == 0 ? "-" : millis(greatest(at + "/p99_seconds")),
                compared == 0 ? "" : percent(100.0 * sum(at + "/disagreed") / compared));
    }

    private String guard() {
        JsonNode verdict = verdict();
        String state = verdict.path("state").asText("inconclusive");
        String limits = limits();
        String text = verdict.path("text").asText("");
        return "%s · %s%s".formatted(state, text.isEmpty() ? "" : text + " · ", limits);
    }

    /** What was measured beside what is allowed; the verdict is about more than which of the two is greater. */
    private String limits() {
        JsonNode guard = canary().path("guard");
        long requests = sum("/canary_seen/requests");
        List<String> rules = new ArrayList<>();
        if (guard.has("max_error_rate")) {
            rules.add(percentRule("errors", "errors", requests, guard.path("max_error_rate")));
        }
        if (guard.has("max_latency_ratio")) {
            double ratio = guard.path("max_latency_ratio").asDouble();
            double usual = greatest("/primary_seen/p99_seconds");
            rules.add(
                    requests == 0 || usual == 0
                            ? "p99 ≤ %s × primary".formatted(plain(ratio))
                            : rule("p99", greatest("/canary_seen/p99_seconds"), usual * ratio, RolloutText::millis));
        }
        if (guard.has("max_disagreement")) {
            rules.add(percentRule(
                    "disagreement", "disagreed", sum("/canary_seen/compared"), guard.path("max_disagreement")));
        }
        long least = guard.path("min_requests").asLong();
        long most = (long) greatest("/canary_seen/requests"); // each gateway judges by what it saw itself
        rules.add("%s requests %s %s over %s"
                .formatted(grouped(most), most < least ? "<" : "≥", grouped(least), window()));
        return String.join(" · ", rules);
    }

    private String percentRule(String name, String counted, long of, JsonNode limit) {
        double most = 100 * limit.asDouble();
        return of == 0
                ? "%s ≤ %s".formatted(name, percent(most))
                : rule(name, 100.0 * sum("/canary_seen/" + counted) / of, most, RolloutText::percent);
    }

    private static String rule(String name, double measured, double limit, DoubleFunction<String> words) {
        return "%s %s %s %s".formatted(name, words.apply(measured), measured > limit ? ">" : "≤", words.apply(limit));
    }

    private String window() {
        return Words.duration(
                Duration.ofSeconds(canary().path("guard").path("window_seconds").asLong()));
    }

    private String steps() {
        int on = canary().path("step").asInt();
        List<String> marks = new ArrayList<>();
        int number = 0;
        for (JsonNode step : canary().path("steps")) {
            number++;
            String mark = number < on ? "✓" : number == on ? "●" : "○";
            marks.add(mark + " " + percent(step.path("weight").asDouble()));
        }
        if (promotes()) {
            marks.add("○ promote");
        }
        return String.join("   ", marks);
    }

    private boolean promotes() {
        return canary().path("guard").path("on_success").asText().equals("promote");
    }

    private String aborted() {
        JsonNode aborted = aborts().findFirst().orElseThrow();
        String label = text(aborted, "rule");
        String why = aborted.path("reason").isTextual() ? text(aborted, "reason") : measured(aborted, label);
        return "%s aborted by %s: %s · primary %s has all traffic%s"
                .formatted(
                        instant(aborted, "at").map(at -> Words.second(at, now)).orElse(""),
                        text(aborted, "by"),
                        why,
                        primary(),
                        since());
    }

    /** {@return since when, where its end was seen; and where, while not all gateways have followed} */
    private String since() {
        long followed = aborts().count();
        if (followed < asked) {
            return " on %d of %d gateways".formatted(followed, asked);
        }
        return bound ? " since " + Words.second(now, now) : "";
    }

    /** {@return what the rule found, as far as the file tells} */
    private String measured(JsonNode aborted, String label) {
        return Rule.of(label)
                .filter(_ -> aborted.path("measured").isNumber()
                        && aborted.path("limit").isNumber())
                .map(rule -> rule.above(
                                aborted.path("measured").asDouble(),
                                aborted.path("limit").asDouble())
                        + (canary().has("guard") ? " over " + window() : ""))
                .orElse(label);
    }

    private String promoted() {
        JsonNode promoted = promotions().findFirst().orElseThrow();
        return "%s promoted by %s: primary %s → %s"
                .formatted(
                        instant(promoted, "at").map(at -> Words.second(at, now)).orElse(""),
                        text(promoted, "by"),
                        text(promoted, "from"),
                        text(promoted, "version"));
    }

    /** {@return the canary as the first gateway knows it that knows one} */
    private JsonNode canary() {
        return trials.isEmpty() ? Json.object() : trials.getFirst();
    }

    /** {@return the worst of the gateways' verdicts} */
    private JsonNode verdict() {
        List<JsonNode> verdicts = trials.stream()
                .map(trial -> trial.path("verdict"))
                .filter(JsonNode::isObject)
                .collect(Collectors.toList());
        for (String state : List.of("breached", "inconclusive", "ok")) {
            for (JsonNode verdict : verdicts) {
                if (verdict.path("state").asText().equals(state)) {
                    return verdict;
                }
            }
        }
        return Json.object();
    }

    private String primary() {
        return text(gateways.getFirst(), "primary");
    }

    private long sum(String pointer) {
        return trials.stream().mapToLong(trial -> trial.at(pointer).asLong()).sum();
    }

    /** Quantiles of several gateways have no sum; the slowest gateway's is what its callers see. */
    private double greatest(String pointer) {
        return trials.stream()
                .mapToDouble(trial -> trial.at(pointer).asDouble())
                .max()
                .orElse(0);
    }

    private static String text(JsonNode node, String member) {
        return Words.line(node.path(member).asText(""));
    }

    private static Optional<Instant> instant(JsonNode node, String member) {
        return Optional.ofNullable(node.path(member).textValue()).map(Instant::parse);
    }

    private static String percent(double value) {
        return plain(Math.round(value * 100) / 100.0) + " %";
    }

    private static String plain(double value) {
        String digits = String.format(Locale.ROOT, "%.4f", value);
        return digits.replaceFirst("\\.?0+$", "");
    }

    private static String millis(double seconds) {
        double millis = seconds * 1e3;
        return String.format(Locale.ROOT, millis < 10 ? "%.1f ms" : "%.0f ms", millis);
    }

    private static String grouped(long count) {
        return String.format(Locale.ROOT, "%,d", count).replace(',', ' ');
    }

    private static String span(Duration left) {
        long minutes = left.toMinutes();
        return minutes == 0
                ? left.toSeconds() + " s"
                : minutes < 60
                        ? "%d min %d s".formatted(minutes, left.toSecondsPart())
                        : "%d h %d min".formatted(left.toHours(), left.toMinutesPart());
    }
}
