package dev.serin.registry.store;

import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import dev.serin.registry.Digests;
import dev.serin.registry.Manifest;
import dev.serin.registry.RegisteredVersion.HandDropped;
import dev.serin.registry.Registry;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.disk.Disk;
import dev.serin.registry.disk.TemporaryFolder;
import dev.serin.registry.format.Layout;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;

/**
 * Verified copies of versions on the local disk, a folder per version digest. Every byte is digested while it streams in
 * and compared with the manifest; a folder appears by one rename once it is whole, so it survives kills, restarts, and a
 * second process on the same store. Thread-safe; two threads that want the same published version share one
 * download.
 */
public final class LocalStore {
    private static final System.Logger LOG = System.getLogger(LocalStore.class.getName());
    private static final int MAX_TRIES = 3;

    private final Path versions;
    private final Path temporary;
    private final ConcurrentMap<Digest, Object> locks = new ConcurrentHashMap<>();
    private final ConcurrentMap<Digest, List<String>> digested = new ConcurrentHashMap<>(); // state when last digested
    private final HandDroppedFiles handDropped;

    private LocalStore(Path root) {
        this.versions = root.resolve("versions");
        this.temporary = root.resolve("tmp");
        this.handDropped = new HandDroppedFiles(root.resolve("copied-in"), temporary);
    }

    /**
     * Opens or creates a store; clears away what dead processes left half done. A folder that is there and cannot be
     * written is a store too: the copies in it are used, and whatever needs a download fails.
     *
     * @throws RegistryException when there is no such folder and none can be created
     */
    public static LocalStore open(Path root) {
        LocalStore store = new LocalStore(root.toAbsolutePath());
        try {
            Files.createDirectories(store.versions);
            Files.createDirectories(store.temporary);
            TemporaryFolder.clearDead(store.temporary);
        } catch (FileAlreadyExistsException | NotDirectoryException e) {
            throw RegistryException.because("Cannot open the store " + root, e);
        } catch (IOException e) {
            if (!Files.isDirectory(root)) {
                throw RegistryException.because("Cannot open the store " + root, e);
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    () -> "Cannot write to the local store: "
                            + RegistryException.because(root.toString(), e).getMessage());
        }
        return store;
    }

    /**
     * {@return the version's files, downloaded and verified} Bytes already here are digested again, unless this process
     * has digested them itself and nobody has written to them since, and fetched anew if they no longer agree. A failure
     * leaves nothing behind.
     *
     * @throws dev.serin.registry.VerificationException when the registry's bytes are not what the manifest says
     * @throws LocalStoreException when the store cannot be read or written
     * @throws RegistryException when the registry cannot be read
     */
    public StoredVersion fetch(Registry registry, Manifest manifest, Progress progress) {
        Digest digest = manifest.versionDigest();
        synchronized (lock(digest)) {
            return find(digest, manifest.files()).orElseGet(() -> download(registry, manifest, digest, progress));
        }
    }

    /**
     * {@return the files of a version copied in by hand; their digests are computed on the way} Files that did not
     * change are not fetched again, not even by a later process.
     *
     * @throws LocalStoreException when the store cannot be read or written
     * @throws RegistryException when the registry cannot be read, or a file is not as it was when the version was seen;
     *     trying again later may help
     */
    public StoredVersion fetch(Registry registry, HandDropped version, Progress progress) {
        return handDropped
                .find(registry, version)
                .flatMap(this::findCopy)
                .orElseGet(() -> download(registry, version, progress));
    }

    private Optional<StoredVersion> findCopy(List<Artifact> artifacts) {
        Digest digest = Digests.ofVersion(artifacts);
        synchronized (lock(digest)) {
            return find(digest, artifacts);
        }
    }

    private StoredVersion download(Registry registry, Manifest manifest, Digest digest, Progress progress) {
        long start = System.nanoTime();
        long total = manifest.files().stream().mapToLong(Artifact::sizeBytes).sum();
        try (TemporaryFolder folder = newFolder()) {
            Download download = new Download(registry, folder.path(), progress, total);
            manifest.files().forEach(file -> download.fetch(Layout.artifact(manifest.id(), file.path()), file));
            return install(folder.path(), digest, manifest.files(), start);
        }
    }

    private StoredVersion download(Registry registry, HandDropped version, Progress progress) {
        long start = System.nanoTime();
        try (TemporaryFolder folder = newFolder()) {
            List<Artifact> artifacts = fetchAll(registry, version, folder.path(), progress);
            checkUnchanged(registry, version);
            Digest digest = Digests.ofVersion(artifacts);
            synchronized (lock(digest)) {
                StoredVersion stored =
                        find(digest, artifacts).orElseGet(() -> install(folder.path(), digest, artifacts, start));
                handDropped.keep(registry, version, artifacts);
                return stored;
            }
        }
    }

