package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What gateways say of one canary ({@code GET /admin/models/{model}/rollout}), as a screen of lines. Pure. */
final class RolloutText {
    private final String model;
    private final List<JsonNode> gateways;
    private final int asked;
    private final Instant now;

    /**
     * What to show.
     *
     * @param gateways the documents of those that answered, one at least
     * @param asked how many were asked
     */
    RolloutText(String model, List<JsonNode> gateways, int asked, Instant now) {
        this.model = model;
        this.gateways = List.copyOf(gateways);
        this.asked = asked;
        this.now = now;
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
        if (any("/canary/aborted")) {
            return Stage.ABORTED;
        }
        if (gateways.stream().anyMatch(gateway -> gateway.path("canary").isObject())) {
            return Stage.RUNNING;
        }
        return any("/promoted") ? Stage.PROMOTED : Stage.GONE;
    }

    private boolean any(String pointer) {
        return gateways.stream().anyMatch(gateway -> gateway.at(pointer).isObject());
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
            case GONE -> List.of("%s has no canary".formatted(model));
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
        lines.addAll(sides());
        if (canary().path("guard").isObject()) {
            lines.add("guard        " + guard());
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
        Optional.ofNullable(canary().path("why_not").textValue()).ifPresent(why -> parts.add("gets nothing: " + why));
        parts.add("%d of %d gateway%s".formatted(gateways.size(), asked, asked == 1 ? "" : "s"));
        return String.join(" · ", parts);
    }

    private Optional<String> next(int step) {
        Optional<Instant> end = instant(canary(), "step_ends_at");
        if (end.isEmpty() || canary().path("paused").isObject()) {
            return Optional.empty();
        }
        JsonNode following = canary().path("steps").path(step);
        String what = following.isObject() ? percent(following.path("weight").asDouble()) : "end";
        Duration left = Duration.between(now, end.get());
        return Optional.of(
                left.isNegative()
                        ? "next %s when the guard agrees".formatted(what)
                        : "next %s at %s, in %s".formatted(what, Words.clock(end.get(), now), span(left)));
    }

    private List<String> sides() {
        double weight = canary().path("weight").asDouble();
        long usual = sum("/canary/primary_seen/requests");
        long trial = sum("/canary/canary_seen/requests");
        var table = new Table("SIDE", "ASKED", "GOT", "REQUESTS", "ERRORS", "P50", "P99", "DISAGREE");
        side(table, "primary " + primary(), 100 - weight, usual, usual + trial, "/canary/primary_seen");
        side(table, "canary  " + text(canary(), "version"), weight, trial, usual + trial, "/canary/canary_seen");
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

    private String limits() {
        JsonNode guard = canary().path("guard");
        List<String> rules = new ArrayList<>();
        if (guard.has("max_error_rate")) {
            rules.add("errors ≤ " + percent(100 * guard.path("max_error_rate").asDouble()));
        }
        if (guard.has("max_latency_ratio")) {
            rules.add("latency ≤ %s × primary"
                    .formatted(plain(guard.path("max_latency_ratio").asDouble())));
        }
        if (guard.has("max_disagreement")) {
            rules.add("disagreement ≤ "
                    + percent(100 * guard.path("max_disagreement").asDouble()));
        }
        rules.add("from %s requests over %s"
                .formatted(
                        grouped(guard.path("min_requests").asLong()),
                        Words.duration(
                                Duration.ofSeconds(guard.path("window_seconds").asLong()))));
        return String.join(" · ", rules);
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
        if (canary().path("guard").path("on_success").asText().equals("promote")) {
            marks.add("○ promote");
        }
        return String.join("   ", marks);
    }

    private String aborted() {
        JsonNode aborted = gateways.stream()
                .map(gateway -> gateway.at("/canary/aborted"))
                .filter(JsonNode::isObject)
                .findFirst()
                .orElseThrow();
        String why = aborted.path("measured").isNumber()
                ? "%s %s, allowed %s"
                        .formatted(
                                text(aborted, "rule"),
                                plain(aborted.path("measured").asDouble()),
                                plain(aborted.path("limit").asDouble()))
                : text(aborted, "rule");
        return "%s pulled back by %s: %s · %s has all traffic"
                .formatted(
                        instant(aborted, "at").map(at -> Words.clock(at, now)).orElse(""),
                        text(aborted, "by"),
                        why,
                        primary());
    }

    private String promoted() {
        JsonNode promoted = gateways.stream()
                .map(gateway -> gateway.path("promoted"))
                .filter(JsonNode::isObject)
                .findFirst()
                .orElseThrow();
        return "%s promoted by %s: primary %s → %s"
                .formatted(
                        instant(promoted, "at").map(at -> Words.clock(at, now)).orElse(""),
                        text(promoted, "by"),
                        text(promoted, "from"),
                        text(promoted, "version"));
    }

    /** {@return the canary as the first gateway knows it that knows one} */
    private JsonNode canary() {
        return gateways.stream()
                .map(gateway -> gateway.path("canary"))
                .filter(JsonNode::isObject)
                .findFirst()
                .orElseGet(Json::object);
    }

    /** {@return the worst of the gateways' verdicts} */
    private JsonNode verdict() {
        List<JsonNode> verdicts = gateways.stream()
                .map(gateway -> gateway.at("/canary/verdict"))
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
        return gateways.stream()
                .mapToLong(gateway -> gateway.at(pointer).asLong())
                .sum();
    }

    /** Quantiles of several gateways have no sum; the slowest gateway's is what its callers see. */
    private double greatest(String pointer) {
        return gateways.stream()
                .mapToDouble(gateway -> gateway.at(pointer).asDouble())
                .max()
                .orElse(0);
    }

    private static String text(JsonNode node, String member) {
        return node.path(member).asText("");
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
