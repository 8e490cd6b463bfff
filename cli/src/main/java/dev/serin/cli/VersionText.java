package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.inference.Signature;
import dev.serin.registry.KeyName;
import dev.serin.registry.Manifest;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.signing.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** One version whole, for people: a word at the left, what is known at the right. */
final class VersionText {
    private static final int LEFT = 13;
    private static final double MILLIS = 1000;

    private final Known known;
    private final List<Known> replicas;
    private final Optional<Verdict> signed;
    private final Optional<JsonNode> gateway;
    private final List<String> lines = new ArrayList<>();

    /** @param replicas the same as each gateway that was asked knows it */
    VersionText(Known known, List<Known> replicas, Optional<Verdict> signed, Optional<JsonNode> gateway) {
        this.known = known;
        this.replicas = List.copyOf(replicas);
        this.signed = signed;
        this.gateway = gateway;
    }

    List<String> lines(Terminal terminal, Optional<Signature> signature, String tryLine) {
        raw(known.version().id().toString(), summary(terminal));
        known.problem().or(this::reason).ifPresent(reason -> line("reason", reason));
        PolicyText.traffic(known.model().policy()).ifPresent(traffic -> line("traffic", traffic));
        block("model.json", PolicyText.odd(known.model()));
        line("registered", registered());
        signed.ifPresent(verdict -> line(
                "signed",
                switch (verdict) {
                    case Verdict.Signed(KeyName key) -> "by " + key;
                    case Verdict.Refused(String reason) -> "no: " + reason;
                }));
        signature.ifPresent(ports -> {
            block("input", Signatures.lines(ports.inputs()));
            block("output", Signatures.lines(ports.outputs()));
        });
        line("files", files());
        metadata().ifPresent(metadata -> line("metadata", metadata));
        loaded().ifPresent(loaded -> line("loaded", loaded));
        if (!tryLine.isEmpty()) {
            line("try", tryLine);
        }
        return lines;
    }

    private void line(String word, String text) {
        raw(word, Words.line(text));
    }

    private void raw(String word, String text) {
        String left = word.length() < LEFT ? word + " ".repeat(LEFT - word.length()) : word + " ";
        lines.add(left + text);
    }

    private void block(String word, List<String> texts) {
        String left = word;
        for (String text : texts) {
            line(left, text);
            left = "";
        }
    }

    private String summary(Terminal terminal) {
        List<String> parts = new ArrayList<>();
        parts.add(state(terminal));
        String traffic = PolicyText.now(known, terminal.shell().clock().instant());
        if (!traffic.isEmpty()) {
            parts.add(traffic);
        }
        known.aliases().forEach(alias -> parts.add("alias " + alias));
        if (known.sizeBytes() > 0) {
            parts.add(Words.size(known.sizeBytes()));
        }
        known.digest().ifPresent(digest -> parts.add("sha256 " + digest.substring(0, 8) + "…"));
        return String.join(" · ", parts);
    }

    /** {@return {@code ready}, {@code ready on 2 of 3 gateways, failed on 1}} */
    private String state(Terminal terminal) {
        Map<String, Long> counts = replicas.stream()
                .flatMap(replica -> replica.live().stream())
                .map(Live.Version::state)
                .collect(Collectors.groupingBy(state -> state, LinkedHashMap::new, Collectors.counting()));
        if (replicas.size() == 1 || counts.isEmpty()) {
            return known.state().isEmpty() ? "-" : terminal.colored(known.state());
        }
        List<String> states = new ArrayList<>();
        counts.forEach((state, count) -> states.add("%s on %d%s"
                .formatted(
                        terminal.colored(state),
                        count,
                        states.isEmpty() ? " of %d gateways".formatted(replicas.size()) : "")));
        return String.join(", ", states);
    }

    private Optional<String> reason() {
        return gateway.map(version -> version.path("reason").textValue());
    }

    private String registered() {
        String time = Words.time(known.version().createdAt());
        return switch (known.version()) {
            case RegisteredVersion.Published(Manifest manifest) ->
                time
                        + text(manifest, "author", " by ")
                        + text(manifest, "source-commit", " from commit ")
                        + text(manifest, "reason", ": ");
            case RegisteredVersion.HandDropped _ -> time + ", copied in by hand";
            case RegisteredVersion.BeingPublished _ ->
                time + ", not whole yet: its publisher is at work, or died at it";
            case RegisteredVersion.Unusable _ -> time;
        };
    }

    private static String text(Manifest manifest, String member, String before) {
        String text = manifest.metadata().path(member).asText();
        return text.isEmpty() ? "" : before + text;
    }

    private String files() {
        return switch (known.version()) {
            case RegisteredVersion.Published(Manifest manifest) ->
                manifest.files().stream()
                        .map(file -> file.path() + " " + Words.size(file.sizeBytes()))
                        .collect(Collectors.joining(" · "));
            case RegisteredVersion.HandDropped dropped ->
                dropped.files().stream()
                        .map(file ->
                                file.key().substring(dropped.id().toString().length() + 1) + " "
                                        + Words.size(file.sizeBytes()))
                        .collect(Collectors.joining(" · "));
            case RegisteredVersion.BeingPublished _, RegisteredVersion.Unusable _ -> "-";
        };
    }

    private Optional<String> metadata() {
        if (known.version() instanceof RegisteredVersion.Published(Manifest manifest)) {
            String all = manifest.metadata().properties().stream()
                    .filter(member ->
                            !List.of("author", "source-commit", "reason").contains(member.getKey()))
                    .map(member -> member.getKey() + " " + member.getValue().asText())
                    .collect(Collectors.joining(" · "));
            return all.isEmpty() ? Optional.empty() : Optional.of(all);
        }
        return Optional.empty();
    }

    /** {@code in 38 ms: read 1, verify 0, create 33, warm 4 · 0.9 MiB}. */
    private Optional<String> loaded() {
        return gateway.filter(version -> version.has("load_seconds")).map(version -> {
            JsonNode phases = version.path("load_seconds");
            double total = phases.valueStream().mapToDouble(JsonNode::asDouble).sum();
            String each = phases.propertyStream()
                    .map(phase -> phase.getKey() + " " + millis(phase.getValue().asDouble()))
                    .collect(Collectors.joining(", "));
            String memory = version.has("memory_bytes")
                    ? " · " + Words.size(version.path("memory_bytes").asLong())
                    : "";
            return "in %s ms: %s%s".formatted(millis(total), each, memory);
        });
    }

    private static String millis(double seconds) {
        return String.format(Locale.ROOT, "%.0f", seconds * MILLIS);
    }
}
