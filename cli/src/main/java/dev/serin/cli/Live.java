package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.registry.VersionId;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a gateway says of the versions it knows.
 *
 * @param gateway empty when none answers
 */
record Live(Optional<URI> gateway, Map<String, Version> versions) {
    private static final Live SILENT = new Live(Optional.empty(), Map.of());

    Live {
        versions = Map.copyOf(versions);
    }

    /** One version there. */
    record Version(String state, Optional<String> digest) {}

    /** Asks for all of them; no gateway is no failure. */
    static Live ask(URI server, Terminal terminal) {
        if (!GatewayClient.answers(server)) {
            terminal.note("note: no gateway answers at %s, so no state is known".formatted(server));
            return SILENT;
        }
        try (var client = new GatewayClient(server)) {
            return new Live(Optional.of(server), versions(client));
        } catch (CliException e) {
            terminal.note("note: " + e.text());
            return SILENT;
        }
    }

    private static Map<String, Version> versions(GatewayClient client) {
        Map<String, Version> versions = new HashMap<>();
        Optional<String> next = Optional.of("");
        while (next.isPresent()) {
            String after = next.get().isEmpty() ? "" : "&after=" + next.get();
            JsonNode page = client.get("/models?limit=1000" + after).orElseGet(Json::object);
            page.path("models").forEach(model -> add(versions, model));
            next = Optional.ofNullable(page.path("next").textValue());
        }
        return versions;
    }

    /** {@return what a gateway's answer to {@code GET /models/{model}/{version}} says of it} */
    static Live of(URI server, VersionId id, Optional<JsonNode> answer) {
        return answer.map(json -> new Live(Optional.of(server), Map.of(id.toString(), version(json))))
                .orElse(SILENT);
    }

    private static void add(Map<String, Version> versions, JsonNode model) {
        for (JsonNode version : model.path("versions")) {
            versions.put(
                    model.path("name").asText() + "/" + version.path("version").asText(), version(version));
        }
    }

    private static Version version(JsonNode json) {
        return new Version(
                json.path("state").asText(),
                Optional.ofNullable(json.path("digest").textValue()));
    }

    /** {@return what is known of the version with this digest, where the registry knows one} */
    Optional<Version> version(VersionId id, Optional<String> digest) {
        return Optional.ofNullable(versions.get(id.toString()))
                .filter(version -> version.digest().isEmpty()
                        || digest.isEmpty()
                        || version.digest().equals(digest)); // else that gateway serves another registry
    }
}
