package dev.serin.registry.watch;

import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import java.util.Map;
import java.util.Optional;

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

    /** {@return whether anything is there that makes the folder a model} */
    boolean isModel() {
        return !model.versions().isEmpty() || policy.tag().isPresent();
    }

    /** {@return whether a copy may still be going on, so that another look is worth its price} */
    boolean isUnsettled() {
        return sights.values().stream().anyMatch(sight -> !sight.settled());
    }
}
