package dev.serin.registry.watch;

import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.SideBySide;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.ManifestSignature;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.signing.TrustedKeys;
import dev.serin.registry.signing.Verdict;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Manifests as they were read, kept by tag: manifests never change, so each is read once while listings show it, and so is
 * its signature where one is required. Called by
 * one thread; {@link #readAhead} reads on others, all of which have ended when it returns.
 */
final class ManifestCache {
    private static final int PARALLEL = SideBySide.REQUESTS;

    private final Registry registry;
    private final Optional<TrustedKeys> trustedKeys;
    private final Map<ModelName, Map<ModelVersion, Entry>> entries = new HashMap<>();

    /** What reading ahead came to in this look, where listing and memory do not tell; a failure is thrown. */
    private final Map<VersionId, Supplier<Optional<Entry>>> ahead = new ConcurrentHashMap<>();

    /**
     * A cache that knows nothing yet.
     *
     * @param trustedKeys one of which must have signed a manifest; empty when nobody needs to
     */
    ManifestCache(Registry registry, Optional<TrustedKeys> trustedKeys) {
        this.registry = registry;
        this.trustedKeys = trustedKeys;
    }

    /**
     * What a listing shows of what publishes a version.
     *
     * @param manifest empty when it does not show it
     * @param signature of the manifest; empty when it does not show it
     */
    record Listed(Optional<RegistryObject> manifest, Optional<RegistryObject> signature) {
        static final Listed NOTHING = new Listed(Optional.empty(), Optional.empty());

        private Optional<String> tag() {
            return manifest.map(RegistryObject::tag);
        }

        private Optional<String> signatureTag() {
            return signature.map(RegistryObject::tag);
        }
    }

    /**
     * What was read.
     *
     * @param signatureTag empty when there was no signature, and when none was looked for
     */
    private record Entry(String tag, Optional<String> signatureTag, RegisteredVersion version) {}

    /** {@return the versions of a model whose manifests were there at the last look} */
    Set<ModelVersion> known(ModelName model) {
        return Set.copyOf(of(model).keySet());
    }

    /**
     * {@return what the manifest makes of the version: published, or unusable} Empty when the manifest is gone by now.
     *
     * @param listed as the listing shows the manifest and its signature; one that it does not show and that was there before
     *     is asked for, because the listing may be an old one
     * @throws dev.serin.registry.RegistryException when it cannot be read; later it may
     */
    Optional<RegisteredVersion> version(VersionId id, Listed listed) {
        Optional<Entry> known = known(id);
        if (known.isEmpty() && listed.manifest().isEmpty()) {
            return Optional.empty();
        }
        if (known.isPresent() && isAsListed(known.get(), listed)) {
            return known.map(Entry::version);
        }
        Supplier<Optional<Entry>> reading = Objects.requireNonNullElse(ahead.remove(id), () -> read(id, listed, known));
        Optional<Entry> read = reading.get();
        read.ifPresentOrElse(entry -> keep(id, entry), () -> forget(id));
        return read.map(Entry::version);
    }

    /**
     * Reads what a look will ask for, many at a time: a first look at a large registry has many to read, and so has one
     * after many deletions. What cannot be read {@link #version} tells, once, without trying again.
     *
     * @param models that are looked at
     * @param listed what listings of them show of each version that has a manifest there
     * @param isThere tells, on any thread, whether the registry answers at all; once it does not, the rest is left alone
     */
    void readAhead(Set<ModelName> models, Map<VersionId, Listed> listed, BooleanSupplier isThere) {
        ahead.clear();
        Queue<VersionId> due = new ConcurrentLinkedQueue<>(due(models, listed));
        if (due.size() < 2) {
            return;
        }
        Map<VersionId, Entry> found = new ConcurrentHashMap<>();
        AtomicInteger failuresInARow = new AtomicInteger();
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < PARALLEL; i++) {
                readers.execute(() -> {
                    for (VersionId id = due.poll(); id != null; id = due.poll()) {
                        if (tryRead(id, listed.getOrDefault(id, Listed.NOTHING), found)) {
                            failuresInARow.set(0);
                        } else if (failuresInARow.incrementAndGet() >= PARALLEL && !isThere.getAsBoolean()) {
                            due.clear();
                        }
                    }
                });
            }
        }
        found.forEach(this::keep);
    }

    /** {@return what is listed and not known as it is listed, and what is known and not listed} */
    private List<VersionId> due(Set<ModelName> models, Map<VersionId, Listed> listed) {
        Stream<VersionId> unknown = listed.entrySet().stream()
                .filter(manifest -> !isKnown(manifest.getKey(), manifest.getValue()))
                .map(Map.Entry::getKey);
        Stream<VersionId> unlisted = models.stream()
                .flatMap(model -> of(model).keySet().stream().map(version -> new VersionId(model, version)))
                .filter(id -> !listed.containsKey(id));
        return Stream.concat(unknown, unlisted).toList();
    }

    private boolean isKnown(VersionId id, Listed listed) {
        Entry known = of(id.model()).get(id.version());
        return known != null && isAsListed(known, listed);
    }

    /** A signature may come later than its manifest, go, or be mended: then it is looked at anew. */
    private boolean isAsListed(Entry entry, Listed listed) {
        return listed.tag().equals(Optional.of(entry.tag()))
                && (trustedKeys.isEmpty() || listed.signatureTag().equals(entry.signatureTag()));
    }

    private boolean tryRead(VersionId id, Listed listed, Map<VersionId, Entry> found) {
        try {
            Optional<Entry> read = read(id, listed, known(id));
            read.filter(entry -> isAsListed(entry, listed))
                    .ifPresentOrElse(entry -> found.put(id, entry), () -> ahead.put(id, () -> read));
            return true;
        } catch (RegistryException e) {
            ahead.put(id, () -> {
                throw e;
            });
            return false;
        }
    }

    private Optional<Entry> known(VersionId id) {
        return Optional.ofNullable(of(id.model()).get(id.version()));
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

    private Optional<Entry> read(VersionId id, Listed listed, Optional<Entry> known) {
        Instant modifiedAt = listed.manifest()
                .map(RegistryObject::modifiedAt)
                .or(() -> known.map(entry -> entry.version().createdAt()))
                .orElse(Instant.EPOCH);
        try {
            Optional<Content> content = registry.read(Layout.manifest(id), Manifests.MAX_BYTES);
            return content.map(manifest -> judge(id, modifiedAt, manifest, listed));
        } catch (MalformedContentException e) {
            String tag = listed.tag().or(() -> known.map(Entry::tag)).orElse("");
            return Optional.of(new Entry(tag, listed.signatureTag(), unusable(id, modifiedAt, e.getMessage())));
        }
    }

    /** The signature first: what nobody trusted has written is not even parsed. */
    private Entry judge(VersionId id, Instant modifiedAt, Content manifest, Listed listed) {
        if (trustedKeys.isEmpty()) {
            return new Entry(manifest.tag(), Optional.empty(), parse(id, modifiedAt, manifest));
        }
        Optional<Content> signature;
        try {
            signature = registry.read(Layout.signature(id), ManifestSignature.MAX_BYTES);
        } catch (MalformedContentException e) {
            return new Entry(manifest.tag(), listed.signatureTag(), unusable(id, modifiedAt, e.getMessage()));
        }
        Verdict verdict = trustedKeys.get().judge(id, manifest.bytes(), signature.map(Content::bytes));
        RegisteredVersion version = switch (verdict) {
            case Verdict.Signed _ -> parse(id, modifiedAt, manifest);
            case Verdict.Refused(String reason) -> unusable(id, modifiedAt, reason);
        };
        return new Entry(manifest.tag(), signature.map(Content::tag), version);
    }

    private static RegisteredVersion parse(VersionId id, Instant modifiedAt, Content manifest) {
        try {
            return new RegisteredVersion.Published(Manifests.parse(id, manifest.bytes()));
        } catch (MalformedContentException e) {
            return unusable(id, modifiedAt, e.getMessage());
        }
    }

    private static RegisteredVersion unusable(VersionId id, Instant modifiedAt, String reason) {
        return new RegisteredVersion.Unusable(id, modifiedAt, reason);
    }
}
