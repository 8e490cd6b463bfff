package dev.serin.registry.store;

import dev.serin.registry.Digest;
import dev.serin.registry.disk.DirectoryLock;
import dev.serin.registry.disk.DirectoryLock.FileAction;
import dev.serin.registry.disk.TemporaryFolder;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is in use in a store, by this process and by others. Each process has a folder that is known to be of the living
 * (see {@link TemporaryFolder}), with an empty file for each copy that it uses, named by its digest, and for each
 * download, whose name says how many bytes it may come to. So whoever wants to evict knows what all others use, and the
 * marks of a process that was killed die with it. Thread-safe.
 *
 * <p>A mark is made, and what is unmarked taken away, only by one at a time ({@link #alone}): a copy that was seen after
 * it was marked stays. On a store that cannot be written nothing can be marked; then nobody here can evict either.
 * What could not be marked is marked together with the next that can.
 */
final class InUse implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(InUse.class.getName());
    private static final Pattern COPY = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern RESERVATION = Pattern.compile("reserved-[0-9]+-([0-9]{1,18})");

    private final Path folder;
    private final Consumer<Digest> letGo;
    private final Map<Digest, Integer> uses = new HashMap<>(); // guarded by this, as all below
    private final Map<String, Long> reservations = new HashMap<>(); // bytes by the name of the mark
    private @Nullable TemporaryFolder marks;
    private boolean incomplete; // whether a copy is used that could not be marked
    private long reservationsMade;

    /**
     * Uses nothing yet.
     *
     * @param folder of the marks of all processes; need not exist
     * @param letGo hears of a copy just before this process lets go of a use of it
     */
    InUse(Path folder, Consumer<Digest> letGo) {
        this.folder = folder;
        this.letGo = letGo;
    }

    /**
     * What all processes use.
     *
     * @param reservedBytes of downloads under way
     */
    record Usage(Set<Digest> copies, long reservedBytes) {}

    /** Runs the action while no other process or thread marks or evicts anything. */
    <T> T alone(FileAction<T> action) throws IOException {
        Files.createDirectories(folder);
        return DirectoryLock.locked(folder.toRealPath().resolve("lock"), action);
    }

    /** {@return a use of a copy, which may be missing yet; whoever takes it closes it} */
    Hold hold(Digest digest) {
        try {
            return alone(() -> use(digest));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "Cannot tell other processes that " + digest + " is in use", e);
            return unmarked(digest); // what this process uses it does not evict either way
        }
    }

    private synchronized Hold unmarked(Digest digest) {
        incomplete = true;
        return new Use(digest);
    }

    private synchronized Hold use(Digest digest) throws IOException {
        Use use = new Use(digest);
        boolean marked = false;
        try {
            mark(digest.hex());
            marked = true;
            return use;
        } finally {
            if (!marked) {
                use.forget();
            }
        }
    }

    /** {@return bytes set aside for a download} Called {@link #alone}, by whoever has seen that there is room. */
    synchronized Reservation reserve(long bytes) throws IOException {
        Reservation reservation = new Reservation("reserved-%d-%d".formatted(++reservationsMade, bytes));
        reservations.put(reservation.mark, bytes);
        boolean marked = false;
        try {
            mark(reservation.mark);
            marked = true;
            return reservation;
        } finally {
            if (!marked) {
                reservation.close();
            }
        }
    }

    /** {@return what is in use now} Called {@link #alone} if it is to stay true. */
    synchronized Usage usage() throws IOException {
        Set<Digest> copies = new HashSet<>(uses.keySet());
        long reserved =
                reservations.values().stream().mapToLong(Long::longValue).sum();
        for (Path owner : TemporaryFolder.living(folder)) {
            if (marks == null || !owner.equals(marks.path())) {
                reserved += read(owner, copies);
            }
        }
        return new Usage(copies, reserved);
    }

    private static long read(Path owner, Set<Digest> copies) throws IOException {
        long reserved = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(owner)) {
            for (Path mark : all) {
                String name = mark.getFileName().toString();
                Matcher reservation = RESERVATION.matcher(name);
                if (COPY.matcher(name).matches()) {
                    copies.add(new Digest(name));
                } else if (reservation.matches()) {
                    reserved += Long.parseLong(reservation.group(1));
                }
            }
        } catch (NoSuchFileException _) {
            // its owner has just ended
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return reserved;
    }

    private void mark(String name) throws IOException {
        try {
            if (marks == null) {
                marks = TemporaryFolder.create(folder);
            }
            create(marks, name);
            if (incomplete) {
                markAll(marks);
            }
        } catch (NoSuchFileException _) { // somebody has deleted the store
            markAllAnew();
        }
    }

    private void markAllAnew() throws IOException {
        if (marks != null) {
            marks.close();
        }
        marks = null;
        TemporaryFolder anew = TemporaryFolder.create(folder);
        marks = anew;
        markAll(anew);
    }

    private void markAll(TemporaryFolder anew) throws IOException {
        for (Digest digest : uses.keySet()) {
            create(anew, digest.hex());
        }
        for (String reservation : reservations.keySet()) {
            create(anew, reservation);
        }
        incomplete = false;
    }

    private static void create(TemporaryFolder marks, String name) throws IOException {
        try {
            Files.createFile(marks.path().resolve(name));
        } catch (FileAlreadyExistsException _) {
            // in use already
        }
    }

    private void unmark(String name) {
        try {
            if (marks != null) {
                Files.deleteIfExists(marks.path().resolve(name));
            }
        } catch (IOException e) { // the copy is spared until this process ends
            LOG.log(System.Logger.Level.DEBUG, () -> "Cannot delete the mark " + name, e);
        }
    }

    /** Takes all marks away. */
    @Override
    public synchronized void close() {
        if (marks != null) {
            marks.close();
        }
        marks = null;
    }

    /** Room for a download that is under way. */
    final class Reservation implements AutoCloseable {
        private final String mark;

        private Reservation(String mark) {
            this.mark = mark;
        }

        /** Gives it back; closing it again does nothing. */
        @Override
        public void close() {
            synchronized (InUse.this) {
                if (reservations.remove(mark) != null) {
                    unmark(mark);
                }
            }
        }
    }

    private final class Use implements Hold {
        private final Digest digest;
        private boolean open = true; // guarded by the enclosing object

        Use(Digest digest) {
            this.digest = digest;
            synchronized (InUse.this) {
                uses.merge(digest, 1, Integer::sum);
            }
        }

        @Override
        public Hold share() {
            synchronized (InUse.this) {
                if (!open) {
                    throw new IllegalStateException("The copy " + digest + " was let go of");
                }
                return new Use(digest);
            }
        }

        @Override
        public void close() {
            letGo.accept(digest); // before the mark goes: whoever may evict it then sees how lately it was used
            forget();
        }

        private void forget() {
            synchronized (InUse.this) {
                if (open) {
                    open = false;
                    int left = uses.getOrDefault(digest, 0) - 1;
                    if (left > 0) {
                        uses.put(digest, left);
                    } else {
                        uses.remove(digest);
                        unmark(digest.hex());
                    }
                }
            }
        }
    }
}
