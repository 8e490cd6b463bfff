package dev.serin.registry.directory;

import dev.serin.registry.KeyOrder;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.disk.DirectoryLock;
import dev.serin.registry.disk.DirectoryLock.FileAction;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A registry in a directory: a key is a path below it. Only regular files are objects; symbolic links below the root are
 * not followed, while the root itself may be one and may be switched to another directory at any time. Reading never
 * writes. A write is a file in {@code .serin/tmp/}, made durable and renamed, so that readers see all of it or nothing;
 * conditions hold across threads and processes by a lock on {@code .serin/lock}. Thread-safe; closed by whoever opened it.
 */
public final class DirectoryRegistry implements RegistryWriter {
    static final String TEMPORARY = ".serin/tmp";
    static final String LOCK = ".serin/lock";

    private static final int MAX_READS = 100;

    private final Path root;
    private final String displayName;
    private final RegistryListener listener;

    private DirectoryRegistry(Path root, String displayName, RegistryListener listener) {
        this.root = root.toAbsolutePath();
        this.displayName = displayName;
        this.listener = listener;
    }

    /**
     * Opens a directory as a registry.
     *
     * @param displayName the directory as people named it, for {@link #location()} and for messages
     * @throws RegistryException when there is no such directory
     */
    public static DirectoryRegistry open(Path root, String displayName, RegistryListener listener) {
        DirectoryRegistry registry = new DirectoryRegistry(root, displayName, listener);
        try {
            registry.base();
            return registry;
        } catch (IOException e) {
            throw RegistryException.because("Cannot open the registry " + displayName, e);
        }
    }

    @Override
    public String location() {
        return displayName + " (directory)";
    }

    /** A relative name is another directory in each working directory. */
    @Override
    public String identity() {
        return root.normalize() + " (directory)";
    }

    @Override
    public List<RegistryObject> list(String prefix) {
        return attempt(Operation.LIST, "list '" + prefix + "'", () -> {
            Path base = base();
            int slash = prefix.lastIndexOf('/');
            Optional<Path> start = slash < 0 ? Optional.of(base) : folder(base, prefix.substring(0, slash));
            return start.isEmpty() ? List.of() : DirectoryListing.of(base, start.get(), prefix);
        });
    }

    @Override
    public List<String> folders() {
        return attempt(Operation.LIST, "list the folders", () -> {
            try (Stream<Path> entries = Files.list(base())) {
                return entries.filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
                        .map(folder -> folder.getFileName().toString())
                        .filter(name -> !name.startsWith("."))
                        .sorted(KeyOrder::compare)
                        .toList();
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        });
    }

    @Override
    public Optional<Content> read(String key, int maxBytes) {
        return attempt(Operation.GET, "read " + key, () -> {
            Path path = path(key);
            Optional<BasicFileAttributes> attributes = RegularFiles.find(path);
            return attributes.isEmpty()
                    ? Optional.empty()
                    : read(key, path, RegularFiles.tag(attributes.get()), maxBytes);
        });
    }

    @Override
    public Refreshed refresh(String key, int maxBytes, String knownTag) {
        return attempt(Operation.GET, "read " + key, () -> {
            Path path = path(key);
            Optional<String> tag = RegularFiles.find(path).map(RegularFiles::tag);
            if (tag.equals(Optional.of(knownTag))) {
                return new Refreshed.Unchanged();
            }
            Optional<Content> content = tag.isEmpty() ? Optional.empty() : read(key, path, tag.get(), maxBytes);
            return content.isEmpty() ? new Refreshed.Missing() : new Refreshed.Changed(content.get());
        });
    }

    @Override
    public InputStream open(String key) {
        return attempt(Operation.GET, "read " + key, () -> {
            Path path = path(key);
            if (RegularFiles.find(path).isEmpty()) {
                throw new NoSuchFileException(key);
            }
            return RegularFiles.newInputStream(path);
        });
    }

    @Override
    public String write(String key, byte[] content, Condition condition) {
        return attempt(Operation.PUT, "write " + key, () -> {
            path(key);
            return new AtomicWrite(base(), key, condition).from(out -> out.write(content));
        });
    }

    @Override
    public void upload(String key, Path file) {
        attempt(Operation.PUT, "write " + key, () -> {
            path(key);
            try (InputStream in = Files.newInputStream(file)) {
                return new AtomicWrite(base(), key, new Condition.Always()).from(in::transferTo);
            }
        });
    }

    @Override
    public void delete(String key) {
        attempt(Operation.DELETE, "delete " + key, () -> {
            Path path = path(key);
            return RegularFiles.find(path).isPresent()
                    && DirectoryLock.locked(base().resolve(LOCK), () -> Files.deleteIfExists(path));
        });
    }

    @Override
    public void close() {
        // nothing is held between calls
    }

    /** Tells whether a key is this class's own: no object has such a key. */
    static boolean isOwn(String key) {
        return key.equals(LOCK) || key.equals(TEMPORARY) || key.startsWith(TEMPORARY + "/");
    }

    /** The root as it is now: it may be a link that was switched since the last call. */
    private Path base() throws IOException {
        Path base = root.toRealPath();
        if (!Files.isDirectory(base)) {
            throw new NotDirectoryException(displayName);
        }
        return base;
    }

    private Path path(String key) throws IOException {
        Registry.checkKey(key);
        try {
            return base().resolve(key);
        } catch (InvalidPathException e) {
            throw new IOException("no file here can have this name", e);
        }
    }

    /** The folder of a prefix; empty when no key can begin like that. */
    private static Optional<Path> folder(Path base, String prefix) throws IOException {
        try {
            Path folder = base.resolve(Registry.checkKey(prefix));
            return Files.isDirectory(folder) && folder.toRealPath().equals(folder)
                    ? Optional.of(folder)
                    : Optional.empty();
        } catch (IllegalArgumentException | NoSuchFileException _) {
            return Optional.empty();
        }
    }

    /** The bytes belong to the tag: a file that is replaced meanwhile is read again. */
    private Optional<Content> read(String key, Path path, String firstTag, int maxBytes) throws IOException {
        String tag = firstTag;
        for (int i = 0; i < MAX_READS; i++) {
            byte[] bytes;
            try (InputStream in = RegularFiles.newInputStream(path)) {
                bytes = in.readNBytes(maxBytes + 1);
            } catch (NoSuchFileException _) {
                return Optional.empty();
            }
            Optional<String> tagAfter = RegularFiles.find(path).map(RegularFiles::tag);
            if (tagAfter.equals(Optional.of(tag))) {
                return Optional.of(new Content(checkSize(key, bytes, maxBytes), tag));
            }
            if (tagAfter.isEmpty()) {
                return Optional.empty();
            }
            tag = tagAfter.get();
        }
        throw new IOException("it changes all the time");
    }

    private byte[] checkSize(String key, byte[] bytes, int maxBytes) {
        if (bytes.length > maxBytes) {
            throw new MalformedContentException(
                    "%s in %s has more than the %d bytes allowed".formatted(key, location(), maxBytes));
        }
        return bytes;
    }

    private <T> T attempt(Operation operation, String what, FileAction<T> action) {
        long start = System.nanoTime();
        boolean reached = true;
        try {
            return action.run();
        } catch (IOException e) {
            reached = false;
            throw RegistryException.because("Cannot %s in %s".formatted(what, location()), e);
        } finally {
            listener.requested(operation, reached, Duration.ofNanos(System.nanoTime() - start));
        }
    }
}
