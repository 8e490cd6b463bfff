package dev.serin.registry.watch;

import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelName;
import dev.serin.registry.Registry;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.format.Generation;
import dev.serin.registry.format.Layout;
import dev.serin.registry.signing.TrustedKeys;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a registry again and again at the least cost: one conditional read of {@code .serin/generation} while nothing
 * changes, a listing of the models named there when something did, a full listing every {@code fullScanInterval}. Not
 * thread-safe: one poll at a time.
 *
 * <p>The generation is read before the listing, and remembered only once all that it led to has been read. So a change
 * that a failed poll saw is seen again by the next, and one that comes during a listing makes the next poll list again.
 *
 * <p>A listing may be older than what a read finds. So a manifest or policy that was there, and is missing from a listing,
 * is read: only when that does not find it either is it gone.
 */
public final class RegistryScanner {
    private final Registry registry;
    private final Options options;
    private final InstantSource clock;
    private final ManifestCache manifests;
    private final ModelReader reader;

    private KnownGeneration generation = KnownGeneration.NONE;
    private SortedMap<ModelName, ModelLook> looks = new TreeMap<>();
    private final SortedMap<ModelName, String> unread = new TreeMap<>(); // and why; looked at again by the next poll
    private Ignored ignoredFolders = new Ignored();
    private Instant fullScanAt = Instant.MIN;
    private @Nullable RegistrySnapshot snapshot;

    /**
     * A scanner that has not looked yet; the registry stays its opener's.
     *
     * @param clock tells when versions settle and full listings are due
     */
    public RegistryScanner(Registry registry, Options options, InstantSource clock) {
        this.registry = registry;
        this.options = options;
        this.clock = clock;
        this.manifests = new ManifestCache(registry, options.trustedKeys());
        this.reader = new ModelReader(registry, options, manifests);
    }

    /**
     * How often, and what counts.
     *
     * @param pollInterval the least time between the two equal looks that settle a version copied in by hand
     * @param requireManifest whether versions without manifest are left out; so they are where signatures are required
     * @param trustedKeys one of which must have signed each manifest; empty when signatures are not required
     */
    public record Options(
            Duration pollInterval,
            Duration fullScanInterval,
            boolean requireManifest,
            Optional<TrustedKeys> trustedKeys) {
        public Options {
            requireManifest |= trustedKeys.isPresent();
        }

        /** As the other, without required signatures. */
        public Options(Duration pollInterval, Duration fullScanInterval, boolean requireManifest) {
            this(pollInterval, fullScanInterval, requireManifest, Optional.empty());
        }
    }

