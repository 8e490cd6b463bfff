package dev.serin.registry.directory;

import dev.serin.registry.Registry;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryWriter;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A registry in a directory. */
public final class DirectoryRegistry implements RegistryWriter {
    private DirectoryRegistry() {}

    /**
     * Opens a directory as a registry.
     *
     * @param displayName how {@link #location()} names it to people
     * @throws dev.serin.registry.RegistryException when there is no such directory
     */
    public static DirectoryRegistry open(Path root, String displayName, RegistryListener listener) {
        throw new UnsupportedOperationException("to be written");
    }

    @Override
    public String location() {
        throw new UnsupportedOperationException("to be written");
    }

    @Override
    public List<RegistryObject> list(String prefix) {
        throw new UnsupportedOperationException("to be written");
    }

    @Override
    public Optional<Content> read(String key, int maxBytes) {
        throw new UnsupportedOperationException("to be written");
    }

    @Override
    public Registry.Refreshed refresh(String key, int maxBytes, String knownTag) {
        throw new UnsupportedOperationException("to be written");
    }

    @Override
    public InputStream open(String key) {
        throw new UnsupportedOperationException("to be written");
    }

    @Override
    public String write(String key, byte[] content, Condition condition) {
        throw new UnsupportedOperationException("to be written");
    }

    @Override
    public void upload(String key, Path file) {
        throw new UnsupportedOperationException("to be written");
    }

    @Override
    public void delete(String key) {
        throw new UnsupportedOperationException("to be written");
    }

    @Override
    public void close() {}
}
