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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The bound of a store: what is in it, and what goes when more is wanted. Thread-safe. */
final class Room {
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    private final Path versions;
    private final InUse inUse;
    private final long limitBytes;
    private final StoreListener listener;
    private final Map<Digest, Long> sizes = new HashMap<>(); // of what was there when last looked; guarded by this

    Room(Path versions, InUse inUse, long limitBytes, StoreListener listener) {
        this.versions = versions;
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
                var situation = new Situation(limitBytes, usage.reservedBytes(), look(usage));
                switch (Eviction.choose(situation, bytes)) {
                    case Decision.Refuse(long used) -> throw new NoRoomException(version, bytes, used, limitBytes);
                    case Decision.MakeRoom(List<Copy> victims) -> {
                        for (Copy victim : victims) {
                            evict(victim, trash);
                            gone.add(victim);
                        }
                    }
                }
                return inUse.reserve(bytes);
            });
        } finally { // whatever came after: these are out of sight
            gone.forEach(copy -> listener.evicted(copy.digest(), copy.bytes(), copy.lastUse()));
            tell();
        }
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
        look(new Usage(Set.of(), 0));
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

    private synchronized void forget(Digest digest) {
        sizes.remove(digest);
    }

    private synchronized void tell() {
        listener.holds(sizes.values().stream().mapToLong(Long::longValue).sum());
    }

    /** {@return the copies that are there} Sizes are looked up once: copies do not change. */
    private synchronized List<Copy> look(Usage usage) throws IOException {
        List<Copy> copies = new ArrayList<>();
        Map<Digest, Long> before = Map.copyOf(sizes);
        sizes.clear();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(versions, Room::isCopy)) {
            for (Path path : folders) {
                look(new VersionFolder(path), before, usage, copies);
            }
        } catch (NoSuchFileException | NotDirectoryException _) {
            // somebody has deleted the store
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return copies;
    }

    private void look(VersionFolder folder, Map<Digest, Long> before, Usage usage, List<Copy> copies)
            throws IOException {
        Digest digest = folder.digest();
        try {
            Long known = before.get(digest);
            long bytes = known == null ? folder.bytes() : known;
            copies.add(new Copy(digest, bytes, folder.lastUse(), usage.copies().contains(digest)));
            sizes.put(digest, bytes);
        } catch (NoSuchFileException _) {
            // somebody else has just discarded it
        }
    }

    private static boolean isCopy(Path path) {
        return DIGEST.matcher(path.getFileName().toString()).matches();
    }
}
