package dev.serin.registry.watch;

import dev.serin.registry.Artifact;
import dev.serin.registry.Manifest;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.format.Layout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tags of the artifacts of a published version as they were first seen, by key. What is published never changes, so
 * another tag means that somebody has written over it. Immutable.
 */
record PublishedFiles(Manifest manifest, Map<String, String> tags) {
    /** Adds what was not seen before to what was. */
    static PublishedFiles of(Manifest manifest, List<RegistryObject> objects, Optional<PublishedFiles> before) {
        Optional<PublishedFiles> same = before.filter(files -> files.manifest().equals(manifest));
        if (same.isPresent()
                && objects.stream().allMatch(object -> same.get().tags().containsKey(object.key()))) {
            return same.get();
        }
        Map<String, String> tags = new HashMap<>();
        objects.forEach(object -> tags.put(object.key(), object.tag()));
        same.ifPresent(files -> tags.putAll(files.tags()));
        return new PublishedFiles(manifest, Map.copyOf(tags));
    }

    /** {@return in what the objects are not those that were published, as far as a listing tells} */
    Optional<String> damage(List<RegistryObject> objects) {
        Map<String, RegistryObject> present = new HashMap<>();
        objects.forEach(object -> present.put(object.key(), object));
        for (Artifact file : manifest.files()) {
            RegistryObject object = present.get(Layout.artifact(manifest.id(), file.path()));
            if (object == null) {
                return Optional.of(file.path() + " is not there");
            }
            if (object.sizeBytes() != file.sizeBytes()) {
                return Optional.of("%s has %d bytes, its manifest says %d"
                        .formatted(file.path(), object.sizeBytes(), file.sizeBytes()));
            }
            if (!object.tag().equals(tags.get(object.key()))) {
                return Optional.of(file.path() + " was written again after it was published");
            }
        }
        return Optional.empty();
    }
}
