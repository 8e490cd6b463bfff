package dev.serin.registry;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * Read access to the objects of a registry. Kept minimal on purpose, so that a store is easy to write: all that knows
 * the layout ({@code registry.watch}, {@code registry.store}, {@link Publisher}) stands on these four methods and is
 * shared by every store. Keys are relative to the root and use {@code /}. Thread-safe; closed by whoever opened it.
 *
 * <p>Every method throws {@link RegistryException} when the store cannot be reached, refuses, or fails.
 */
public interface Registry extends AutoCloseable {
    /** {@return where this is, for people: {@code models/ (directory)}} */
    String location();

    /**
     * {@return every object whose key begins with the prefix, ascending by key in UTF-8 order} Directories are not
     * objects. An empty prefix lists the whole registry.
     */
    List<RegistryObject> list(String prefix);

    /**
     * Reads a small object whole.
     *
     * @param maxBytes objects larger than this are refused with a {@link RegistryException}
     * @return empty when there is no such object
     */
    Optional<Content> read(String key, int maxBytes);

    /**
     * Reads a small object whole unless its tag is still the given one: one cheap request where nothing changed.
     *
     * @return {@link Refreshed.Unchanged}, {@link Refreshed.Missing} or {@link Refreshed.Changed}
     */
    Refreshed refresh(String key, int maxBytes, String knownTag);

    /**
     * Opens an object for streaming; the caller closes it, early if it likes.
     *
     * @throws RegistryException also when there is no such object
     */
    InputStream open(String key);

    @Override
    void close();

    /** One object of a listing; the tag changes whenever the bytes do. */
    record RegistryObject(String key, long sizeBytes, String tag, java.time.Instant modifiedAt) {}

    /** A small object, whole; the bytes are the caller's. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Content(byte[] bytes, String tag) {}

    /** What became of an object since it was last read. */
    sealed interface Refreshed {
        /** The tag is still the known one. */
        record Unchanged() implements Refreshed {}

        /** There is no such object. */
        record Missing() implements Refreshed {}

        /** There are other bytes now. */
        record Changed(Content content) implements Refreshed {}
    }
}
