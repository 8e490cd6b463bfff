package dev.serin.registry.watch;

import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegistrySnapshot;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What one look at one model found, kept until the next. */
record ModelLook(
        RegisteredModel model,
        Policy policy,
        Map<ModelVersion, Sight> sights,
        Map<ModelVersion, PublishedFiles> published,
        Ignored ignored) {
    /**
     * The last good policy, and how the present one was read.
     *
     * @param tag empty when there is no {@code model.json}
     */
    record Policy(Optional<String> tag, ModelPolicy lastGood, Optional<String> problem) {
        static final Policy NONE = new Policy(Optional.empty(), ModelPolicy.NONE, Optional.empty());
    }

    /** {@return a look that has seen the policy alone} */
    static ModelLook of(ModelName name, Policy policy) {
        RegisteredModel model = new RegisteredModel(name, List.of(), policy.lastGood(), policy.problem());
        return new ModelLook(model, policy, Map.of(), Map.of(), new Ignored());
    }

    /**
     * {@return all that was looked at, together} Of models whose names differ only by case the first counts.
     *
     * @param ignored what was ignored beside them; what was in them is added to it
     */
    static RegistrySnapshot snapshot(SortedMap<ModelName, ModelLook> looks, Ignored ignored, Instant now) {
        SortedMap<ModelName, RegisteredModel> models = new TreeMap<>();
        Map<String, ModelName> spellings = new HashMap<>();
        looks.forEach((name, look) -> {
            ignored.addAll(look.ignored());
            if (!look.isModel()) {
                return;
            }
            ModelName first = spellings.computeIfAbsent(name.value().toLowerCase(Locale.ROOT), _ -> name);
            if (first.equals(name)) {
                models.put(name, look.model());
            } else {
                ignored.add("%s is ignored: its name differs from that of %s only by case".formatted(name, first));
            }
        });
        return new RegistrySnapshot(models, ignored.sentences(), now);
    }

    /** {@return whether anything is there that makes the folder a model} */
    boolean isModel() {
        return !model.versions().isEmpty() || policy.tag().isPresent();
    }

    /** {@return whether a copy may still be going on, so that another look is worth its price} */
    boolean isUnsettled() {
        return sights.values().stream().anyMatch(sight -> !sight.settled());
    }
}
