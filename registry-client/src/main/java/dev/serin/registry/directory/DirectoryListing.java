package dev.serin.registry.directory;

import dev.serin.registry.KeyOrder;
import dev.serin.registry.ModelName;
import dev.serin.registry.Registry.RegistryObject;
import java.io.File;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One walk: the regular files below a folder whose keys begin with a prefix. Links are neither files nor followed. */
final class DirectoryListing extends SimpleFileVisitor<Path> {
    private final Path root;
    private final String prefix;
    private final List<RegistryObject> objects = new ArrayList<>();

    DirectoryListing(Path root, String prefix) {
        this.root = root;
        this.prefix = prefix;
    }

    /** {@return the objects, ascending by key} Looks only where keys can begin with the prefix. */
    static List<RegistryObject> of(Path root, Path start, String prefix) throws IOException {
        DirectoryListing listing = new DirectoryListing(root, prefix);
        Files.walkFileTree(start, listing);
        listing.objects.sort(Comparator.comparing(RegistryObject::key, KeyOrder::compare));
        return List.copyOf(listing.objects);
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
        String key = key(folder) + "/";
        boolean leadsThere = folder.equals(root) || key.startsWith(prefix) || prefix.startsWith(key);
        return leadsThere && !DirectoryRegistry.isOwn(key) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        String key = key(file);
        if (attributes.isRegularFile() && key.startsWith(prefix) && !DirectoryRegistry.isOwn(key)) {
            objects.add(new RegistryObject(
                    key,
                    attributes.size(),
                    RegularFiles.tag(attributes),
                    attributes.lastModifiedTime().toInstant()));
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path path, IOException failure) throws IOException {
        if (failure instanceof NoSuchFileException
                || (failure instanceof AccessDeniedException && isBesideModels(path))) {
            return FileVisitResult.CONTINUE; // deleted during the walk, or a lost+found
        }
        throw failure;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) throws IOException {
        return failure == null ? FileVisitResult.CONTINUE : visitFileFailed(folder, failure);
    }

    /** What lies beside the models, such as the folder that a file system keeps for itself, may be unreadable. */
    private boolean isBesideModels(Path path) {
        try {
            new ModelName(root.relativize(path).getName(0).toString());
            return false;
        } catch (IllegalArgumentException _) {
            return true;
        }
    }

    private String key(Path path) {
        return root.relativize(path).toString().replace(File.separatorChar, '/');
    }
}
