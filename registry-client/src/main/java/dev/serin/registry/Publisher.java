package dev.serin.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Publishes versions: {@code .publishing} first, then the artifacts, the manifest last, then the generation. Killed at
 * any moment it leaves nothing that is served, and publishing the same content again completes it.
 */
public final class Publisher {
    public Publisher(RegistryWriter registry, InstantSource clock) {
        throw new UnsupportedOperationException("to be written");
    }

    /**
     * Publishes one version.
     *
     * @throws ConflictException when the version exists with other content, another publisher is at work on other
     *     content, or an alias has its name
     */
    public Result publish(Request request) {
        throw new UnsupportedOperationException("to be written");
    }

    /**
     * What to publish.
     *
     * @param files artifact paths to local files, {@code model.onnx} among them
     * @param by who publishes, for {@code .publishing}
     */
    public record Request(
            VersionId id,
            SortedMap<ArtifactPath, Path> files,
            Optional<JsonNode> signature,
            Optional<JsonNode> labels,
            Optional<JsonNode> schema,
            ObjectNode metadata,
            String by) {}

    /**
     * What became of it.
     *
     * @param alreadyThere whether the same content had been published before, so that nothing was written
     */
    public record Result(Manifest manifest, boolean alreadyThere) {}
}
