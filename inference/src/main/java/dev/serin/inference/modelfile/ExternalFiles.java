package dev.serin.inference.modelfile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The files beside a model that its tensors may point to: regular files inside its folder, nothing else. */
final class ExternalFiles {
    private static final Pattern LOCATION =
            Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){0,3}");

    private final Path folder;
    private final SortedMap<String, Long> sizes = new TreeMap<>(); // of the files looked at, by location

    ExternalFiles(Path folder) {
        this.folder = folder;
    }

    /** {@return the locations that were found good} */
    List<String> locations() {
        return List.copyOf(sizes.keySet());
    }

    /** Checks that so many bytes of a tensor lie where it says. */
    void check(String tensor, ExternalData data, long bytes) {
        long size = size(data.location());
        long length = data.lengthIn(size);
        if (data.offset() > size || length > size - data.offset()) {
            throw new MalformedException("takes bytes %d to %d of %s for its tensor '%s', but that file has %d"
                    .formatted(data.offset(), data.offset() + length, data.location(), tensor, size));
        }
        if (bytes > length) {
            throw new MalformedException("declares %d bytes for its tensor '%s', but %s gives it %d"
                    .formatted(bytes, tensor, data.location(), length));
        }
    }

    private long size(String location) {
        Long known = sizes.get(location);
        if (known != null) {
            return known;
        }
        if (!LOCATION.matcher(location).matches() || location.contains("..")) {
            throw new MalformedException(
                    "takes external data from %s; it may only name files of its own version, like 'weights.bin'"
                            .formatted(Quoted.of(location)));
        }
        long size = sizeOnDisk(location);
        sizes.put(location, size);
        return size;
    }

    private long sizeOnDisk(String location) {
        Path file = folder;
        for (Path segment : Path.of(location)) {
            file = file.resolve(segment);
            if (Files.isSymbolicLink(file)) {
                throw new MalformedException("takes external data from '%s', which is a link".formatted(location));
            }
        }
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (attributes.isRegularFile()) {
                return attributes.size();
            }
        } catch (NoSuchFileException e) {
            // told below
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot look at " + file, e);
        }
        throw new MalformedException("takes external data from '%s', which is not there".formatted(location));
    }
}
