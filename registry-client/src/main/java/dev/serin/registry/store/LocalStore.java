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
import dev.serin.registry.VerificationException;
import dev.serin.registry.VersionId;
import dev.serin.registry.disk.Disk;
import dev.serin.registry.disk.TemporaryFolder;
import dev.serin.registry.format.Layout;
import dev.serin.registry.store.InUse.Reservation;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;

/**
 * Verified copies of versions on the local disk, a folder per version digest. Every byte is digested while it streams in
 * and compared with the manifest; a folder appears by one rename once it is whole, so it survives kills, restarts, and a
 * second process on the same store. Copies longest unused are deleted when there would be too many bytes of them; those
 * that any process uses are spared. Thread-safe; two threads that want the same published version share one download.
 * Whoever opens it closes it, after everything that was fetched from it.
 */
public final class LocalStore implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(LocalStore.class.getName());
    private static final int MAX_TRIES = 3;

    private final Path versions;
    private final Path temporary;
    private final Path marks;
    private final Footprints footprints;
    private final StoreListener listener;
    private final InstantSource clock;
    private final ConcurrentMap<Digest, Object> locks = new ConcurrentHashMap<>();
    private final ConcurrentMap<Digest, List<String>> digested = new ConcurrentHashMap<>(); // state when last digested
    private final Set<Digest> damaged = ConcurrentHashMap.newKeySet(); // and not fetched anew yet
    private final HandDroppedFiles handDropped;
    private final InUse inUse;
    private final Room room;

    private LocalStore(Path root, long maxBytes, StoreListener listener, InstantSource clock) {
        this.versions = root.resolve("versions");
        this.temporary = root.resolve("tmp");
        this.marks = root.resolve("in-use");
        this.listener = listener;
        this.clock = clock;
        this.handDropped = new HandDroppedFiles(root.resolve("copied-in"), temporary);
        this.inUse = new InUse(marks, this::used);
        this.footprints = new Footprints(root.resolve("footprints"), temporary);
        this.room = new Room(versions, footprints, inUse, maxBytes, listener);
    }

    /** Opens or creates a store without a bound; see {@link #open(Path, long, StoreListener, InstantSource)}. */
    public static LocalStore open(Path root) {
        return open(root, Long.MAX_VALUE, StoreListener.NONE, InstantSource.system());
    }

    /**
     * Opens or creates a store; clears away what dead processes left half done. A folder that is there and cannot be
     * written is a store too: the copies in it are used, and whatever needs a download fails.
     *
     * @param maxBytes of all versions together; what is there already and too much goes with the next download
     * @throws RegistryException when there is no such folder and none can be created
     */
    public static LocalStore open(Path root, long maxBytes, StoreListener listener, InstantSource clock) {
        LocalStore store = new LocalStore(root.toAbsolutePath(), maxBytes, listener, clock);
        try {
            store.prepare();
        } catch (FileAlreadyExistsException | NotDirectoryException e) {
            throw RegistryException.because("Cannot open the store " + root, e);
        } catch (IOException e) {
            if (!Files.isDirectory(root)) {
                throw RegistryException.because("Cannot open the store " + root, e);
            }
            listener.unwritable(LocalStoreException.of("Cannot write to the store " + root, e));
        }
        return store;
    }

    private void prepare() throws IOException {
        Files.createDirectories(versions);
        room.look();
        Files.createDirectories(temporary);
        Files.createDirectories(marks);
        TemporaryFolder.clearDead(temporary);
        TemporaryFolder.clearDead(marks);
        TemporaryFolder.create(temporary).close(); // all that is there already can be "created" on a read-only disk
    }

    /** Tells other processes that nothing is used here any more. */
    @Override
    public void close() {
        inUse.close();
    }

    /**
     * {@return the version's files, downloaded and verified; its caller closes it} Bytes already here are digested again,
     * unless this process has digested them itself and nobody has written to them since, and fetched anew if they no
     * longer agree. A failure leaves nothing behind.
     *
     * @throws dev.serin.registry.VerificationException when the registry's bytes are not what the manifest says
     * @throws LocalStoreException when the store cannot be read or written, has no room ({@link NoRoomException}), or its
     *     copy was damaged and the registry cannot be read to fetch it anew
     * @throws RegistryException when the registry cannot be read
     */
    public StoredVersion fetch(Registry registry, Manifest manifest, Progress progress) {
        Digest digest = manifest.versionDigest();
        synchronized (lock(digest)) {
            return find(digest, manifest.files()).orElseGet(() -> download(registry, manifest, digest, progress));
        }
    }

    /**
     * {@return the files of a version copied in by hand, to be closed by its caller; their digests are computed on the
     * way} Files that did not change are not fetched again, not even by a later process.
     *
     * @throws LocalStoreException as above
     * @throws RegistryException when the registry cannot be read, or a file is not as it was when the version was seen;
     *     trying again later may help
     */
    public StoredVersion fetch(Registry registry, HandDropped version, Progress progress) {
        Optional<List<Artifact>> known = handDropped.find(registry, version);
        return known.flatMap(this::findCopy).orElseGet(() -> {
            try {
                return download(registry, version, progress);
            } catch (RegistryException e) {
                throw known.map(artifacts -> notMended(Digests.ofVersion(artifacts), e))
                        .orElse(e);
            }
        });
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
        try (Reservation reserved = makeRoom(manifest.id(), total);
                TemporaryFolder folder = newFolder()) {
            Download download = new Download(registry, folder.path(), progress, total);
            manifest.files().forEach(file -> download.fetch(Layout.artifact(manifest.id(), file.path()), file));
            return install(folder.path(), digest, manifest.files(), start, reserved);
        } catch (RegistryException e) {
            throw notMended(digest, e);
        }
    }

    /** {@return the failure of a download, which says so if it was to replace a damaged copy} */
    private RegistryException notMended(Digest digest, RegistryException failure) {
        boolean known = failure instanceof LocalStoreException || failure instanceof VerificationException;
        return known || !damaged.contains(digest)
                ? failure
                : new LocalStoreException(
                        "The copy %s in the local store was damaged and is gone. %s"
                                .formatted(digest.abbreviated(), failure.getMessage()),
                        "its copy in the local store was damaged, and it cannot be fetched anew just now; the log of"
                                + " the gateway says why",
                        failure);
    }

    private StoredVersion download(Registry registry, HandDropped version, Progress progress) {
        long start = System.nanoTime();
        long total = total(registry, version);
        try (Reservation reserved = makeRoom(version.id(), total);
                TemporaryFolder folder = newFolder()) {
            List<Artifact> artifacts = fetchAll(registry, version, folder.path(), progress, total);
            checkUnchanged(registry, version);
            Digest digest = Digests.ofVersion(artifacts);
            synchronized (lock(digest)) {
                StoredVersion stored = find(digest, artifacts)
                        .orElseGet(() -> install(folder.path(), digest, artifacts, start, reserved));
                handDropped.keep(registry, version, artifacts);
                return stored;
            }
        }
    }

    private static long total(Registry registry, HandDropped version) {
        try {
            return version.files().stream().mapToLong(RegistryObject::sizeBytes).reduce(0, Math::addExact);
        } catch (ArithmeticException e) {
            throw new RegistryException("Cannot fetch %s: the files that %s lists have more than %d bytes together"
                    .formatted(version.id(), registry.location(), Long.MAX_VALUE));
        }
    }

    private Reservation makeRoom(VersionId version, long bytes) {
        try (TemporaryFolder trash = newFolder()) {
            return room.make(version, bytes, trash.path());
        } catch (IOException e) {
            throw LocalStoreException.of("Cannot make room in " + versions, e);
        }
    }

    private static List<Artifact> fetchAll(
            Registry registry, HandDropped version, Path folder, Progress progress, long total) {
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
        try (Hold hold = inUse.hold(digest)) { // before it is looked at: from now on nobody evicts it
            return check(folder, files)
                    .map(took -> new StoredVersion(
                            digest, folder.path(), files, Duration.ZERO, took, hold.share(), Optional.of(footprints)));
        } catch (IOException e) {
            throw LocalStoreException.of("Cannot check " + folder.path(), e);
        }
    }

    /** {@return how long it took to find that these files are here; empty when they are not, or not any more} */
    private Optional<Duration> check(VersionFolder folder, List<Artifact> files) throws IOException {
        try {
            for (int tries = 0; folder.exists(); tries++) {
                if (tries == MAX_TRIES) { // and not merely gone for a moment, and here again
                    throw new IOException("it is changed again and again");
                }
                long start = System.nanoTime();
                List<String> state = folder.state();
                boolean known = state.equals(digested.get(folder.digest()));
                if (known || folder.holdsExactly(files)) {
                    digested.put(folder.digest(), state);
                    return Optional.of(known ? Duration.ZERO : since(start));
                }
                if (discard(folder, state)) {
                    return Optional.empty();
                }
            }
        } catch (NoSuchFileException _) {
            return Optional.empty(); // another process discarded it
        }
        return Optional.empty();
    }

    /**
     * Out of sight at once, then deleted at leisure: no reader ever finds half of it.
     *
     * @param found its state before it was found damaged; once it has another one it may be a new copy, which somebody uses
     * @return false when it has another state by now and was left alone
     */
    boolean discard(VersionFolder damagedFolder, List<String> found) {
        Digest digest = damagedFolder.digest();
        try (TemporaryFolder folder = TemporaryFolder.create(temporary)) {
            boolean same = inUse.alone(() -> {
                boolean still = damagedFolder.state().equals(found);
                if (still) {
                    Files.move(
                            damagedFolder.path(), folder.path().resolve("discarded"), StandardCopyOption.ATOMIC_MOVE);
                }
                return still;
            });
            if (!same) {
                return false;
            }
        } catch (NoSuchFileException _) {
            // another process was faster
        } catch (IOException e) {
            damaged.add(digest);
            LocalStoreException why = LocalStoreException.of("Cannot delete the damaged " + damagedFolder.path(), e);
            throw new LocalStoreException(
                    why.getMessage(), "its copy in the local store is damaged, and " + why.reason(), e);
        }
        damaged.add(digest);
        room.removed(digest);
        listener.damaged(digest);
        return true;
    }

    private StoredVersion install(Path built, Digest digest, List<Artifact> files, long start, Reservation reserved) {
        VersionFolder target = new VersionFolder(versions.resolve(digest.hex()));
        try (Hold hold = inUse.hold(digest)) {
            new VersionFolder(built).sync();
            for (int i = 0; i < MAX_TRIES; i++) {
                if (move(built, target, reserved)) {
                    digested.put(digest, target.state());
                    damaged.remove(digest);
                    room.added(
                            digest,
                            files.stream().mapToLong(Artifact::sizeBytes).sum());
                    return new StoredVersion(
                            digest,
                            target.path(),
                            files,
                            since(start),
                            Duration.ZERO,
                            hold.share(),
                            Optional.of(footprints));
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
    private boolean move(Path built, VersionFolder target, Reservation reserved) throws IOException {
        Files.createDirectories(versions);
        try {
            boolean _ = inUse.alone(
                    () -> { // or its bytes would count twice for a moment
                        Files.move(built, target.path(), StandardCopyOption.ATOMIC_MOVE);
                        reserved.close();
                        return true;
                    });
        } catch (FileSystemException e) {
            if (target.exists()) {
                return false;
            }
            throw e;
        }
        Disk.syncFolder(versions);
        return true;
    }

    /** Says, for evictions to come, that a copy was used until now. */
    private void used(Digest digest) {
        try {
            new VersionFolder(versions.resolve(digest.hex())).used(clock.instant());
        } catch (IOException e) { // gone, or not ours to write: it passes for used less lately than it was
            LOG.log(System.Logger.Level.DEBUG, () -> "Cannot note the use of " + digest, e);
        }
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
