package dev.serin.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.policy.Wording;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the headers of an answer say of it: which version, why, and where the time went. */
final class Served {
    private static final Pattern TIMING = Pattern.compile("(\\w+)(?:;desc=\"[^\"]*\")?;dur=([0-9.]+)");

    private final HttpHeaders headers;

    Served(HttpHeaders headers) {
        this.headers = headers;
    }

    private String header(String name) {
        return headers.firstValue(name).orElse("");
    }

    private Map<String, Double> millis() {
        Map<String, Double> millis = new LinkedHashMap<>();
        Matcher timing = TIMING.matcher(header("Server-Timing"));
        while (timing.find()) {
            millis.put(timing.group(1), Double.valueOf(timing.group(2)));
        }
        return millis;
    }

    ObjectNode document() {
        ObjectNode document = Json.object()
                .put("model", header("Serin-Model"))
                .put("version", header("Serin-Version"))
                .put("route", header("Serin-Route"))
                .put("request_id", header("X-Request-Id"));
        ObjectNode seconds = document.putObject("seconds");
        millis().forEach((phase, millis) -> seconds.put(phase, millis / 1000));
        return document;
    }

    String version() {
        return header("Serin-Version");
    }

    boolean isCanary() {
        return header("Serin-Route").equals("canary");
    }

    /**
     * {@return {@code fraud/4 (canary, 25 %) · 1.4 ms: queue 0.0, run 0.3 · request 7f3a0c}}
     *
     * @param share percent of the requests that go the same way
     */
    String text(Optional<Double> share) {
        List<String> parts = new ArrayList<>();
        String route = header("Serin-Route")
                + share.map(Wording::percent).map(", "::concat).orElse("");
        parts.add("%s/%s (%s)".formatted(header("Serin-Model"), header("Serin-Version"), route));
        Map<String, Double> millis = millis();
        if (!millis.isEmpty()) {
            double total =
                    millis.values().stream().mapToDouble(Double::doubleValue).sum();
            List<String> phases = new ArrayList<>();
            millis.forEach((phase, time) -> phases.add(String.format(Locale.ROOT, "%s %.1f", phase, time)));
            parts.add(String.format(Locale.ROOT, "%.1f ms: %s", total, String.join(", ", phases)));
        }
        if (!header("X-Request-Id").isEmpty()) {
            parts.add("request " + header("X-Request-Id"));
        }
        return String.join(" · ", parts);
    }
}
