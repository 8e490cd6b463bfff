package dev.serin.registry.directory;

import dev.serin.registry.ConflictException;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.disk.DirectoryLock;
import dev.serin.registry.disk.Disk;
import dev.serin.registry.disk.TemporaryFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * One write: the bytes go to a temporary folder of the registry and to the disk, then by one rename to their place, where
 * the condition is checked under the lock. What died writers left behind is cleared away first.
 *
 * @param base the root of the registry, without links
 */
record AtomicWrite(Path base, String key, Condition condition) {
    /** Brings the bytes. */
    @FunctionalInterface
    interface Source {
        void writeTo(OutputStream out) throws IOException;
    }

    /** {@return the tag of the new file} */
    String from(Source source) throws IOException {
        Path temporary = Files.createDirectories(base.resolve(DirectoryRegistry.TEMPORARY));
        TemporaryFolder.clearDead(temporary);
        try (TemporaryFolder folder = TemporaryFolder.create(temporary)) {
            Path written = folder.path().resolve("object");
            try (FileChannel channel =
                    FileChannel.open(written, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                source.writeTo(Channels.newOutputStream(channel));
                channel.force(true);
            }
            return DirectoryLock.locked(base.resolve(DirectoryRegistry.LOCK), () -> publish(written));
        }
    }

    private String publish(Path written) throws IOException {
        Path target = base.resolve(key);
        Optional<BasicFileAttributes> present = RegularFiles.find(target);
        check(present.map(RegularFiles::tag));
        if (present.isEmpty() && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(key);
        }
        if (present.isPresent()) {
            makeYounger(written, present.get().lastModifiedTime());
        }
        createFolders(target);
        Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
        syncFolders(target);
        return RegularFiles.tag(RegularFiles.find(target).orElseThrow(() -> new NoSuchFileException(key)));
    }

    private void check(Optional<String> presentTag) {
        boolean holds = switch (condition) {
            case Condition.Always() -> true;
            case Condition.IfAbsent() -> presentTag.isEmpty();
            case Condition.IfTag(String tag) -> presentTag.equals(Optional.of(tag));
        };
        if (!holds) {
            throw new ConflictException(
                    condition instanceof Condition.IfAbsent ? key + " exists already" : key + " was changed meanwhile");
        }
    }

    /** Keeps tags unique: inodes are used again, and clocks of file systems tick slowly. */
    private static void makeYounger(Path written, FileTime than) throws IOException {
        if (Files.getLastModifiedTime(written).compareTo(than) <= 0) {
            Files.setLastModifiedTime(written, FileTime.from(than.toInstant().plus(1, ChronoUnit.MICROS)));
        }
    }

    private void createFolders(Path target) throws IOException {
        Path folder = target.resolve("..").normalize();
        Files.createDirectories(folder);
        if (!folder.toRealPath().equals(folder)) {
            throw new IOException("a symbolic link leads there");
        }
    }

    private void syncFolders(Path target) throws IOException {
        for (Path path = target; !path.equals(base); ) {
            path = path.resolve("..").normalize();
            Disk.syncFolder(path);
        }
    }
}