    private static List<Artifact> fetchAll(Registry registry, HandDropped version, Path folder, Progress progress) {
        long total =
                version.files().stream().mapToLong(RegistryObject::sizeBytes).sum();
        Download download = new Download(registry, folder, progress, total);
        List<Artifact> artifacts = new ArrayList<>();
        for (RegistryObject file : version.files()) {
            Artifact artifact = download.fetch(file.key(), path(version, file), file.sizeBytes());
            if (artifact.sizeBytes() != file.sizeBytes()) {
                throw changed(registry, version);
            }
            artifacts.add(artifact);
        }
        artifacts.sort(Comparator.comparing(Artifact::path));
        return List.copyOf(artifacts);
    }

    /** What was fetched is one state of the folder, the one that was seen, only if every file still has its tag. */
    private static void checkUnchanged(Registry registry, HandDropped version) {
        Map<String, String> tags = registry.list(Layout.folder(version.id())).stream()
                .collect(Collectors.toMap(RegistryObject::key, RegistryObject::tag));
        if (version.files().stream().anyMatch(file -> !file.tag().equals(tags.get(file.key())))) {
            throw changed(registry, version);
        }
    }

    private static RegistryException changed(Registry registry, HandDropped version) {
        return new RegistryException("%s in %s changed while it was being copied; nothing was kept of it"
                .formatted(version.id(), registry.location()));
    }

    private static ArtifactPath path(HandDropped version, RegistryObject file) {
        return new ArtifactPath(file.key().substring(Layout.folder(version.id()).length()));
    }

    /** {@return the version if it is here and whole} If it is not whole any more, it is here no longer. */
    private Optional<StoredVersion> find(Digest digest, List<Artifact> files) {
        VersionFolder folder = new VersionFolder(versions.resolve(digest.hex()));
        try {
            if (!folder.exists()) {
                return Optional.empty();
            }
            long start = System.nanoTime();
            List<String> state = folder.state();
            boolean known = state.equals(digested.get(digest));
            if (known || folder.holdsExactly(files)) {
                digested.put(digest, state);
                Duration verifyTook = known ? Duration.ZERO : since(start);
                return Optional.of(new StoredVersion(digest, folder.path(), files, Duration.ZERO, verifyTook));
            }
            discard(folder.path());
            return Optional.empty();
        } catch (NoSuchFileException _) {
            return Optional.empty(); // another process discarded it
        } catch (IOException e) {
            throw LocalStoreException.of("Cannot check " + folder.path(), e);
        }
    }

    /** Out of sight at once, then deleted at leisure: no reader ever finds half of it. */
    private void discard(Path path) throws IOException {
        try (TemporaryFolder folder = TemporaryFolder.create(temporary)) {
            Files.move(path, folder.path().resolve("discarded"), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private StoredVersion install(Path built, Digest digest, List<Artifact> files, long start) {
        VersionFolder target = new VersionFolder(versions.resolve(digest.hex()));
        try {
            new VersionFolder(built).sync();
            for (int i = 0; i < MAX_TRIES; i++) {
                if (move(built, target)) {
                    digested.put(digest, target.state());
                    return new StoredVersion(digest, target.path(), files, since(start), Duration.ZERO);
                }
                Optional<StoredVersion> others = find(digest, files); // another process was faster
                if (others.isPresent()) {
                    return others.get();
                }
            }
            throw new IOException("something unusable is put there again and again");
        } catch (IOException e) {
            throw LocalStoreException.of("Cannot write " + target.path(), e);
        }
    }

    /** {@return false when something is there already} */
    private boolean move(Path built, VersionFolder target) throws IOException {
        Files.createDirectories(versions);
        try {
            Files.move(built, target.path(), StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (target.exists()) {
                return false;
            }
            throw e;
        }
        Disk.syncFolder(versions);
        return true;
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private Object lock(Digest digest) {
        return locks.computeIfAbsent(digest, _ -> new Object());
    }

    private TemporaryFolder newFolder() {
        try {
            return TemporaryFolder.create(temporary);
        } catch (IOException e) {
            throw LocalStoreException.of("Cannot write to " + temporary, e);
        }
    }

    /** Hears how a download proceeds; called often, on the thread that downloads. */
    @FunctionalInterface
    public interface Progress {
        Progress NONE = (_, _) -> {};

        /** So many bytes of so many are here. */
        void at(long doneBytes, long totalBytes);
    }
}
