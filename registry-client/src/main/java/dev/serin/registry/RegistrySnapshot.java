package dev.serin.registry;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a registry holds, as of one look. Immutable.
 *
 * @param ignored sentences on what lies in the registry and is not served, such as names that differ only by case
 */
public record RegistrySnapshot(SortedMap<ModelName, RegisteredModel> models, List<String> ignored, Instant takenAt) {
    public RegistrySnapshot {
        models = Collections.unmodifiableSortedMap(new TreeMap<>(models));
        ignored = List.copyOf(ignored);
    }
}
