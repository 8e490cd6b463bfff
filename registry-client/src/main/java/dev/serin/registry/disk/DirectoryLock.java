package dev.serin.registry.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One writer at a time in a directory, whatever its process. A file lock belongs to a whole JVM, and asking for it twice
 * in one fails instead of waiting; hence a lock for its threads in front of it.
 */
public final class DirectoryLock {
    private static final ConcurrentMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

    private DirectoryLock() {}

    /**
     * Runs the action while no other process or thread runs one with the same lock file, which may be missing yet.
     *
     * @param lockFile spelled the same way by everybody in this process
     */
    public static <T> T locked(Path lockFile, FileAction<T> action) throws IOException {
        ReentrantLock threads = THREADS.computeIfAbsent(lockFile, _ -> new ReentrantLock());
        threads.lock();
        try {
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                return action.run();
            }
        } finally {
            threads.unlock();
        }
    }

    /** Something to do with files. */
    @FunctionalInterface
    public interface FileAction<T> {
        T run() throws IOException;
    }
}
