package dev.serin.gateway.routing;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.registry.CanarySchedule;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelVersion;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which version answers a request that names none: a model's traffic policy, made ready for its present snapshot. What is
 * not eligible, or does not take what the primary takes, has no share here, whatever its weight. Immutable.
 */
public sealed interface TrafficPlan {
    /**
     * Decides for one request: a pure function.
     *
     * @param nowMillis since the epoch
     * @param draw any number, each as likely as the others
     */
    Decision decide(RoutingKeys keys, long nowMillis, long draw);

    /** {@return what has the traffic that no canary has} */
    CatalogVersion usual();

    /** One version has everything. */
    record Whole(CatalogVersion usual, Route route, Optional<Shadowing> shadowing) implements TrafficPlan {
        @Override
        public Decision decide(RoutingKeys keys, long nowMillis, long draw) {
            return Decision.of(usual, route, Shadowing.pick(shadowing, draw));
        }
    }

    /** A canary has a share. */
    record Split(CatalogVersion usual, Route route, Trial canary, Optional<Shadowing> shadowing)
            implements TrafficPlan {
        @Override
        public Decision decide(RoutingKeys keys, long nowMillis, long draw) {
            int below = canary.schedule.weightAt(nowMillis);
            Optional<String> key = canary.stickyHeader.isPresent()
                    ? keys.find(canary.stickyHeader.get())
                    : Optional.empty(); // no lambda: nothing is allocated
            int bucket = key.isPresent() ? StickyBucket.of(canary.id, key.get()) : Buckets.first(draw);
            Optional<String> header = key.isPresent() ? canary.stickyHeader : Optional.empty();
            return bucket < below
                    ? new Decision(canary.version, Route.CANARY, Optional.empty(), header, bucket, below)
                    : new Decision(usual, route, Shadowing.pick(shadowing, draw), header, bucket, below);
        }
    }

    /** A version that has a share of the traffic for a time. */
    record Trial(CatalogVersion version, String id, Optional<String> stickyHeader, CanarySchedule schedule) {}

    /**
     * A version that gets copies of what the usual one answers.
     *
     * @param version always present
     * @param below of 10,000 buckets
     */
    record Shadowing(Optional<CatalogVersion> version, int below) {
        static Optional<CatalogVersion> pick(Optional<Shadowing> shadowing, long draw) {
            return shadowing.isPresent() && Buckets.second(draw) < shadowing.get().below
                    ? shadowing.get().version
                    : Optional.empty();
        }
    }

    /**
     * {@return the plan of a model}
     *
     * @param pulledBack canaries, by id, that get nothing whatever the policy says
     * @throws dev.serin.gateway.error.ServingException when the policy's primary is not there or was retired, or the model
     *     has no version in service
     */
    static TrafficPlan of(CatalogModel model, Predicate<String> pulledBack) {
        CatalogVersion usual = Router.usual(model);
        ModelPolicy policy = model.policy();
        Route route = route(model);
        Optional<Shadowing> shadowing = policy.shadow()
                .filter(shadow -> obstacle(model, usual, shadow.version()).isEmpty())
                .map(shadow -> new Shadowing(model.version(shadow.version()), hundredths(shadow.percent())));
        Optional<Trial> canary = policy.canary()
                .filter(trial -> trial.aborted().isEmpty() && !pulledBack.test(trial.id()))
                .filter(trial -> obstacle(model, usual, trial.version()).isEmpty())
                .flatMap(trial -> model.version(trial.version()).map(version -> trial(trial, version)));
        return canary.<TrafficPlan>map(trial -> new Split(usual, route, trial, shadowing))
                .orElseGet(() -> new Whole(usual, route, shadowing));
    }

    /** {@return how whoever names no version comes to the usual one} */
    static Route route(CatalogModel model) {
        return model.policy().primary().isPresent() ? Route.PRIMARY : Route.NEWEST;
    }

    private static Trial trial(Canary canary, CatalogVersion version) {
        return new Trial(version, canary.id(), canary.stickyHeader(), CanarySchedule.of(canary));
    }

    private static int hundredths(double percent) {
        return (int) Math.round(percent * StickyBucket.BUCKETS / 100);
    }

    /**
     * {@return why a canary or shadow gets nothing, though the policy gives it a share; empty when it gets that}
     *
     * @param usual what has the traffic otherwise
     */
    static Optional<String> obstacle(CatalogModel model, CatalogVersion usual, ModelVersion trial) {
        if (trial.equals(usual.id().version())) {
            return Optional.of("it has the traffic already");
        }
        return model.version(trial).map(version -> standing(usual, version)).orElse(Optional.of("it is not there"));
    }

    private static Optional<String> standing(CatalogVersion usual, CatalogVersion trial) {
        if (!trial.isEligible()) {
            return Optional.of("it is " + trial.state().label());
        }
        return trial.failure().isPresent()
                ? Optional.of("it could not be loaded again") // it is cold, and its share would be errors
                : incompatibility(usual, trial).map(problem -> "it is incompatible: " + problem);
    }

    /** {@return why a version does not take what the usual one takes, as far as their signatures are known} */
    static Optional<String> incompatibility(CatalogVersion usual, CatalogVersion trial) {
        return usual.signature()
                .flatMap(primary -> trial.signature().flatMap(other -> Compatibility.problem(primary, other)));
    }

    /** Two independent buckets out of one draw. */
    final class Buckets {
        private Buckets() {}

        static int first(long draw) {
            return (int) (((draw & 0xffffffffL) * StickyBucket.BUCKETS) >>> 32);
        }

        static int second(long draw) {
            return (int) (((draw >>> 32) * StickyBucket.BUCKETS) >>> 32);
        }
    }
}
