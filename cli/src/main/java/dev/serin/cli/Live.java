package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.VersionId;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a gateway says of the versions it knows.
 *
 * @param gateway empty when none answers
 * @param rates requests a second of each model that it knows them of
 */
record Live(Optional<URI> gateway, Map<String, Version> versions, Map<String, Double> rates) {
    private static final Live SILENT = new Live(Optional.empty(), Map.of(), Map.of());

    Live {
        versions = Map.copyOf(versions);
        rates = Map.copyOf(rates);
    }

    /**
     * One version there.
     *
     * @param memoryBytes of its session; 0 when none is loaded
     */
    record Version(String state, Optional<String> digest, long memoryBytes) {}

    /** Asks for all of them; no gateway is no failure. */
    static Live ask(URI server, Terminal terminal) {
        if (!GatewayClient.answers(server)) {
            terminal.note("note: no gateway answers at %s, so no state is known".formatted(server));
            return SILENT;
        }
        try (var client = new GatewayClient(server)) {
            return all(server, client);
        } catch (CliException e) {
            terminal.note("note: " + e.text());
            return SILENT;
        }
    }

    private static Live all(URI server, GatewayClient client) {
        Map<String, Version> versions = new HashMap<>();
        Map<String, Double> rates = new HashMap<>();
        Optional<String> next = Optional.of("");
        while (next.isPresent()) {
            String after = next.get().isEmpty() ? "" : "&after=" + next.get();
            JsonNode page = client.get("/models?limit=1000" + after).orElseGet(Json::object);
            for (JsonNode model : page.path("models")) {
                add(versions, model);
                if (model.path("requests_per_second").isNumber()) {
                    rates.put(
                            model.path("name").asText(),
                            model.path("requests_per_second").asDouble());
                }
            }
            next = Optional.ofNullable(page.path("next").textValue());
        }
        return new Live(Optional.of(server), versions, rates);
    }

    /** {@return what a gateway's answer to {@code GET /models/{model}/{version}} says of it} */
    static Live of(URI server, VersionId id, Optional<JsonNode> answer) {
        return answer.map(json -> new Live(Optional.of(server), Map.of(id.toString(), version(json)), Map.of()))
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
                Optional.ofNullable(json.path("digest").textValue()),
                json.path("memory_bytes").asLong());
    }

    /** {@return requests a second of a model, where the gateway serves that of this registry and knows them} */
    Optional<Double> rate(RegisteredModel model) {
        boolean sameRegistry =
                Known.of(model, this).stream().anyMatch(known -> known.live().isPresent());
        return sameRegistry ? Optional.ofNullable(rates.get(model.name().value())) : Optional.empty();
    }

    /** {@return what is known of the version with this digest, where the registry knows one} */
    Optional<Version> version(VersionId id, Optional<String> digest) {
        return Optional.ofNullable(versions.get(id.toString()))
                .filter(version -> version.digest().isEmpty()
                        || digest.isEmpty()
                        || version.digest().equals(digest)); // else that gateway serves another registry
    }
}
