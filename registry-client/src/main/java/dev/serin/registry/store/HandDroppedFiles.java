package dev.serin.registry.store;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.Artifact;
import dev.serin.registry.Digests;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.Manifest;
import dev.serin.registry.RegisteredVersion.HandDropped;
import dev.serin.registry.Registry;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.disk.TemporaryFolder;
import dev.serin.registry.format.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/**
 * What versions without a manifest were found to hold: a manifest of our own for each, under the digest of what was
 * listed. Other tags are other bytes, so an entry never has to be taken back. Thread-safe.
 */
final class HandDroppedFiles {
    private static final System.Logger LOG = System.getLogger(HandDroppedFiles.class.getName());

    private final Path folder;
    private final Path temporary;

    HandDroppedFiles(Path folder, Path temporary) {
        this.folder = folder;
        this.temporary = temporary;
    }

    /** {@return the files of the version as listed, if they were digested before} */
    Optional<List<Artifact>> find(Registry registry, HandDropped version) {
        try {
            byte[] content = Files.readAllBytes(file(registry, version));
            return Optional.of(Manifests.parse(version.id(), content).files());
        } catch (IOException | MalformedContentException _) {
            return Optional.empty(); // never seen, or damaged: fetch it
        }
    }

    /**
     * Remembers what the files of the version as listed were found to be. What cannot be written is not remembered: the
     * copy itself is there and good, and a later process has to fetch it anew.
     */
    void keep(Registry registry, HandDropped version, List<Artifact> files) {
        Manifest manifest = new Manifest(
                version.id(),
                version.createdAt(),
                files,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode());
        Path file = file(registry, version);
        try (TemporaryFolder work = TemporaryFolder.create(temporary)) {
            Path written = Files.write(work.path().resolve("files"), Manifests.write(manifest));
            Files.createDirectories(folder);
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "Cannot write " + file, e);
        }
    }

    private Path file(Registry registry, HandDropped version) {
        StringBuilder seen = new StringBuilder(registry.identity()).append('\n');
        for (RegistryObject object : version.files()) {
            seen.append(object.key())
                    .append(' ')
                    .append(object.sizeBytes())
                    .append(' ')
                    .append(object.tag())
                    .append('\n');
        }
        return folder.resolve(Digests.of(seen.toString()).hex());
    }
}
