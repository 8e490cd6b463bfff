package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;

/** What a gateway says when it does not answer a prediction. */
final class Refusal {
    private static final int NOT_FOUND = 404;

    private Refusal() {}

    static CliException of(Name wanted, HttpResponse<byte[]> response) {
        JsonNode problem = problem(response);
        if (!problem.has("detail")) {
            return new CliException(
                    ExitCode.GATEWAY_UNREACHABLE,
                    "%s is no Serin gateway: it answered with status %d"
                            .formatted(response.uri().resolve("/"), response.statusCode()),
                    "serin serve");
        }
        String code = problem.path("code").asText();
        StringBuilder text = new StringBuilder(problem.path("detail").asText());
        problem.path("errors")
                .forEach(fault -> text.append("\n  ")
                        .append(fault.path("pointer").asText())
                        .append("  ")
                        .append(fault.path("detail").asText(fault.path("rule").asText())));
        return new CliException(
                response.statusCode() == NOT_FOUND ? ExitCode.NOT_FOUND : ExitCode.FAILED,
                text.toString(),
                hint(wanted, code));
    }

    private static JsonNode problem(HttpResponse<byte[]> response) {
        try {
            return Json.MAPPER.readTree(response.body());
        } catch (IOException _) {
            return Json.object();
        }
    }

    private static String hint(Name wanted, String code) {
        return switch (code) {
            case "model-not-found" -> "serin list";
            case "version-not-found" -> "serin list " + wanted.model();
            case "invalid-body", "invalid-input" -> "serin predict %s --example".formatted(wanted);
            case "version-failed" -> "serin list %s --failed".formatted(wanted.model());
            default -> "serin show " + wanted;
        };
    }
}