    /** The generation as last seen; all empty when there was none. */
    private record KnownGeneration(Optional<String> tag, Optional<String> id, Optional<String> problem) {
        static final KnownGeneration NONE = new KnownGeneration(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** A look at the generation: which models changed; empty when only a full listing can tell. */
    private record GenerationLook(KnownGeneration now, Optional<Set<ModelName>> changed) {}

    /**
     * {@return what the registry holds now} The same object as last time when nothing was found to have changed, and the
     * same objects for the models that did not.
     *
     * @throws dev.serin.registry.RegistryException when the registry cannot be read; the next poll tries again
     */
    public RegistrySnapshot poll() {
        Instant now = clock.instant();
        GenerationLook look = lookAtGeneration();
        if (snapshot == null || look.changed().isEmpty() || isFullScanDue(now)) {
            scanAll(now);
        } else {
            Set<ModelName> models = new HashSet<>(look.changed().get());
            looks.values().stream()
                    .filter(ModelLook::isUnsettled)
                    .forEach(each -> models.add(each.model().name()));
            models.addAll(unread.keySet());
            scan(models, now);
        }
        generation = look.now();
        snapshot = snapshot(Optional.ofNullable(snapshot), now);
        return snapshot;
    }

    /** Makes the next poll list everything, whatever the generation says. */
    public void listAllNext() {
        fullScanAt = Instant.MIN;
    }

    private GenerationLook lookAtGeneration() {
        Optional<Set<ModelName>> nothing = Optional.of(Set.of());
        try {
            if (generation.tag().isEmpty()) {
                return registry.read(Layout.GENERATION, Generation.MAX_BYTES)
                        .map(this::changed)
                        .orElse(new GenerationLook(generation, nothing));
            }
            return switch (registry.refresh(
                    Layout.GENERATION, Generation.MAX_BYTES, generation.tag().get())) {
                case Registry.Refreshed.Unchanged() -> new GenerationLook(generation, nothing);
                case Registry.Refreshed.Missing() -> new GenerationLook(KnownGeneration.NONE, Optional.empty());
                case Registry.Refreshed.Changed(Content content) -> changed(content);
            };
        } catch (MalformedContentException e) { // too large to be read
            return new GenerationLook(
                    new KnownGeneration(generation.tag(), Optional.empty(), Optional.of(e.getMessage())), nothing);
        }
    }

    private GenerationLook changed(Content content) {
        Optional<String> tag = Optional.of(content.tag());
        try {
            Generation now = Generation.parse(content.bytes());
            return new GenerationLook(
                    new KnownGeneration(tag, Optional.of(now.id()), Optional.empty()),
                    generation.id().flatMap(now::changedSince));
        } catch (MalformedContentException e) {
            return new GenerationLook(
                    new KnownGeneration(tag, Optional.empty(), Optional.of(e.getMessage())), Optional.empty());
        }
    }

    private boolean isFullScanDue(Instant now) {
        return now.isBefore(fullScanAt) || !now.isBefore(fullScanAt.plus(options.fullScanInterval()));
    }

    private void scanAll(Instant now) {
        Ignored ignored = new Ignored();
        SortedMap<ModelName, List<RegistryObject>> folders = ModelFolder.byModel(registry.list(""), ignored);
        looks.keySet().forEach(known -> folders.putIfAbsent(known, List.of())); // the listing may be an old one
        SortedMap<ModelName, ModelLook> found = new TreeMap<>();
        unread.clear();
        manifests.readAhead(folders.keySet(), ModelFolder.manifests(folders), this::isThere);
        folders.forEach((model, objects) -> look(model, objects, now).ifPresent(seen -> found.put(model, seen)));
        found.entrySet().removeIf(entry -> isGone(folders, entry));
        looks = found;
        ignoredFolders = ignored;
        fullScanAt = now;
    }

    private void scan(Set<ModelName> models, Instant now) {
        Map<ModelName, List<RegistryObject>> folders = new HashMap<>();
        models.forEach(model -> folders.put(model, registry.list(Layout.folder(model))));
        Map<ModelName, ModelLook> found = new HashMap<>();
        unread.keySet().removeAll(models);
        manifests.readAhead(folders.keySet(), ModelFolder.manifests(folders), this::isThere);
        folders.forEach((model, objects) -> look(model, objects, now).ifPresent(seen -> found.put(model, seen)));
        looks.putAll(found);
        looks.entrySet().removeIf(entry -> models.contains(entry.getKey()) && isGone(folders, entry));
    }

    /** {@return whether neither the listing nor a read that was to confirm it found anything of a model} */
    private static boolean isGone(Map<ModelName, List<RegistryObject>> folders, Map.Entry<ModelName, ModelLook> entry) {
        return folders.getOrDefault(entry.getKey(), List.of()).isEmpty()
                && !entry.getValue().isModel();
    }

    /** A model of which something cannot be read stays as it was, or unknown, and does not hide the others. */
    private Optional<ModelLook> look(ModelName model, List<RegistryObject> objects, Instant now) {
        try {
            return Optional.of(reader.look(model, objects, look(model), now));
        } catch (RegistryException e) {
            if (!isThere()) {
                throw e;
            }
            unread.put(model, e.getMessage());
            return look(model);
        }
    }

    private boolean isThere() {
        return isThere(registry);
    }

    /** {@return whether a registry answers at all, so that it is one object alone that cannot be read} */
    static boolean isThere(Registry registry) {
        try {
            registry.read(Layout.GENERATION, Generation.MAX_BYTES);
            return true;
        } catch (MalformedContentException _) {
            return true;
        } catch (RegistryException _) {
            return false;
        }
    }

    private Optional<ModelLook> look(ModelName model) {
        return Optional.ofNullable(looks.get(model));
    }

    private RegistrySnapshot snapshot(Optional<RegistrySnapshot> before, Instant now) {
        Ignored ignored = new Ignored();
        generation.problem().ifPresent(ignored::add);
        ignored.addAll(ignoredFolders);
        unread.forEach((model, why) -> ignored.add("%s is as it was seen before: %s".formatted(model, why)));
        RegistrySnapshot after = ModelLook.snapshot(looks, ignored, now);
        return before.filter(snapshot -> same(snapshot, after)).orElse(after);
    }

    private static boolean same(RegistrySnapshot a, RegistrySnapshot b) {
        return a.ignored().equals(b.ignored())
                && new ArrayList<>(a.models().values())
                        .equals(new ArrayList<>(b.models().values()));
    }
}
