package dev.serin.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a run says at its end.
 *
 * @param echoPerSecond of the echo at 32 connections
 */
record Report(
        Machine machine,
        Options options,
        Instant began,
        String generator,
        double echoPerSecond,
        List<Outcome> outcomes) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int VOID = 3;

    Report {
        outcomes = List.copyOf(outcomes);
    }

    /** {@return whether the machine was too slow or too loud for the ratios to mean anything} */
    boolean isVoid() {
        return !(echoPerSecond >= Bench.LEAST_ECHO_PER_SECOND);
    }

    /** {@return 0 when all rows are met, 1 when one is not, 3 when the run is void} */
    int status() {
        return isVoid() ? VOID : Outcome.status(outcomes);
    }

    /** {@return the table for people} */
    String table() {
        StringBuilder text = new StringBuilder();
        text.append("%s, %d cores, %s, %s, %s%n"
                .formatted(machine.processor(), machine.cores(), machine.java(), machine.kernel(), machine.commit()));
        text.append("echo: %s requests a second at %d connections; closed loops by %s%n%n"
                .formatted(Limit.text(echoPerSecond), Bench.CONNECTIONS, generator));
        text.append("%-20s %-34s %-34s %s%n".formatted("row", "asked", "measured", "verdict"));
        outcomes.forEach(outcome -> append(text, outcome));
        if (isVoid()) {
            text.append("%nvoid: the echo made fewer than %,.0f requests a second%n"
                    .formatted(Bench.LEAST_ECHO_PER_SECOND));
        }
        return text.toString();
    }

    private static void append(StringBuilder text, Outcome outcome) {
        Figures medians = Figures.medians(outcome.rounds());
        List<Limit> limits = outcome.row().limits();
        for (int i = 0; i < Math.max(1, limits.size()); i++) {
            String asked = i < limits.size() ? limits.get(i).toString() : "";
            String measured = i < limits.size() && !outcome.rounds().isEmpty()
                    ? Limit.text(medians.get(limits.get(i).figure()))
                    : "";
            text.append("%-20s %-34s %-34s %s%n"
                    .formatted(i == 0 ? outcome.row().name() : "", asked, measured, i == 0 ? outcome.verdict() : "")
                    .replaceAll(" +(?=\\R)", ""));
        }
        if (!outcome.reason().isEmpty()) {
            text.append("    %s%n".formatted(outcome.reason()));
        }
        Set<String> limited = limits.stream().map(Limit::figure).collect(Collectors.toSet());
        String others = medians.byName().entrySet().stream()
                .filter(each -> !limited.contains(each.getKey()))
                .map(each -> each.getKey() + " " + Limit.text(each.getValue()))
                .collect(Collectors.joining(", "));
        if (!others.isEmpty()) {
            text.append("    %s%n".formatted(others));
        }
    }

    /** {@return a line of JSON for each row, as other proofs print them} */
    String lines() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (Outcome outcome : outcomes) {
            String asked = outcome.row().limits().stream().map(Limit::toString).collect(Collectors.joining(", "));
            String got = switch (outcome.verdict()) {
                case MET -> "passed";
                case MISSED, WRONG, FAILED -> "FAILED";
                case SKIPPED -> "skipped: " + outcome.reason();
            };
            ObjectNode line = JSON.createObjectNode();
            line.put("name", "bench-" + outcome.row().name())
                    .put("asked", asked)
                    .put("got", isVoid() ? "void: the echo is too slow" : got)
                    .put("echo_per_second", Math.round(echoPerSecond))
                    .put("measured", measured(outcome));
            lines.append(JSON.writeValueAsString(line)).append('\n');
        }
        return lines.toString();
    }

    private static String measured(Outcome outcome) {
        String figures = Figures.medians(outcome.rounds()).byName().entrySet().stream()
                .map(each -> each.getKey() + " " + Limit.text(each.getValue()))
                .collect(Collectors.joining(", "));
        return outcome.reason().isEmpty() ? figures : outcome.reason();
    }

    void write(Path file) throws IOException {
        ObjectNode all = JSON.createObjectNode();
        all.put("began", began.toString());
        all.set("machine", JSON.valueToTree(machine));
        all.put("rounds", options.rounds()).put("seconds", options.seconds()).put("quick", options.quick());
        all.put("generator", generator);
        all.put("echo_per_second", echoPerSecond).put("void", isVoid());
        ArrayNode rows = all.putArray("rows");
        for (Outcome outcome : outcomes) {
            ObjectNode row = rows.addObject();
            row.put("name", outcome.row().name()).put("what", outcome.row().what());
            ArrayNode asked = row.putArray("asked");
            outcome.row().limits().forEach(limit -> asked.add(limit.toString()));
            row.put("verdict", outcome.verdict().toString());
            if (!outcome.reason().isEmpty()) {
                row.put("reason", outcome.reason());
            }
            put(row.putObject("medians"), Figures.medians(outcome.rounds()));
            ArrayNode rounds = row.putArray("rounds");
            outcome.rounds().forEach(round -> put(rounds.addObject(), round));
        }
        JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), all);
    }

    private static void put(ObjectNode node, Figures figures) {
        for (Map.Entry<String, Double> each : figures.byName().entrySet()) {
            if (Double.isNaN(each.getValue())) {
                node.putNull(each.getKey());
            } else {
                node.put(each.getKey(), Math.round(each.getValue() * 1e4) / 1e4);
            }
        }
    }
}
