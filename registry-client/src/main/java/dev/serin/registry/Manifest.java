package dev.serin.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The files of one published version and what was said of them. Its presence publishes the version; it never changes.
 *
 * @param files sorted by path, {@code model.onnx} among them
 * @param signature the tensors as the publisher read them, opaque here
 * @param labels output name to artifact or list of labels, opaque here
 * @param schema records of people's data, opaque here
 * @param metadata strings and numbers; empty object when absent
 */
public record Manifest(
        VersionId id,
        Instant createdAt,
        List<Artifact> files,
        Optional<JsonNode> signature,
        Optional<JsonNode> labels,
        Optional<JsonNode> schema,
        JsonNode metadata) {
    public Manifest {
        files = List.copyOf(files);
    }

    /** {@return the digest of the version: SHA-256 over the lines "path size sha256\n" of the files} */
    public Digest versionDigest() {
        return Digests.ofVersion(files);
    }
}
