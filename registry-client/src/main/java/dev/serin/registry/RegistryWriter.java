package dev.serin.registry;

import java.nio.file.Path;

/** Write access, for publishers and for changes of policy. Thread-safe. */
public interface RegistryWriter extends Registry {
    /**
     * Writes a small object whole: a reader sees the old bytes or the new, never a part.
     *
     * @return the tag of the written object
     * @throws ConflictException when the condition does not hold; nothing was written then
     */
    String write(String key, byte[] content, Condition condition);

    /** Uploads a file; a reader may see the object only once it is whole. */
    void upload(String key, Path file);

    /** Deletes an object; one that is not there is no failure. */
    void delete(String key);

    /** What must hold for a write to take place. */
    sealed interface Condition {
        /** Nothing. */
        record Always() implements Condition {}

        /** There is no such object yet. */
        record IfAbsent() implements Condition {}

        /** The object still has this tag. */
        record IfTag(String tag) implements Condition {}
    }
}
