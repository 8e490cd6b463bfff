package dev.serin.registry.watch;

import dev.serin.registry.MalformedContentException;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.Manifests;
import java.time.Instant;
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

/** Manifests as they were read, kept by tag: manifests never change, so each is read once while listings show it. Used by one thread. */
final class ManifestCache {
    /** Far below the 5,500 reads a second that S3 grants a prefix, and enough to hide the 30 ms that each takes there. */
    private static final int PARALLEL = 16;

    private final Registry registry;
    private final Map<ModelName, Map<ModelVersion, Entry>> entries = new HashMap<>();

    ManifestCache(Registry registry) {
        this.registry = registry;
    }

    private record Entry(String tag, RegisteredVersion version) {}

    /** {@return the versions of a model whose manifests were there at the last look} */
    Set<ModelVersion> known(ModelName model) {
        return Set.copyOf(of(model).keySet());
    }

    /**
     * {@return what the manifest makes of the version: published, or unusable} Empty when the manifest is gone by now.
     *
     * @param listed as the listing shows the manifest; empty when it does not: then one that was there before is asked for,
     *     because the listing may be an old one
     * @throws dev.serin.registry.RegistryException when it cannot be read; later it may
     */
    Optional<RegisteredVersion> version(VersionId id, Optional<RegistryObject> listed) {
        Optional<Entry> known = Optional.ofNullable(of(id.model()).get(id.version()));
        if (known.isEmpty() && listed.isEmpty()) {
            return Optional.empty();
        }
        if (known.isPresent() && listed.map(RegistryObject::tag).equals(known.map(Entry::tag))) {
            return known.map(Entry::version);
        }
        Optional<Entry> read = read(
                id,
                listed.map(RegistryObject::tag).or(() -> known.map(Entry::tag)).orElse(""),
                listed.map(RegistryObject::modifiedAt)
                        .or(() -> known.map(entry -> entry.version().createdAt()))
                        .orElse(Instant.EPOCH));
        read.ifPresentOrElse(entry -> keep(id, entry), () -> forget(id));
        return read.map(Entry::version);
    }

    /**
     * Reads what is not known yet of these, many at a time: a first look at a large registry has many to read. One that
     * cannot be read is left to {@link #version}, which tells why.
     */
    void readAhead(Map<VersionId, RegistryObject> manifests) {
        Queue<Map.Entry<VersionId, RegistryObject>> unknown = manifests.entrySet().stream()
                .filter(manifest -> !isKnown(manifest.getKey(), manifest.getValue()))
                .collect(Collectors.toCollection(ConcurrentLinkedQueue::new));
        if (unknown.size() < 2) {
            return;
        }
        Map<VersionId, Entry> found = new ConcurrentHashMap<>();
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
        found.forEach(this::keep);
    }

    private boolean isKnown(VersionId id, RegistryObject listed) {
        Entry known = of(id.model()).get(id.version());
        return known != null && known.tag().equals(listed.tag());
    }

    private void tryRead(VersionId id, RegistryObject listed, Map<VersionId, Entry> found, AtomicInteger failures) {
        try {
            read(id, listed.tag(), listed.modifiedAt()).ifPresent(entry -> found.put(id, entry));
        } catch (RegistryException _) { // whoever needs it tries again, and tells
            failures.incrementAndGet();
        }
    }

    private void keep(VersionId id, Entry entry) {
        entries.computeIfAbsent(id.model(), _ -> new HashMap<>()).put(id.version(), entry);
    }

    private Map<ModelVersion, Entry> of(ModelName model) {
        return entries.getOrDefault(model, Map.of());
    }

    private void forget(VersionId id) {
        entries.computeIfPresent(id.model(), (_, versions) -> {
            versions.remove(id.version());
            return versions.isEmpty() ? null : versions;
        });
    }

    private Optional<Entry> read(VersionId id, String tag, Instant modifiedAt) {
        try {
            Optional<Content> content = registry.read(Layout.manifest(id), Manifests.MAX_BYTES);
            return content.map(c -> new Entry(c.tag(), judge(id, modifiedAt, c.bytes())));
        } catch (MalformedContentException e) {
            return Optional.of(new Entry(tag, unusable(id, modifiedAt, e)));
        }
    }

    private static RegisteredVersion judge(VersionId id, Instant modifiedAt, byte[] content) {
        try {
            Manifest manifest = Manifests.parse(id, content);
            return new RegisteredVersion.Published(manifest);
        } catch (MalformedContentException e) {
            return unusable(id, modifiedAt, e);
        }
    }

    private static RegisteredVersion unusable(VersionId id, Instant modifiedAt, MalformedContentException e) {
        return new RegisteredVersion.Unusable(id, modifiedAt, e.getMessage());
    }
}
