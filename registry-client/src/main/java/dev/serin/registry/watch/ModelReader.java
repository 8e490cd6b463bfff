package dev.serin.registry.watch;

import dev.serin.registry.ArtifactPath;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.RegisteredVersion.BeingPublished;
import dev.serin.registry.RegisteredVersion.HandDropped;
import dev.serin.registry.RegisteredVersion.Published;
import dev.serin.registry.RegisteredVersion.Unusable;
import dev.serin.registry.Registry;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.ModelPolicies;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes of the objects of one model what they mean, reading what is not known yet. Used by one thread. */
final class ModelReader {
    private final Registry registry;
    private final RegistryScanner.Options options;
    private final ManifestCache manifests;

    ModelReader(Registry registry, RegistryScanner.Options options, ManifestCache manifests) {
        this.registry = registry;
        this.options = options;
        this.manifests = manifests;
    }

    /**
     * {@return what the objects mean} The model is the very same object as before when it is equal.
     *
     * @throws dev.serin.registry.RegistryException when something that has to be read cannot be
     */
    ModelLook look(ModelName name, List<RegistryObject> objects, Optional<ModelLook> before, Instant now) {
        Ignored ignored = new Ignored();
        ModelFolder folder = ModelFolder.of(name, objects, ignored);
        ModelLook.Policy policy = policy(name, folder.policy(), before.map(ModelLook::policy));
        Map<ModelVersion, Sight> sights = new HashMap<>();
        Map<ModelVersion, PublishedFiles> published = new HashMap<>();
        Map<ModelVersion, String> damaged = new HashMap<>();
        List<RegisteredVersion> versions = new ArrayList<>();
        Map<ModelVersion, List<RegistryObject>> folders = new LinkedHashMap<>(folder.versions());
        manifests.known(name).forEach(known -> folders.putIfAbsent(known, List.of()));
        folders.forEach((version, files) -> {
            VersionId id = folder.id(version);
            Optional<Sight> sightBefore =
                    before.flatMap(look -> Optional.ofNullable(look.sights().get(version)));
            Sight sight = Sight.of(files, sightBefore, now, options.pollInterval());
            Optional<RegisteredVersion> judged = version(id, sight, ignored);
            judged.map(found -> unlessAlias(found, policy.lastGood())).ifPresent(versions::add);
            if (judged.orElse(null) instanceof HandDropped) {
                sights.put(version, sight);
            }
            if (judged.orElse(null) instanceof Published(Manifest manifest)) {
                Optional<PublishedFiles> filesBefore = before.flatMap(
                        look -> Optional.ofNullable(look.published().get(version)));
                boolean listed = find(sight, Layout.manifest(id)).isPresent(); // else the listing is an old one
                PublishedFiles seen = PublishedFiles.of(manifest, files, filesBefore);
                published.put(version, seen);
                Optional<String> damage = listed
                        ? seen.damage(files)
                        : before.flatMap(look ->
                                Optional.ofNullable(look.model().damaged().get(version)));
                damage.ifPresent(text -> damaged.put(version, text));
            }
        });
        versions.sort(RegisteredVersion.ORDER);
        RegisteredModel model = new RegisteredModel(name, versions, policy.lastGood(), policy.problem(), damaged);
        RegisteredModel same =
                before.map(ModelLook::model).filter(model::equals).orElse(model);
        return new ModelLook(same, policy, sights, published, ignored);
    }

    private Optional<RegisteredVersion> version(VersionId id, Sight sight, Ignored ignored) {
        Optional<RegisteredVersion> byManifest = manifests.version(
                id, new ManifestCache.Listed(find(sight, Layout.manifest(id)), find(sight, Layout.signature(id))));
        if (byManifest.isPresent()) {
            return byManifest;
        }
        Optional<RegistryObject> mark = find(sight, Layout.publishing(id));
        if (mark.isPresent()) {
            return Optional.of(new BeingPublished(id, mark.get().modifiedAt()));
        }
        if (find(sight, Layout.artifact(id, ArtifactPath.MODEL)).isEmpty()) {
            return Optional.empty(); // its manifest vanished since the listing
        }
        if (options.requireManifest()) {
            ignored.add("%s is ignored: it has no manifest, which every version must have here".formatted(id));
            return Optional.empty();
        }
        return Optional.of(handDropped(id, sight, ignored));
    }

    private static RegisteredVersion handDropped(VersionId id, Sight sight, Ignored ignored) {
        List<RegistryObject> files = sight.objects().stream()
                .filter(object -> isArtifact(id, object.key(), ignored))
                .toList();
        Instant createdAt = files.stream()
                .map(RegistryObject::modifiedAt)
                .max(Comparator.naturalOrder())
                .orElseThrow();
        return files.size() <= Manifest.MAX_FILES
                ? new HandDropped(id, createdAt, files, sight.settled())
                : new Unusable(
                        id,
                        createdAt,
                        "it has %d files, more than the %d allowed".formatted(files.size(), Manifest.MAX_FILES));
    }

    private static boolean isArtifact(VersionId id, String key, Ignored ignored) {
        String path = key.substring(Layout.folder(id).length());
        boolean hidden = path.startsWith(".") || path.contains("/.");
        boolean folder = path.isEmpty() || path.endsWith("/"); // as some tools mark folders in a bucket
        if (hidden || folder) {
            return false;
        }
        try {
            new ArtifactPath(path);
            return true;
        } catch (IllegalArgumentException e) {
            ignored.add("A file of %s is ignored: %s".formatted(id, e.getMessage()));
            return false;
        }
    }

    private static RegisteredVersion unlessAlias(RegisteredVersion version, ModelPolicy policy) {
        String name = version.id().version().value();
        return policy.aliases().keySet().stream()
                        .anyMatch(alias -> alias.value().equals(name))
                ? new Unusable(
                        version.id(),
                        version.createdAt(),
                        "its name is an alias of " + version.id().model())
                : version;
    }

    /**
     * {@return what a policy says, as it is listed} Safe on any thread.
     *
     * @throws dev.serin.registry.RegistryException when it has to be read and cannot be
     */
    ModelLook.Policy policy(ModelName name, Optional<RegistryObject> object, Optional<ModelLook.Policy> before) {
        Optional<String> tagBefore = before.flatMap(ModelLook.Policy::tag);
        Optional<String> tag = object.map(RegistryObject::tag).or(() -> tagBefore);
        if (tag.isEmpty()) {
            return ModelLook.Policy.NONE;
        }
        if (object.isPresent() && tagBefore.equals(tag)) {
            return before.orElseThrow();
        }
        try { // also one that was there and is not listed any more: the listing may be an old one
            Optional<Content> content = registry.read(Layout.policy(name), ModelPolicies.MAX_BYTES);
            return content.map(c -> new ModelLook.Policy(
                            Optional.of(c.tag()), ModelPolicies.parse(name, c.bytes()), Optional.empty()))
                    .orElse(ModelLook.Policy.NONE);
        } catch (MalformedContentException e) {
            ModelPolicy lastGood = before.map(ModelLook.Policy::lastGood).orElse(ModelPolicy.NONE);
            return new ModelLook.Policy(tag, lastGood, Optional.of(e.getMessage()));
        }
    }

    private static Optional<RegistryObject> find(Sight sight, String key) {
        return sight.objects().stream()
                .filter(object -> object.key().equals(key))
                .findFirst();
    }
}
