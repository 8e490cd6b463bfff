package dev.serin.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files to be published, digested once; they must not change before they are uploaded. */
final class LocalFiles {
    private final SortedMap<ArtifactPath, LocalFile> files;

    private LocalFiles(SortedMap<ArtifactPath, LocalFile> files) {
        this.files = files;
    }

    private record LocalFile(Path path, FileTime modified, Artifact artifact) {}

    static LocalFiles digest(SortedMap<ArtifactPath, Path> paths) {
        SortedMap<ArtifactPath, LocalFile> files = new TreeMap<>();
        paths.forEach((path, file) -> files.put(path, digest(path, file)));
        return new LocalFiles(files);
    }

    List<Artifact> artifacts() {
        return files.values().stream().map(LocalFile::artifact).toList();
    }

    Stream<ArtifactPath> paths() {
        return files.keySet().stream();
    }

    Optional<Artifact> artifact(ArtifactPath path) {
        return Optional.ofNullable(files.get(path)).map(LocalFile::artifact);
    }

    Path file(ArtifactPath path) {
        return find(path).path();
    }

    /**
     * Makes sure that what was uploaded is what was digested.
     *
     * @throws RegistryException when a file was changed meanwhile
     */
    void checkUnchanged() {
        files.forEach((path, file) -> {
            try {
                if (!Files.getLastModifiedTime(file.path()).equals(file.modified())
                        || Files.size(file.path()) != file.artifact().sizeBytes()) {
                    throw new RegistryException("%s (%s) changed while it was being published; nothing is served of it"
                            .formatted(path, file.path()));
                }
            } catch (IOException e) {
                throw RegistryException.because("Cannot read " + file.path(), e);
            }
        });
    }

    private LocalFile find(ArtifactPath path) {
        return Optional.ofNullable(files.get(path)).orElseThrow();
    }

    private static LocalFile digest(ArtifactPath path, Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            FileTime modified = Files.getLastModifiedTime(file);
            long size = Files.size(file);
            return new LocalFile(file, modified, new Artifact(path, size, Digests.of(in)));
        } catch (IOException e) {
            throw RegistryException.because("Cannot read " + file, e);
        }
    }
}
