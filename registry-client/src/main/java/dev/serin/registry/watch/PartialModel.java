package dev.serin.registry.watch;

import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The folder of one model, of which only those manifests are read that somebody needs. Used by one thread. */
final class PartialModel {
    private final ModelName name;
    private final List<RegistryObject> objects;
    private final Map<VersionId, ManifestCache.Listed> manifests;

    /** Stand-ins for the versions, as old as the objects of their manifests: none was published after that. */
    private final NavigableSet<RegisteredVersion> unread = new TreeSet<>(RegisteredVersion.ORDER);

    private int atOnce = 1;

    /** One of which no manifest is to be read yet. */
    PartialModel(ModelName name, List<RegistryObject> objects) {
        this.name = name;
        this.objects = objects;
        this.manifests = ModelFolder.manifests(Map.of(name, objects));
        manifests.forEach((id, listed) -> listed.manifest()
                .ifPresent(object -> unread.add(new RegisteredVersion.BeingPublished(id, object.modifiedAt()))));
    }

    ModelName name() {
        return name;
    }

    Optional<RegistryObject> policy() {
        return objects.stream()
                .filter(object -> object.key().equals(Layout.policy(name)))
                .findFirst();
    }

    /** Has these read. */
    void read(Predicate<VersionId> which) {
        unread.removeIf(version -> which.test(version.id()));
    }

    /** Has the newest read of those that are unread, twice as many each time: it may be long since one was usable. */
    void readNewest() {
        for (int i = 0; i < atOnce; i++) {
            unread.pollLast();
        }
        atOnce *= 2;
    }

    /** {@return whether no version that is unread can be newer than the newest of what was seen} */
    boolean isNewestAmong(RegisteredModel seen) {
        return unread.isEmpty()
                || seen.newest()
                        .filter(newest -> RegisteredVersion.ORDER.compare(newest, unread.last()) > 0)
                        .isPresent();
    }

    /** {@return ascending} */
    List<ModelVersion> unread() {
        return unread.stream().map(version -> version.id().version()).toList();
    }

    /** {@return the manifests that are read, as they are listed} */
    Map<VersionId, ManifestCache.Listed> manifests() {
        Map<VersionId, ManifestCache.Listed> read = new HashMap<>(manifests);
        unread.forEach(version -> read.remove(version.id()));
        return read;
    }

    /** {@return all objects but those of versions that are unread} */
    List<RegistryObject> objects() {
        Set<String> folders =
                unread.stream().map(version -> version.id().version().value()).collect(Collectors.toSet());
        int start = Layout.folder(name).length();
        return objects.stream()
                .filter(object ->
                        !folders.contains(object.key().substring(start).split("/", 2)[0]))
                .toList();
    }
}
