package dev.serin.registry.store;

import dev.serin.registry.Digests;
import dev.serin.registry.DoubtfulListingException;
import dev.serin.registry.KeyOrder;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.disk.Disk;
import dev.serin.registry.disk.TemporaryFolder;
import dev.serin.registry.format.Layout;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A registry that remembers on the local disk what its origin last listed and what its small objects held, so that a
 * process can start while the origin is out of reach, and need not read a hundred thousand manifests again.
 *
 * <p>Until the origin has answered this process for the first time, a failing request is answered from memory; {@link
 * #unreachable} says so. From then on failures are the caller's again, who knows more by now than the memory does. A
 * small object whose tag in the latest listing is the remembered one is not asked for again. Artifacts are not
 * remembered here: {@link LocalStore} keeps those. Thread-safe; closing it closes the origin.
 *
 * <p>A listing of everything that shows much less than the one before ({@link Census}) is a failure, a {@link
 * DoubtfulListingException}, and nothing of it is remembered. It is believed once {@value #CONFIRMING_LOOKS} listings in a
 * row, a minute or more from the first to the last, lacked the same.
 */
public final class RememberingRegistry implements Registry {
    private static final int CONFIRMING_LOOKS = 3;
    private static final Duration CONFIRMING_TIME = Duration.ofMinutes(1);

    private final Registry origin;
    private final InstantSource clock;
    private final Path folder;
    private final Path file;
    private final Path temporary;
    private final NavigableMap<String, RegistryObject> listing = new TreeMap<>(KeyOrder::compare); // guarded by this
    private final Map<String, Content> contents = new HashMap<>(); // of small objects, by key; guarded by this
    private boolean remembersListing; // guarded by this
    private boolean unconfirmed; // whether the one listing of this process shows much less; guarded by this
    private boolean changed; // since the last save; guarded by this
    private @Nullable Doubt doubt; // guarded by this
    private boolean listed; // whether this process has seen a listing of everything that it believes; guarded by this
    private volatile boolean answered;
    private volatile boolean listingDue;
    private volatile Optional<RegistryException> unlisted = Optional.empty();
    private volatile Optional<RegistryException> unanswered = Optional.empty();

    /**
     * Wraps a registry and reads what a former process remembered of it. A memory that cannot be read is none.
     *
     * @param store the folder of the {@link LocalStore}
     * @param clock tells for how long a listing has been doubted
     */
    public RememberingRegistry(Registry origin, Path store, InstantSource clock) {
        this.origin = origin;
        this.clock = clock;
        this.folder = store.resolve("registries");
        this.file = folder.resolve(Digests.of(origin.identity()).hex());
        this.temporary = store.resolve("tmp");
        RegistryMemory.read(file).ifPresent(this::recall);
    }

    /** What listings in a row lacked, and how many of them there were. */
    private record Doubt(Census gone, Instant since, int looks) {}

    private void recall(RegistryMemory memory) {
        memory.listing().forEach(object -> listing.put(object.key(), object));
        contents.putAll(memory.contents());
        remembersListing = true;
    }

    /**
     * {@return why the origin has not answered this process yet, or not with a listing that is believed, when it was asked
     * and something is remembered of it}
     */
    public Optional<RegistryException> unreachable() {
        return unanswered.or(() -> unlisted);
    }

    /** {@return whether the latest listing of everything came from memory, and the origin has answered since} */
    public boolean isListingDue() {
        return listingDue;
    }

    @Override
    public String location() {
        return origin.location();
    }

    @Override
    public String identity() {
        return origin.identity();
    }

    @Override
    public List<RegistryObject> list(String prefix) {
        return prefix.isEmpty() ? listAll() : listBelow(prefix);
    }

    /** What is in no listing of objects is not remembered: without the origin this fails. */
    @Override
    public List<String> folders() {
        List<String> folders = origin.folders();
        hasAnswered();
        return folders;
    }

    private List<RegistryObject> listBelow(String prefix) {
        List<RegistryObject> found;
        try {
            found = origin.list(prefix);
        } catch (RegistryException e) {
            return fromMemory(e, () -> remembered(prefix));
        }
        hasAnswered();
        remember(prefix, found);
        return found;
    }

    private List<RegistryObject> listAll() {
        List<RegistryObject> found;
        try {
            found = origin.list("");
            checkBelievable(found);
        } catch (RegistryException e) {
            return listingFromMemory(e);
        }
        hasAnswered();
        remember("", found);
        return found;
    }

    private synchronized void checkBelievable(List<RegistryObject> found) {
        Census known = Census.of(listing.values());
        Census shown = Census.of(found);
        Census gone = known.without(shown);
        unconfirmed = !listed && known.doubts(shown);
        // The first listing of a process is compared with what another one knew, perhaps long ago: much may have gone
        // since.
        boolean doubtful = listed ? known.doubts(shown) : shown.isEmptyWhere(known);
        if (!doubtful) {
            doubt = null;
            return;
        }
        Instant now = clock.instant();
        Doubt before = doubt;
        Doubt present = before != null && before.gone().equals(gone) && !now.isBefore(before.since())
                ? new Doubt(gone, before.since(), before.looks() + 1)
                : new Doubt(gone, now, 1);
        doubt = present;
        if (present.looks() < CONFIRMING_LOOKS || now.isBefore(present.since().plus(CONFIRMING_TIME))) {
            throw new DoubtfulListingException(
                    location(),
                    known.shown(gone),
                    "it is believed once %d listings over %d s say the same"
                            .formatted(CONFIRMING_LOOKS, CONFIRMING_TIME.toSeconds()));
        }
        doubt = null;
    }

    private synchronized List<RegistryObject> listingFromMemory(RegistryException failure) {
        if (listed || !remembersListing) {
            throw failure;
        }
        unlisted = Optional.of(failure);
        listingDue = false;
        return remembered("");
    }

    @Override
    public Optional<Content> read(String key, int maxBytes) {
        Optional<Content> known = known(key, maxBytes);
        if (known.isPresent()) {
            return known;
        }
        Optional<Content> read;
        try {
            read = origin.read(key, maxBytes);
        } catch (RegistryException e) {
            return fromMemory(e, () -> Optional.ofNullable(contents.get(key)));
        }
        hasAnswered();
        remember(key, read);
        return read;
    }

    /** {@return whether the latest listing shows a small object as it is remembered, so that a read asks nobody} */
    public boolean isRemembered(String key) {
        return known(key, Integer.MAX_VALUE).isPresent();
    }

    @Override
    public Refreshed refresh(String key, int maxBytes, String knownTag) {
        Refreshed refreshed;
        try {
            refreshed = origin.refresh(key, maxBytes, knownTag);
        } catch (RegistryException e) {
            return fromMemory(e, Refreshed.Unchanged::new);
        }
        hasAnswered();
        switch (refreshed) {
            case Refreshed.Unchanged() -> {}
            case Refreshed.Missing() -> remember(key, Optional.empty());
            case Refreshed.Changed(Content content) -> remember(key, Optional.of(content));
        }
        return refreshed;
    }

    @Override
    public InputStream open(String key) {
        return origin.open(key);
    }

    /**
     * Writes what has changed since the last time to the disk. A first listing of this process that would be doubted if it
     * were the second is not written before another one has been believed: others on the store start from what is there.
     *
     * @throws LocalStoreException when the disk does not take it; what was remembered before is still there
     */
    public void save() {
        Optional<RegistryMemory> memory = takeChanged();
        if (memory.isEmpty()) {
            return;
        }
        try (TemporaryFolder work = TemporaryFolder.create(temporary)) {
            Path written = work.path().resolve("registry");
            memory.get().write(written);
            Files.createDirectories(folder);
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
            Disk.syncFolder(folder);
        } catch (IOException e) {
            synchronized (this) {
                changed = true;
            }
            throw LocalStoreException.of("Cannot remember the registry in " + file, e);
        }
    }

    private synchronized Optional<RegistryMemory> takeChanged() {
        if (!changed || !remembersListing || unconfirmed) {
            return Optional.empty();
        }
        changed = false;
        return Optional.of(new RegistryMemory(new ArrayList<>(listing.values()), Map.copyOf(contents)));
    }

    private void hasAnswered() {
        answered = true;
        unanswered = Optional.empty();
        listingDue = unlisted.isPresent();
    }

    private synchronized <T> T fromMemory(RegistryException failure, Supplier<T> memory) {
        if (answered || !remembersListing) {
            throw failure;
        }
        unanswered = Optional.of(failure);
        return memory.get();
    }

    private synchronized List<RegistryObject> remembered(String prefix) {
        return List.copyOf(below(prefix).values());
    }

    private SortedMap<String, RegistryObject> below(String prefix) {
        return listing.subMap(prefix, prefix + Character.toString(Character.MAX_CODE_POINT));
    }

    private synchronized void remember(String prefix, List<RegistryObject> found) {
        if (prefix.isEmpty()) {
            listed = true;
            unlisted = Optional.empty();
            listingDue = false;
        }
        SortedMap<String, RegistryObject> before = below(prefix);
        if (remembersListing && List.copyOf(before.values()).equals(found)) {
            return;
        }
        changed = true;
        before.clear();
        found.forEach(object -> listing.put(object.key(), object));
        contents.keySet().removeIf(key -> key.startsWith(prefix) && !listing.containsKey(key) && !isRoot(key));
        remembersListing |= prefix.isEmpty();
    }

    private synchronized void remember(String key, Optional<Content> content) {
        changed = true;
        content.ifPresentOrElse(present -> contents.put(key, present), () -> contents.remove(key));
        if (!isRoot(
                key)) { // what is there belongs to the listing, though the latest one, an old one it seems, lacks it
            content.ifPresent(present -> listing.computeIfAbsent(
                    key, _ -> new RegistryObject(key, present.bytes().length, present.tag(), clock.instant())));
        }
    }

    /** The latest listing shows the very bytes that are remembered. */
    private synchronized Optional<Content> known(String key, int maxBytes) {
        return Optional.ofNullable(contents.get(key))
                .filter(_ -> !isRoot(key))
                .filter(content -> content.bytes().length <= maxBytes)
                .filter(content -> Optional.ofNullable(listing.get(key))
                        .filter(object -> object.tag().equals(content.tag()))
                        .isPresent());
    }

    /** What is not of a model is asked for again and again, without listings in between. */
    private static boolean isRoot(String key) {
        return key.equals(Layout.GENERATION);
    }

    @Override
    public void close() {
        origin.close();
    }
}
