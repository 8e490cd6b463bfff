package dev.serin.registry.watch;

import dev.serin.registry.MalformedContentException;
import dev.serin.registry.Manifest;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Manifests;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** Manifests as they were read, kept by tag: manifests never change, so each is read once. Used by one thread. */
final class ManifestCache {
    /** Far below the 5,500 reads a second that S3 grants a prefix, and enough to hide the 30 ms that each takes there. */
    private static final int PARALLEL = 16;

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
        Optional<Entry> known = known(object);
        if (known.isPresent()) {
            return known.map(Entry::version);
        }
        Optional<Entry> read = read(id, object);
        read.ifPresent(entry -> entries.put(object.key(), entry));
        return read.map(Entry::version);
    }

    private Optional<Entry> known(RegistryObject object) {
        return Optional.ofNullable(entries.get(object.key()))
                .filter(entry -> entry.tag().equals(object.tag()));
    }

    /**
     * Reads what is not known yet of these, many at a time: a first look at a large registry has many to read. One that
     * cannot be read is left to {@link #version}, which tells why.
     */
    void readAhead(Map<VersionId, RegistryObject> manifests) {
        Queue<Map.Entry<VersionId, RegistryObject>> unknown = manifests.entrySet().stream()
                .filter(manifest -> known(manifest.getValue()).isEmpty())
                .collect(Collectors.toCollection(ConcurrentLinkedQueue::new));
        if (unknown.size() < 2) {
            return;
        }
        Map<String, Entry> found = new ConcurrentHashMap<>();
        AtomicInteger failures = new AtomicInteger();
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < Math.min(PARALLEL, unknown.size()); i++) {
                readers.execute(() -> {
                    for (var next = unknown.poll(); next != null && failures.get() < PARALLEL; next = unknown.poll()) {
                        tryRead(next.getKey(), next.getValue(), found, failures);
                    }
                });
            }
        }
        entries.putAll(found);
    }

    private void tryRead(VersionId id, RegistryObject object, Map<String, Entry> found, AtomicInteger failures) {
        try {
            read(id, object).ifPresent(entry -> found.put(object.key(), entry));
        } catch (RegistryException _) { // whoever needs it tries again, and tells
            failures.incrementAndGet();
        }
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
