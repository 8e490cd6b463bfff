package dev.serin.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

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
    /** More files than this are refused. */
    public static final int MAX_FILES = 1_000;

    /**
     * Checks the files.
     *
     * @throws IllegalArgumentException when they are not as said, more than {@link #MAX_FILES}, of more bytes together than
     *     a {@code long} counts, or one lies in another
     */
    public Manifest {
        files = List.copyOf(files);
        checkFiles(files);
        checkSizes(files);
    }

    /** Whoever makes room for them relies on their sum. */
    private static void checkSizes(List<Artifact> files) {
        long bytes = 0;
        for (Artifact file : files) {
            if (file.sizeBytes() > Long.MAX_VALUE - bytes) {
                throw new IllegalArgumentException("files must have at most %d bytes together, but '%s' alone has %d"
                        .formatted(Long.MAX_VALUE, file.path(), file.sizeBytes()));
            }
            bytes += file.sizeBytes();
        }
    }

    private static void checkFiles(List<Artifact> files) {
        if (files.size() > MAX_FILES) {
            throw new IllegalArgumentException(
                    "files must have at most %d entries, got %d".formatted(MAX_FILES, files.size()));
        }
        NavigableSet<ArtifactPath> paths = new TreeSet<>();
        for (Artifact file : files) {
            if (!paths.isEmpty() && paths.last().compareTo(file.path()) >= 0) {
                throw new IllegalArgumentException("files must be sorted by path, each once, but '%s' follows '%s'"
                        .formatted(file.path(), paths.last()));
            }
            paths.add(file.path());
        }
        if (!paths.contains(ArtifactPath.MODEL)) {
            throw new IllegalArgumentException("files must have an entry for '" + ArtifactPath.MODEL + "'");
        }
        for (ArtifactPath path : paths) {
            if (path.folders().anyMatch(paths::contains)) {
                throw new IllegalArgumentException("'%s' lies in a folder that is a file too".formatted(path));
            }
        }
    }

    /** {@return the digest of the version: SHA-256 over the lines "path size sha256\n" of the files} */
    public Digest versionDigest() {
        return Digests.ofVersion(files);
    }
}
