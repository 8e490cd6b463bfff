package dev.serin.registry.watch;

import dev.serin.registry.MalformedContentException;
import dev.serin.registry.Manifest;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Manifests;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Manifests as they were read, kept by tag: manifests never change, so each is read once. Used by one thread. */
final class ManifestCache {
    private final Registry registry;
    private final Map<String, Entry> entries = new HashMap<>();

    ManifestCache(Registry registry) {
        this.registry = registry;
    }

    private record Entry(String tag, RegisteredVersion version) {}

    /**
     * {@return what the manifest makes of the version: published, or unusable} Empty when the manifest is gone by now.
     *
     * @throws dev.serin.registry.RegistryException when it cannot be read; later it may
     */
    Optional<RegisteredVersion> version(VersionId id, RegistryObject object) {
        Entry known = entries.get(object.key());
        if (known != null && known.tag().equals(object.tag())) {
            return Optional.of(known.version());
        }
        Optional<Entry> read = read(id, object);
        read.ifPresent(entry -> entries.put(object.key(), entry));
        return read.map(Entry::version);
    }

    /** Forgets all manifests whose keys begin with the prefix, but for these. */
    void retain(String prefix, Set<String> keys) {
        entries.keySet().removeIf(key -> key.startsWith(prefix) && !keys.contains(key));
    }

    private Optional<Entry> read(VersionId id, RegistryObject object) {
        try {
            Optional<Content> content = registry.read(object.key(), Manifests.MAX_BYTES);
            return content.map(c -> new Entry(c.tag(), judge(id, object, c.bytes())));
        } catch (MalformedContentException e) {
            return Optional.of(new Entry(object.tag(), unusable(id, object, e)));
        }
    }

    private static RegisteredVersion judge(VersionId id, RegistryObject object, byte[] content) {
        try {
            Manifest manifest = Manifests.parse(id, content);
            return new RegisteredVersion.Published(manifest);
        } catch (MalformedContentException e) {
            return unusable(id, object, e);
        }
    }

    private static RegisteredVersion unusable(VersionId id, RegistryObject object, MalformedContentException e) {
        return new RegisteredVersion.Unusable(id, object.modifiedAt(), e.getMessage());
    }
}
