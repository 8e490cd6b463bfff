package dev.serin.registry.watch;

import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.Registry;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.SideBySide;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Generation;
import dev.serin.registry.format.Layout;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One look at a registry for somebody who waits for it and asks for less than all. What it finds means what it means to a
 * {@link RegistryScanner}. Not thread-safe; the registry stays its opener's.
 */
public final class RegistryLook {
    /** A bucket gives as many in a few seconds. */
    private static final int FEW_MANIFESTS = 1_000;

    private final Registry registry;
    private final Instant now;
    private final ManifestCache manifests;
    private final ModelReader reader;

    /** A look that begins now. */
    public RegistryLook(Registry registry, RegistryScanner.Options options, InstantSource clock) {
        this.registry = registry;
        this.now = clock.instant();
        this.manifests = new ManifestCache(registry, options.trustedKeys());
        this.reader = new ModelReader(registry, options, manifests);
    }

    /**
     * {@return a snapshot that shows one model alone, or none if it is not there or another one is served in its place}
     * Costs a listing of the folders, one of the model's, and a read of each of its manifests. Models whose names differ
     * from this one only by case are looked at too, since they decide whether it is served.
     *
     * @throws dev.serin.registry.RegistryException when something of it cannot be read
     */
    public RegistrySnapshot at(ModelName name) {
        SortedMap<ModelName, List<RegistryObject>> folders = new TreeMap<>();
        names().stream()
                .filter(each -> each.value().equalsIgnoreCase(name.value()))
                .forEach(model -> folders.put(model, registry.list(Layout.folder(model))));
        manifests.readAhead(folders.keySet(), ModelFolder.manifests(folders), this::isThere);
        SortedMap<ModelName, ModelLook> looks = new TreeMap<>();
        folders.forEach((model, objects) -> looks.put(model, reader.look(model, objects, Optional.empty(), now)));
        RegistrySnapshot seen = ModelLook.snapshot(looks, new Ignored(), now);
        SortedMap<ModelName, RegisteredModel> alone = new TreeMap<>(seen.models());
        alone.keySet().retainAll(List.of(name));
        return new RegistrySnapshot(alone, seen.ignored(), seen.takenAt());
    }

    /**
     * {@return all models, with the versions that are worth a read} Costs a listing of everything, a read of each {@code
     * model.json}, and of at most {@value #FEW_MANIFESTS} manifests that are not at hand: if there are more, those alone
     * are read that {@code model.json} names, and from the newest down until one can be served.
     *
     * @param isAtHand tells, after the listing, whether the object of a key can be read without asking the registry
     * @throws RegistryException when the registry cannot be read; a model of which something cannot be read is left out
     */
    public RegistryOverview overview(Predicate<String> isAtHand) {
        Ignored ignored = new Ignored();
        noteGeneration(ignored);
        SortedMap<ModelName, PartialModel> models = new TreeMap<>();
        ModelFolder.byModel(registry.list(""), ignored)
                .forEach((name, objects) -> models.put(name, new PartialModel(name, objects)));
        models.values().forEach(model -> model.read(id -> isAtHand.test(Layout.manifest(id))));
        if (unread(models).values().stream().mapToLong(List::size).sum() <= FEW_MANIFESTS) {
            models.values().forEach(model -> model.read(_ -> true));
        }
        SortedMap<ModelName, ModelLook> looks = new TreeMap<>(policies(models.values(), ignored));
        looks.forEach((name, look) -> look.policy()
                .lastGood()
                .primaryVersion()
                .ifPresent(primary -> partial(models, name).read(new VersionId(name, primary)::equals)));
        lookUntilTheNewestIsKnown(models, looks, ignored);
        RegistrySnapshot snapshot = ModelLook.snapshot(looks, ignored, now);
        SortedMap<ModelName, List<ModelVersion>> unread = unread(models);
        unread.keySet().retainAll(snapshot.models().keySet());
        return new RegistryOverview(snapshot, unread);
    }

    private void lookUntilTheNewestIsKnown(
            SortedMap<ModelName, PartialModel> models, SortedMap<ModelName, ModelLook> looks, Ignored ignored) {
        Set<ModelName> due = new TreeSet<>(looks.keySet());
        while (!due.isEmpty()) {
            Map<VersionId, ManifestCache.Listed> read = new HashMap<>();
            due.forEach(name -> read.putAll(partial(models, name).manifests()));
            manifests.readAhead(due, read, this::isThere);
            for (ModelName name : List.copyOf(due)) {
                PartialModel model = partial(models, name);
                Optional<ModelLook> seen = unlessUnreadable(
                        name,
                        () -> reader.look(name, model.objects(), Optional.ofNullable(looks.get(name)), now),
                        ignored);
                seen.ifPresentOrElse(look -> looks.put(name, look), () -> looks.remove(name));
                if (seen.isEmpty() || model.isNewestAmong(seen.get().model())) {
                    due.remove(name);
                } else {
                    model.readNewest();
                }
            }
        }
    }

    private static PartialModel partial(Map<ModelName, PartialModel> models, ModelName name) {
        return Objects.requireNonNull(models.get(name));
    }

    private static SortedMap<ModelName, List<ModelVersion>> unread(SortedMap<ModelName, PartialModel> models) {
        SortedMap<ModelName, List<ModelVersion>> unread = new TreeMap<>();
        models.forEach((name, model) -> {
            if (!model.unread().isEmpty()) {
                unread.put(name, model.unread());
            }
        });
        return unread;
    }

    private Map<ModelName, ModelLook> policies(Collection<PartialModel> models, Ignored ignored) {
        Map<ModelName, ModelLook> policies = new ConcurrentHashMap<>();
        SideBySide.each(
                models,
                model -> unlessUnreadable(
                                model.name(),
                                () -> reader.policy(model.name(), model.policy(), Optional.empty()),
                                ignored)
                        .ifPresent(policy -> policies.put(model.name(), ModelLook.of(model.name(), policy))));
        return policies;
    }

    /** What cannot be read hides its model, and not the others. */
    private <T> Optional<T> unlessUnreadable(ModelName name, Supplier<T> reading, Ignored ignored) {
        try {
            return Optional.of(reading.get());
        } catch (RegistryException e) {
            if (!isThere()) {
                throw e;
            }
            synchronized (ignored) {
                ignored.add("%s is left out: %s".formatted(name, e.getMessage()));
            }
            return Optional.empty();
        }
    }

    private boolean isThere() {
        return RegistryScanner.isThere(registry);
    }

    private void noteGeneration(Ignored ignored) {
        try {
            registry.read(Layout.GENERATION, Generation.MAX_BYTES)
                    .map(Content::bytes)
                    .ifPresent(Generation::parse);
        } catch (MalformedContentException e) {
            ignored.add(e.getMessage());
        }
    }

    /** {@return the folders that have names of models, whatever is in them} */
    public List<ModelName> names() {
        return registry.folders().stream()
                .flatMap(folder -> ModelFolder.name(folder).stream())
                .toList();
    }
}
