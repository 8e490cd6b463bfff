package dev.serin.gateway.routing;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.error.ServingException;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Shadow;
import dev.serin.registry.ModelVersion;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.random.RandomGenerator;

/**
 * Decides which version answers, request by request. Plans are made once for each snapshot of a model. Thread-safe where
 * its source of chance is.
 */
public final class Routes {
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ConcurrentMap<ModelName, Made> plans = new ConcurrentHashMap<>();
    private volatile Set<String> pulledBack = Set.of(); // replaced whole

    public Routes(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** What a plan was made of. */
    private record Made(CatalogModel model, Set<String> pulledBack, TrafficPlan plan) {}

    /**
     * Decides for one request.
     *
     * @param selector a version or an alias as the caller wrote it; without one the traffic policy decides
     * @throws dev.serin.gateway.error.ServingException when there is no such version, it was retired, or the model has none
     */
    public Decision decide(CatalogModel model, Optional<String> selector, RoutingKeys keys) {
        return selector.isPresent()
                ? Router.named(model, selector.get())
                : plan(model).decide(keys, clock.millis(), random.nextLong());
    }

    /**
     * {@return the plan of a model's present snapshot}
     *
     * @throws dev.serin.gateway.error.ServingException as {@link TrafficPlan#of} does
     */
    @SuppressWarnings("ReferenceEquality") // an unchanged snapshot is the same object: nothing to compare
    public TrafficPlan plan(CatalogModel model) {
        Set<String> excluded = pulledBack;
        Made made = plans.get(model.name());
        if (made == null || made.model != model || made.pulledBack != excluded) {
            made = new Made(model, excluded, TrafficPlan.of(model, excluded::contains));
            plans.put(model.name(), made);
        }
        return made.plan;
    }

    /** {@return who gets how much of a model's requests now} */
    public Shares shares(CatalogModel model) {
        Optional<Canary> canary = model.policy().canary();
        Optional<ModelVersion> trial = canary.map(Canary::version);
        Optional<ModelVersion> shadow = model.policy().shadow().map(Shadow::version);
        Route route = TrafficPlan.route(model);
        try {
            TrafficPlan plan = plan(model);
            int weight = plan instanceof TrafficPlan.Split split
                    ? split.canary().schedule().weightAt(clock.millis())
                    : 0;
            return new Shares(
                    Optional.of(plan.usual().id().version()),
                    route,
                    trial,
                    weight,
                    canary.flatMap(given -> whyNot(model, plan, given)),
                    shadow,
                    shadow.flatMap(given -> TrafficPlan.obstacle(model, plan.usual(), given)));
        } catch (ServingException _) {
            Optional<String> why = Optional.of("nothing else is in service");
            return new Shares(Optional.empty(), route, trial, 0, why, shadow, why);
        }
    }

    /** {@return why a version cannot be asked in the place of another one; empty when it can, or nobody knows yet} */
    public static Optional<String> incompatibility(CatalogModel model, ModelVersion primary, ModelVersion trial) {
        return model.version(primary)
                .flatMap(usual -> model.version(trial).flatMap(version -> TrafficPlan.incompatibility(usual, version)));
    }

    private Optional<String> whyNot(CatalogModel model, TrafficPlan plan, Canary canary) {
        if (canary.aborted().isPresent()) {
            return Optional.of("it was pulled back");
        }
        if (pulledBack.contains(canary.id())) {
            return Optional.of("this gateway pulled it back");
        }
        return TrafficPlan.obstacle(model, plan.usual(), canary.version());
    }

    /**
     * Takes all traffic from a canary on this gateway at once, whatever its policy says: what was found bad here does not
     * wait for a write.
     */
    public synchronized void pullBack(String canaryId) {
        Set<String> more = new HashSet<>(pulledBack);
        more.add(canaryId);
        pulledBack = Set.copyOf(more);
    }

    /** Ends what {@link #pullBack} began: the policy itself says by now what the canary gets. */
    public synchronized void release(String canaryId) {
        if (pulledBack.contains(canaryId)) {
            Set<String> fewer = new HashSet<>(pulledBack);
            fewer.remove(canaryId);
            pulledBack = Set.copyOf(fewer);
        }
    }

    /** {@return whether {@link #pullBack} was asked for} */
    public boolean isPulledBack(String canaryId) {
        return pulledBack.contains(canaryId);
    }
}
