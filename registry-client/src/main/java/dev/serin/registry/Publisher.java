package dev.serin.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Publishes versions: {@code .publishing} first, then the artifacts, the manifest last and its signature just before
 * it, then the generation. Killed at any moment it leaves nothing that is served, and publishing the same content again
 * completes it. Thread-safe; the registry stays its opener's.
 */
public final class Publisher {
    private final RegistryWriter registry;
    private final InstantSource clock;
    private final Optional<? extends Signer> signer;

    /**
     * A publisher to this registry, which signs nothing.
     *
     * @param clock tells {@code created-at}
     */
    public Publisher(RegistryWriter registry, InstantSource clock) {
        this(registry, clock, Optional.empty());
    }

    /**
     * A publisher to this registry.
     *
     * @param clock tells {@code created-at}
     * @param signer signs the manifests
     */
    public Publisher(RegistryWriter registry, InstantSource clock, Optional<? extends Signer> signer) {
        this.registry = registry;
        this.clock = clock;
        this.signer = signer;
    }

    /** Signs manifests. Thread-safe. */
    public interface Signer {
        /** {@return by which gateways know the key} */
        KeyName name();

        /** {@return the bytes of {@code manifest.json.sig} for these of the manifest} The same give the same. */
        byte[] sign(byte[] manifest);
    }

    /**
     * Publishes one version.
     *
     * @throws ConflictException when the version exists with other content (or, if it is to be signed, another manifest),
     *     another publisher is at work on other content, files that are no part of it lie in its folder, or an alias has its
     *     name
     * @throws RegistryException when a file or the registry cannot be read or written; publishing again goes on from there
     * @throws IllegalArgumentException when the manifest would be one that no reader takes
     */
    public Result publish(Request request) {
        return new Publication(registry, request, clock.instant(), signer).run();
    }

    /**
     * What to publish.
     *
     * @param files artifact paths to local files, {@code model.onnx} among them
     * @param metadata strings and numbers
     * @param by who publishes, for {@code .publishing}
     */
    public record Request(
            VersionId id,
            SortedMap<ArtifactPath, Path> files,
            Optional<JsonNode> signature,
            Optional<JsonNode> labels,
            Optional<JsonNode> schema,
            ObjectNode metadata,
            String by) {
        public Request {
            files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
            if (!files.containsKey(ArtifactPath.MODEL)) {
                throw new IllegalArgumentException(
                        "%s needs a file for '%s', got %s".formatted(id, ArtifactPath.MODEL, files.keySet()));
            }
        }
    }

    /**
     * What became of it.
     *
     * @param manifest the one in the registry
     * @param alreadyThere whether the same files had been published before, so that none of them was written
     */
    public record Result(Manifest manifest, boolean alreadyThere) {}
}
