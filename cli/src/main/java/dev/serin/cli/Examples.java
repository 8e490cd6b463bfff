package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Signature;
import dev.serin.inference.SyntheticInputs;
import dev.serin.inference.json.NativeJson;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Bodies that a version takes: the request of its first golden, else one made up from its signature. */
final class Examples {
    private Examples() {}

    /** {@return a body, from the registry where that has the version, else from what the gateway says of it} */
    static String find(Name wanted, SettingsOptions settings, URI server, Shell shell) {
        try (OpenRegistry open = settings.open(shell)) {
            RegisteredModel model = open.model(open.snapshot(wanted.model()), wanted.model());
            RegisteredVersion version = open.version(model, wanted.selector());
            return of(open, version)
                    .orElseThrow(() -> new CliException(
                            ExitCode.VERIFICATION_FAILED,
                            "%s cannot be read as a model".formatted(version.id()),
                            "serin show " + version.id()));
        } catch (CliException | RegistryException e) {
            return ask(wanted, server).orElseThrow(() -> e);
        }
    }

    /** {@return a body for a version of the registry; empty when nothing can be known of it} */
    static Optional<String> of(OpenRegistry open, RegisteredVersion version) {
        return golden(open, version.id()).or(() -> Signatures.of(open, version).flatMap(Examples::madeUp));
    }

    private static Optional<String> ask(Name wanted, URI server) {
        if (!GatewayClient.answers(server)) {
            return Optional.empty();
        }
        try (var client = new GatewayClient(server)) {
            return wanted.selector()
                    .or(() -> client.get("/models/" + wanted.model()).flatMap(Examples::answering))
                    .flatMap(selector -> client.get("/models/%s/%s".formatted(wanted.model(), selector)))
                    .flatMap(Signatures::of)
                    .flatMap(Examples::madeUp);
        }
    }

    private static Optional<String> answering(JsonNode model) {
        return Optional.ofNullable(model.path("traffic").path("primary").textValue())
                .or(() -> Optional.ofNullable(model.path("newest").textValue()));
    }

    private static Optional<String> golden(OpenRegistry open, VersionId id) {
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

    private static Optional<String> madeUp(Signature signature) {
        try {
            return Optional.of(NativeJson.example(signature, SyntheticInputs.of(signature, 1)));
        } catch (ModelRefusedException | IllegalArgumentException _) { // takes what cannot be sent
            return Optional.empty();
        }
    }
}
