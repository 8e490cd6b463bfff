package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * One version on one of several gateways.
 *
 * @param answer what it said when it was asked for the version; empty when it did not answer, or knows none
 */
record Replica(URI uri, Known known, Optional<JsonNode> answer) {
    static Replica of(URI uri, RegisteredModel model, RegisteredVersion version, Optional<JsonNode> answer) {
        return new Replica(uri, Known.of(model, version, Live.of(uri, version.id(), answer)), answer);
    }

    /** {@return whether it answered, and serves what this registry holds} */
    boolean isOfThisRegistry() {
        return known.live().isPresent();
    }

    /** {@return its state, if it tells one} */
    Optional<String> state() {
        return known.live().map(Live.Version::state);
    }

    /** {@return a note where it is not as the one that is told of} */
    List<String> differs(Replica told) {
        if (answer.isEmpty() || state().equals(told.state())) {
            return List.of();
        }
        String reason = answer.get().path("reason").asText();
        return List.of("note: %s: %s%s"
                .formatted(
                        uri,
                        state().orElse("another content under this name: it serves another registry"),
                        reason.isEmpty() ? "" : ", " + reason));
    }
}
