package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Bodies that a version takes: the request of its first golden, else one made up from its signature. */
final class Examples {
    private Examples() {}

    /**
     * {@return a body for a version: from the registry where it has that version, else made up from what the gateway
     * says it takes}
     */
    static String find(Name wanted, RegistryOption registry, ServerOption server, Shell shell) {
        try (OpenRegistry open = registry.open(shell)) {
            RegisteredModel model = open.model(open.snapshot(), wanted.model());
            VersionId id = open.version(model, wanted.selector()).id();
            return golden(open, id)
                    .orElseThrow(() -> new CliException(
                            ExitCode.NOT_FOUND, "%s has no goldens to take an example from".formatted(id), ""));
        }
    }

    static Optional<String> golden(OpenRegistry open, VersionId id) {
        String key = Layout.artifact(id, ArtifactPath.GOLDENS);
        try (var reader =
                new BufferedReader(new InputStreamReader(open.registry().open(key), StandardCharsets.UTF_8))) {
            return Optional.ofNullable(reader.readLine()).flatMap(Examples::request);
        } catch (RegistryException _) { // most have none
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> request(String line) {
        try {
            JsonNode request = Json.MAPPER.readTree(line).path("request");
            return request.isMissingNode() ? Optional.empty() : Optional.of(request.toString());
        } catch (IOException _) { // not a golden; whoever loads the version says so
            return Optional.empty();
        }
    }
}
