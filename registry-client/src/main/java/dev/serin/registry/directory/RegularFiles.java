package dev.serin.registry.directory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The files that count as objects: regular ones that no symbolic link leads to. */
final class RegularFiles {
    private RegularFiles() {}

    /** {@return what is known of the file; empty when there is none, or something else} */
    static Optional<BasicFileAttributes> find(Path path) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return attributes.isRegularFile() && path.toRealPath().equals(path)
                    ? Optional.of(attributes)
                    : Optional.empty();
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (FileSystemException e) {
            if (liesBelowFile(path)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** {@return a tag that differs whenever size, time of change or inode do} */
    static String tag(BasicFileAttributes attributes) {
        long nanos = attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        return "%d-%d-%s".formatted(attributes.size(), nanos, attributes.fileKey());
    }

    static InputStream newInputStream(Path path) throws IOException {
        return Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS);
    }

    private static boolean liesBelowFile(Path path) {
        for (Path parent = path.getParent(); parent != null; parent = parent.getParent()) {
            if (Files.isRegularFile(parent, LinkOption.NOFOLLOW_LINKS)) {
                return true;
            }
        }
        return false;
    }
}
