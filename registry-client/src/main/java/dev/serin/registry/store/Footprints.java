package dev.serin.registry.store;

import dev.serin.registry.Digest;
import dev.serin.registry.disk.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.OptionalLong;

/**
 * What versions were found to weigh once they were loaded: a file for each, of a number in digits, which goes with the copy. A disk
 * that does not take it costs the next start an estimate and nothing else. Thread-safe.
 *
 * @param folder of the files; need not exist
 * @param temporary for files that are being written
 */
record Footprints(Path folder, Path temporary) {
    private static final System.Logger LOG = System.getLogger(Footprints.class.getName());

    /** {@return the bytes; empty when that is not known, or cannot be read} */
    OptionalLong find(Digest digest) {
        try {
            long bytes = Long.parseLong(Files.readString(file(digest)).strip());
            return bytes > 0 ? OptionalLong.of(bytes) : OptionalLong.empty();
        } catch (NoSuchFileException _) {
            return OptionalLong.empty();
        } catch (IOException | NumberFormatException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "Cannot read what " + digest + " weighs", e);
            return OptionalLong.empty();
        }
    }

    /** Keeps it for later processes, unless what is kept is a hundredth more at most: measures differ by some KB. */
    void keep(Digest digest, long bytes) {
        long known = find(digest).orElse(0);
        if (known >= bytes && known - bytes <= bytes / 100) { // less would have it loaded where there is no room for it
            return;
        }
        try (TemporaryFolder work = TemporaryFolder.create(temporary)) {
            Path written = Files.writeString(work.path().resolve("footprint"), bytes + "\n");
            Files.createDirectories(folder);
            Files.move(written, file(digest), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "Cannot keep what " + digest + " weighs", e);
        }
    }

    /** Forgets it, with the copy. */
    void forget(Digest digest) {
        try {
            Files.deleteIfExists(file(digest));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "Cannot forget what " + digest + " weighs", e);
        }
    }

    private Path file(Digest digest) {
        return folder.resolve(digest.hex());
    }
}
