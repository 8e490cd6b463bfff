package dev.serin.registry.store;

import dev.serin.registry.Artifact;
import dev.serin.registry.Digest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A version on the local disk, verified. Until it is closed the store does not evict it, nor does another process on the
 * same store; whoever fetched it closes it, and who needs the files for longer takes a share. Thread-safe.
 */
public final class StoredVersion implements AutoCloseable {
    private final Digest digest;
    private final Path directory;
    private final List<Artifact> files;
    private final Duration downloadTook;
    private final Duration verifyTook;
    private final Hold hold;
    private final Optional<Footprints> footprints;

    /** Files that lie in no store, and that nobody evicts. */
    public StoredVersion(
            Digest digest, Path directory, List<Artifact> files, Duration downloadTook, Duration verifyTook) {
        this(digest, directory, files, downloadTook, verifyTook, Hold.NONE, Optional.empty());
    }

    StoredVersion(
            Digest digest,
            Path directory,
            List<Artifact> files,
            Duration downloadTook,
            Duration verifyTook,
            Hold hold,
            Optional<Footprints> footprints) {
        this.digest = digest;
        this.directory = directory;
        this.files = List.copyOf(files);
        this.downloadTook = downloadTook;
        this.verifyTook = verifyTook;
        this.hold = hold;
        this.footprints = footprints;
    }

    public Digest digest() {
        return digest;
    }

    /** {@return a folder that holds the files at their artifact paths: regular files, no links, nothing else} */
    public Path directory() {
        return directory;
    }

    public List<Artifact> files() {
        return files;
    }

    /** {@return the size of all files together} */
    public long bytes() {
        return files.stream().mapToLong(Artifact::sizeBytes).sum();
    }

    /** {@return what it weighed when it was last loaded, in this process or a former one; empty when that is not known} */
    public OptionalLong footprint() {
        return footprints.map(known -> known.find(digest)).orElseGet(OptionalLong::empty);
    }

    /** Remembers what it weighs, for as long as the copy is here. */
    public void rememberFootprint(long bytes) {
        footprints.ifPresent(known -> known.keep(digest, bytes));
    }

    /** {@return zero when nothing had to be fetched} */
    public Duration downloadTook() {
        return downloadTook;
    }

    /** {@return zero when this process had digested the bytes before} */
    public Duration verifyTook() {
        return verifyTook;
    }

    /** {@return the same once more, to be closed by whoever takes it} This one must not be closed yet. */
    public StoredVersion share() {
        return new StoredVersion(digest, directory, files, downloadTook, verifyTook, hold.share(), footprints);
    }

    /** Lets it go: from now on its files may vanish. */
    @Override
    public void close() {
        hold.close();
    }
}
