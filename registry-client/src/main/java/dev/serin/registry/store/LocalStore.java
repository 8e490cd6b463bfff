package dev.serin.registry.store;

import dev.serin.registry.Manifest;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry;
import java.nio.file.Path;

/**
 * Verified copies of versions on the local disk, a folder per version digest. Every byte is digested while it streams in
 * and compared with the manifest; a folder appears by one rename once it is whole, so it survives kills, restarts, and a
 * second process on the same store. Thread-safe.
 */
public final class LocalStore {
    private LocalStore() {}

    /** Opens or creates a store; clears away what dead processes left half done. */
    public static LocalStore open(Path root) {
        throw new UnsupportedOperationException("to be written");
    }

    /**
     * {@return the version's files, downloaded and verified} Bytes already here are digested again, unless this process
     * has digested them itself, and fetched anew if they no longer agree.
     *
     * @throws dev.serin.registry.VerificationException when the registry's bytes are not what the manifest says
     * @throws dev.serin.registry.RegistryException when the registry cannot be read
     */
    public StoredVersion fetch(Registry registry, Manifest manifest, Progress progress) {
        throw new UnsupportedOperationException("to be written");
    }

    /** {@return the files of a version copied in by hand; their digests are computed on the way} */
    public StoredVersion fetch(Registry registry, RegisteredVersion.HandDropped version, Progress progress) {
        throw new UnsupportedOperationException("to be written");
    }

    /** Hears how a download proceeds; called often, on the thread that downloads. */
    @FunctionalInterface
    public interface Progress {
        Progress NONE = (_, _) -> {};

        void at(long doneBytes, long totalBytes);
    }
}
