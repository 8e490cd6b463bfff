package dev.serin.registry.store;

import dev.serin.registry.Digest;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.Eviction.Copy;
import dev.serin.registry.store.Eviction.Decision;
import dev.serin.registry.store.Eviction.Situation;
import dev.serin.registry.store.InUse.Reservation;
import dev.serin.registry.store.InUse.Usage;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The bound of a store: what is in it, and what goes when more is wanted. Thread-safe. */
final class Room {
    private static final System.Logger LOG = System.getLogger(Room.class.getName());
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    private final Path versions;
    private final Footprints footprints;
    private final InUse inUse;
    private final long limitBytes;
    private final StoreListener listener;
    private final Map<Digest, Long> sizes = new HashMap<>(); // of what was there when last looked; guarded by this

    Room(Path versions, Footprints footprints, InUse inUse, long limitBytes, StoreListener listener) {
        this.versions = versions;
        this.footprints = footprints;
        this.inUse = inUse;
        this.limitBytes = limitBytes;
        this.listener = listener;
    }

    /**
     * {@return room for a download, which its caller closes when it is over} What was longest unused goes for it.
     *
     * @param trash takes what goes; the caller deletes it, when nobody waits any more
     * @throws NoRoomException when what is in use leaves none
     * @throws IOException when the store cannot be read or written
     */
    Reservation make(VersionId version, long bytes, Path trash) throws IOException {
        List<Copy> gone = new ArrayList<>();
        try {
            return inUse.alone(() -> {
                Usage usage = inUse.usage();
                if (bytes > limitBytes - usage.reservedBytes() - count()) {
                    evict(version, bytes, usage, trash, gone);
                }
                return inUse.reserve(bytes);
            });
        } finally { // whatever came after: these are out of sight
            gone.forEach(copy -> listener.evicted(copy.digest(), copy.bytes(), copy.lastUse()));
            tell();
        }
    }

    /** One that cannot be moved is spared, and another one goes instead. */
    private void evict(VersionId version, long bytes, Usage usage, Path trash, List<Copy> gone) throws IOException {
        List<Copy> copies = copies(usage);
        Optional<IOException> failure = Optional.empty();
        while (true) {
            switch (Eviction.choose(new Situation(limitBytes, usage.reservedBytes(), copies), bytes)) {
                case Decision.Refuse(long used) -> {
                    if (failure.isPresent()) {
                        throw failure.get();
                    }
                    throw new NoRoomException(version, bytes, used, limitBytes);
                }
                case Decision.MakeRoom(List<Copy> victims) -> {
                    if (victims.isEmpty()) {
                        return;
                    }
                    for (Copy victim : victims) {
                        copies.remove(victim);
                        try {
                            evict(victim, trash);
                            gone.add(victim);
                        } catch (IOException e) {
                            LOG.log(System.Logger.Level.DEBUG, () -> "Cannot move " + victim.digest(), e);
                            failure = failure.or(() -> Optional.of(e));
                            copies.add(spared(victim));
                        }
                    }
                }
            }
        }
    }

    private static Copy spared(Copy copy) {
        return new Copy(copy.digest(), copy.bytes(), copy.lastUse(), true);
    }

    private void evict(Copy victim, Path trash) throws IOException {
        String name = victim.digest().hex();
        try {
            Files.move(versions.resolve(name), trash.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException _) {
            // somebody else has deleted it
        }
        forget(victim.digest());
    }

    /** Looks at what is there. */
    void look() throws IOException {
        long _ = count();
        tell();
    }

    /** A copy is there now. */
    void added(Digest digest, long bytes) {
        synchronized (this) {
            sizes.put(digest, bytes);
        }
        tell();
    }

    /** A copy is there no more. */
    void removed(Digest digest) {
        forget(digest);
        tell();
    }

    private void forget(Digest digest) {
        synchronized (this) {
            sizes.remove(digest);
        }
        footprints.forget(digest);
    }

    private synchronized void tell() {
        listener.holds(sizes.values().stream().mapToLong(Long::longValue).sum());
    }

    /**
     * {@return the bytes of the copies that are there} Sizes are looked up once: copies do not change. One whose size cannot
     * be found out counts for nothing, and is asked for it again the next time.
     */
    private synchronized long count() throws IOException {
        Map<Digest, Long> before = Map.copyOf(sizes);
        sizes.clear();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(versions, Room::isCopy)) {
            for (Path path : folders) {
                VersionFolder folder = new VersionFolder(path);
                Optional.ofNullable(before.get(folder.digest()))
                        .or(() -> bytes(folder))
                        .ifPresent(bytes -> sizes.put(folder.digest(), bytes));
            }
        } catch (NoSuchFileException | NotDirectoryException _) {
            // somebody has deleted the store
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    private static Optional<Long> bytes(VersionFolder folder) {
        try {
            return Optional.of(folder.bytes());
        } catch (NoSuchFileException _) {
            return Optional.empty(); // somebody else has just discarded it
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "Cannot tell the size of " + folder.path(), e);
            return Optional.empty();
        }
    }

    /** {@return what was counted, and when it was last used} One that does not tell is spared. */
    private synchronized List<Copy> copies(Usage usage) {
        List<Copy> copies = new ArrayList<>();
        sizes.forEach((digest, bytes) -> {
            boolean used = usage.copies().contains(digest);
            try {
                Instant lastUse = new VersionFolder(versions.resolve(digest.hex())).lastUse();
                copies.add(new Copy(digest, bytes, lastUse, used));
            } catch (NoSuchFileException _) {
                // somebody else has just discarded it
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "Cannot tell when " + digest + " was used", e);
                copies.add(new Copy(digest, bytes, Instant.EPOCH, true));
            }
        });
        return copies;
    }

    private static boolean isCopy(Path path) {
        return DIGEST.matcher(path.getFileName().toString()).matches();
    }
}
