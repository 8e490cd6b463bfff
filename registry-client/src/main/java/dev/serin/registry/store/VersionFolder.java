package dev.serin.registry.store;

import dev.serin.registry.Artifact;
import dev.serin.registry.Digest;
import dev.serin.registry.Digests;
import dev.serin.registry.disk.Disk;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The files of one version on the local disk. */
record VersionFolder(Path path) {
    boolean exists() {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * {@return what the file system knows of each file} Equal to an earlier state only if nobody has written to any file
     * since: nobody can set the time of the last change of an inode.
     */
    List<String> state() throws IOException {
        List<Path> files = files();
        List<String> state = new ArrayList<>(files.size());
        for (Path file : files) {
            var attributes =
                    Files.readAttributes(file, "unix:ino,mode,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
            state.add(path.relativize(file) + " " + new TreeMap<>(attributes));
        }
        return List.copyOf(state);
    }

    /** {@return the digest that it is named by} */
    Digest digest() {
        return new Digest(path.getFileName().toString());
    }

    /** {@return the size of all files together} */
    long bytes() throws IOException {
        long bytes = 0;
        for (Path file : files()) {
            bytes += Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .size();
        }
        return bytes;
    }

    /**
     * {@return when it was last used} It is the time of the folder itself: that survives restarts, every process sees it,
     * and it is no part of the {@link #state}.
     */
    Instant lastUse() throws IOException {
        return Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant();
    }

    /** Makes this the last use. */
    void used(Instant at) throws IOException {
        Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setTimes(FileTime.from(at), null, null);
    }

    /**
     * {@return whether these files are here, byte for byte, and nothing else} Bytes that cannot be read do not agree.
     *
     * @throws IOException when a file cannot even be opened, for want of rights or descriptors: that says nothing about it
     */
    boolean holdsExactly(List<Artifact> artifacts) throws IOException {
        try {
            Set<Path> expected = artifacts.stream().map(this::file).collect(Collectors.toSet());
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                    || !Set.copyOf(files()).equals(expected)) {
                return false;
            }
            for (Artifact artifact : artifacts) {
                if (!holds(artifact)) {
                    return false;
                }
            }
            return true;
        } catch (ClosedByInterruptException e) {
            throw e; // says nothing about the files
        } catch (NoSuchFileException | NotDirectoryException _) {
            return false;
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException _) {
            return false;
        }
    }

    /** Makes the folder outlast a crash of the machine; its files have been made to already. */
    void sync() throws IOException {
        for (Path folder : find(Files::isDirectory)) {
            Disk.syncFolder(folder);
        }
    }

    Path file(Artifact artifact) {
        return path.resolve(artifact.path().value());
    }

    private boolean holds(Artifact artifact) throws IOException {
        Path file = file(artifact);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) != artifact.sizeBytes()) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            Digest digest = Digests.of(in);
            return digest.equals(artifact.sha256());
        }
    }

    /** All but folders, in a fixed order. */
    private List<Path> files() throws IOException {
        return find(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS));
    }

    private List<Path> find(Predicate<Path> wanted) throws IOException {
        try (Stream<Path> all = Files.walk(path)) {
            return all.filter(wanted).sorted().toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
