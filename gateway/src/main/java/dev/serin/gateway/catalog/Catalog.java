package dev.serin.gateway.catalog;

import dev.serin.registry.ModelName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Every model this gateway knows. Each model is an immutable snapshot that is swapped whole; nothing is promised across
 * models, because no decision spans two. Thread-safe; reads never wait.
 */
public final class Catalog {
    private final ConcurrentNavigableMap<ModelName, CatalogModel> models = new ConcurrentSkipListMap<>();
    private volatile RegistryState registry = RegistryState.UNREAD;

    public Optional<CatalogModel> model(ModelName name) {
        return Optional.ofNullable(models.get(name));
    }

    /** {@return every model, ascending by name: a live view} */
    public Collection<CatalogModel> models() {
        return models.values();
    }

    /** {@return up to {@code limit} models after the given name, ascending} */
    public List<CatalogModel> page(Optional<ModelName> after, int limit) {
        return after.map(name -> models.tailMap(name, false)).orElse(models).values().stream()
                .limit(limit)
                .toList();
    }

    /** {@return how the registry answers, and so how much of what is shown may be old} */
    public RegistryState registry() {
        return registry;
    }

    /** Says how the registry answers now. */
    public void registry(RegistryState now) {
        registry = now;
    }

    /** Puts a model in, or in the place of its former snapshot. */
    public void put(CatalogModel model) {
        models.put(model.name(), model);
    }
}
