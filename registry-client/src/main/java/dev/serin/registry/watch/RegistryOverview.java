package dev.serin.registry.watch;

import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistrySnapshot;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All models, each with the versions that are worth a read. Immutable.
 *
 * @param snapshot the models with the versions that were looked into; the one that {@code model.json} names and the newest
 *     that could be served are among them
 * @param unread the versions beside those, of which nothing is known but that each has a manifest; no empty lists
 */
public record RegistryOverview(RegistrySnapshot snapshot, SortedMap<ModelName, List<ModelVersion>> unread) {
    public RegistryOverview {
        SortedMap<ModelName, List<ModelVersion>> copy = new TreeMap<>();
        unread.forEach((model, versions) -> copy.put(model, List.copyOf(versions)));
        unread = Collections.unmodifiableSortedMap(copy);
    }

    /** {@return one of which nothing is unread} */
    public static RegistryOverview whole(RegistrySnapshot snapshot) {
        return new RegistryOverview(snapshot, new TreeMap<>());
    }

    /** {@return the versions of a model that were not looked into} */
    public List<ModelVersion> unread(ModelName model) {
        return unread.getOrDefault(model, List.of());
    }

    /** {@return how many versions were not looked into} */
    public long unreadCount() {
        return unread.values().stream().mapToLong(List::size).sum();
    }
}
