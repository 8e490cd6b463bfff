package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.RegisteredModel;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What of a registry cannot be served, and why. */
record Failures(List<Failure> all) {
    private static final String UNKNOWN = "the gateway gives no reason";

    Failures {
        all = List.copyOf(all);
    }

    /** A version, or the policy of a model. */
    record Failure(String what, String reason) {}

    static Failures of(Collection<RegisteredModel> models, Live live) {
        List<Failure> all = new ArrayList<>();
        for (RegisteredModel model : models) {
            model.policyProblem().ifPresent(problem -> all.add(new Failure(model.name() + "/model.json", problem)));
            for (Known known : Known.of(model, live)) {
                if (known.isFailed()) {
                    all.add(new Failure(
                            known.version().id().toString(), known.problem().orElseGet(() -> ask(known, live))));
                }
            }
        }
        return new Failures(all);
    }

    private static String ask(Known known, Live live) {
        return live.gateway()
                .flatMap(server -> {
                    try (var client = new GatewayClient(server)) {
                        return client.get("/models/" + known.version().id());
                    }
                })
                .map(version -> version.path("reason"))
                .map(JsonNode::textValue)
                .orElse(UNKNOWN);
    }

    ObjectNode document(String registry, Live live) {
        ObjectNode document = Json.object().put("registry", registry);
        document.put("gateway", live.gateway().map(URI::toString).orElse(null));
        ArrayNode failed = document.putArray("failed");
        all.forEach(failure -> failed.addObject().put("version", failure.what()).put("reason", failure.reason()));
        return document;
    }

    void print(Terminal terminal) {
        if (all.isEmpty()) {
            terminal.note("nothing has failed");
            return;
        }
        var table = new Table("VERSION", "REASON");
        all.forEach(failure -> table.row(failure.what(), failure.reason()));
        table.print(terminal);
    }
}
