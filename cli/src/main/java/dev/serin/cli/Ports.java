package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Inputs and outputs for people, from the JSON of manifests and of the gateway. */
final class Ports {
    private Ports() {}

    /** {@return a line for each: {@code x FP32 [batch, 4]}} */
    static List<String> lines(JsonNode ports) {
        List<String> lines = new ArrayList<>();
        ports.forEach(port -> lines.add(port.path("name").asText() + " " + type(port)));
        return lines;
    }

    private static String type(JsonNode port) {
        if (port.has("type")) {
            return port.path("type").asText();
        }
        return port.path("datatype").asText()
                + port.path("shape")
                        .valueStream()
                        .map(dimension -> dimension.asText().equals("-1") ? "?" : dimension.asText())
                        .collect(Collectors.joining(", ", " [", "]"));
    }
}
