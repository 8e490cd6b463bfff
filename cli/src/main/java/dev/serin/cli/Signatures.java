package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.gateway.routing.Compatibility;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.json.SignatureJson;
import dev.serin.inference.modelfile.ModelFile;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import java.util.List;
import java.util.Optional;

/** What versions take and give, from wherever it can be known. */
final class Signatures {
    private Signatures() {}

    /** {@return the manifest's, else the model's own; empty when neither can be read} */
    static Optional<Signature> of(OpenRegistry open, RegisteredVersion version) {
        return switch (version) {
            case RegisteredVersion.Published(Manifest manifest) ->
                manifest.signature().flatMap(Signatures::read).or(() -> ofModel(open, version));
            case RegisteredVersion.HandDropped _ -> ofModel(open, version);
            case RegisteredVersion.BeingPublished _, RegisteredVersion.Unusable _ -> Optional.empty();
        };
    }

    /**
     * Refuses a version that cannot be asked in the place of another one; what cannot be known is left to gateways, which give
     * such a version nothing.
     */
    static void requireCompatible(OpenRegistry open, RegisteredModel model, ModelVersion primary, ModelVersion trial) {
        find(open, model, primary)
                .flatMap(usual -> find(open, model, trial).flatMap(other -> Compatibility.problem(usual, other)))
                .ifPresent(problem -> {
                    throw new CliException(
                            ExitCode.CONFLICT,
                            "version %s of '%s' does not take what its primary %s takes: %s"
                                    .formatted(trial, model.name(), primary, problem),
                            "serin show %s/%s".formatted(model.name(), trial));
                });
    }

    private static Optional<Signature> find(OpenRegistry open, RegisteredModel model, ModelVersion version) {
        return model.versions().stream()
                .filter(each -> each.id().version().equals(version))
                .findFirst()
                .flatMap(found -> of(open, found));
    }

    /** {@return the one in a gateway's answer to {@code GET /models/{model}/{version}}} */
    static Optional<Signature> of(JsonNode answer) {
        return Optional.of(answer.path("signature")).filter(JsonNode::isObject).flatMap(Signatures::read);
    }

    private static Optional<Signature> ofModel(OpenRegistry open, RegisteredVersion version) {
        try {
            return Optional.of(open.withFile(version.id(), ArtifactPath.MODEL, ModelFile::read)
                    .signature());
        } catch (ModelRefusedException _) { // whoever serves it says why
            return Optional.empty();
        }
    }

    private static Optional<Signature> read(JsonNode json) {
        try {
            return Optional.of(SignatureJson.read(json));
        } catch (IllegalArgumentException _) { // whoever serves it says why
            return Optional.empty();
        }
    }

    /** {@return a line for each: {@code x FP32[batch, 4]}} */
    static List<String> lines(List<Port> ports) {
        return ports.stream()
                .map(port -> port.name() + " " + SignatureJson.text(port.type()))
                .toList();
    }
}
