package dev.serin.registry;

import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Read access to the objects of a registry. Kept minimal on purpose, so that a store is easy to write: all that knows
 * the layout ({@code registry.watch}, {@code registry.store}, {@link Publisher}) stands on these five methods and is
 * shared by every store. Thread-safe; closed by whoever opened it.
 *
 * <p>Keys are relative to the root: segments joined by {@code /}, none of them empty, {@code .} or {@code ..}. A listing
 * may show other keys where the store allows them; every other method refuses those with an
 * {@link IllegalArgumentException}.
 *
 * <p>Every method throws {@link RegistryException} when the store cannot be reached, refuses, or fails.
 */
public interface Registry extends AutoCloseable {
    /** {@return where this is, for people: {@code models/ (directory)}} */
    String location();

    /**
     * {@return which registry this is, to tell what is remembered of it from what is remembered of others} Two registries
     * have the same only if they are in the same place, wherever their processes were started.
     */
    default String identity() {
        return location();
    }

    /**
     * {@return every object whose key begins with the prefix, ascending by key in UTF-8 order} Directories are not
     * objects. An empty prefix lists the whole registry.
     */
    List<RegistryObject> list(String prefix);

    /**
     * {@return the first segments of the keys that have more than one, ascending in UTF-8 order} At a small part of what
     * a listing of everything costs. Those that begin with a dot are left out, as they are nobody's models; a directory
     * also shows those in which there is no object.
     */
    List<String> folders();

    /**
     * Reads a small object whole.
     *
     * @param maxBytes objects larger than this are refused with a {@link MalformedContentException}
     * @return empty when there is no such object
     */
    Optional<Content> read(String key, int maxBytes);

    /**
     * Reads a small object whole unless its tag is still the given one: one cheap request where nothing changed.
     *
     * @param maxBytes as for {@link #read}
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

    /**
     * {@return the key, which is one}
     *
     * @throws IllegalArgumentException when it has an empty segment, {@code .} or {@code ..}
     */
    static String checkKey(String key) {
        for (int start = 0, end; start <= key.length(); start = end + 1) {
            int slash = key.indexOf('/', start);
            end = slash < 0 ? key.length() : slash;
            String segment = key.substring(start, end);
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                throw new IllegalArgumentException(
                        "'%s' is not a key: no segment may be empty, '.' or '..'".formatted(Names.shown(key)));
            }
        }
        return key;
    }

    /** One object of a listing; the tag changes whenever the bytes do. */
    record RegistryObject(String key, long sizeBytes, String tag, Instant modifiedAt) {}

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
