package dev.serin.registry.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A folder for work in progress that is known to be somebody's: beside it lies a lock file, locked for as long as its
 * process lives and has not closed it. {@link #clearDead} removes the folders of the dead, and of nobody else. Whoever
 * creates one closes it, which deletes it. Used by one thread at a time.
 *
 * <p>POSIX drops a process's locks on a file as soon as the process closes <em>any</em> descriptor of it, so this JVM
 * must not even look at the lock files it holds itself: {@link #OWN} names them.
 */
public final class TemporaryFolder implements AutoCloseable {
    private static final String LOCK = ".lock";
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final Path lockFile;
    private @Nullable FileChannel lock;

    private TemporaryFolder(Path path) {
        this.path = path;
        this.lockFile = path.resolveSibling(path.getFileName() + LOCK);
    }

    /** Creates a folder of a new name in the parent, which is created too if need be. */
    public static TemporaryFolder create(Path parent) throws IOException {
        Path real = Files.createDirectories(parent).toRealPath();
        while (true) { // again if somebody took the lock file, new and not yet locked, for a dead one's
            TemporaryFolder folder =
                    new TemporaryFolder(real.resolve(UUID.randomUUID().toString()));
            try {
                if (folder.occupy()) {
                    return folder;
                }
            } catch (IOException | RuntimeException e) {
                folder.close();
                throw e;
            }
            folder.close();
        }
    }

    /** Deletes the folders in the parent whose owners are gone. */
    public static void clearDead(Path parent) throws IOException {
        Path real = parent.toRealPath();
        try (DirectoryStream<Path> lockFiles = Files.newDirectoryStream(real, "*" + LOCK)) {
            for (Path lockFile : lockFiles) {
                if (!OWN.contains(lockFile)) {
                    clearIfDead(lockFile);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** {@return the folders in the parent whose owners live, in no order} Those of the dead are deleted first. */
    public static List<Path> living(Path parent) throws IOException {
        clearDead(parent);
        List<Path> folders = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(parent.toRealPath(), Files::isDirectory)) {
            all.forEach(folders::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return folders;
    }

    /** {@return where it is} */
    public Path path() {
        return path;
    }

    /** Deletes the folder; what cannot be deleted is left to a later {@link #clearDead}. */
    @Override
    public void close() {
        try {
            Disk.deleteTree(path);
            Files.deleteIfExists(lockFile);
        } catch (IOException _) {
            // it is nobody's now, as soon as the lock is gone
        }
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException _) {
            // closing is all that can be done
        }
        OWN.remove(lockFile);
    }

    private boolean occupy() throws IOException {
        OWN.add(lockFile);
        lock = FileChannel.open(lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        FileLock _ = lock.lock();
        if (!Files.exists(lockFile)) {
            return false;
        }
        Files.createDirectory(path);
        return true;
    }

    private static void clearIfDead(Path lockFile) throws IOException {
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
            if (Optional.ofNullable(channel.tryLock()).isPresent()) {
                String name = lockFile.getFileName().toString();
                Disk.deleteTree(lockFile.resolveSibling(name.substring(0, name.length() - LOCK.length())));
                Files.deleteIfExists(lockFile);
            }
        } catch (NoSuchFileException | OverlappingFileLockException _) {
            // somebody else is clearing it away
        }
    }
}
