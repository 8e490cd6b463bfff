package dev.serin.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.predict.PredictionListener.Prediction;
import dev.serin.gateway.predict.Served;
import dev.serin.gateway.predict.Target;
import dev.serin.gateway.predict.Timings;
import dev.serin.gateway.routing.Decision;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.routing.RoutingKeys;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class RolloutsTest {

    private static final ModelName FRAUD = new ModelName("fraud");
    private static final String KEY = "fraud/model.json";
    private static final String STEPS = """
        {"traffic": {"primary": "1", "canary": {"id": "k3f9", "version": "2", "weight": 20,
          "started-at": "2026-11-22T10:00:00Z",
          "steps": [{"weight": 20, "for": "1m"}, {"weight": 50, "for": "1m"}],
          "guard": {"window": "5m", "min-requests": 100, "max-error-rate": 0.01, "max-latency-ratio": 1.5}}}}
        """;

    private Instant now = Instant.parse("2026-11-22T10:00:00Z");
    private boolean readOnly;
    private final RegistryWriter registry = unlessReadOnly(registry(() -> now));
    private final SplittableRandom random = new SplittableRandom(1);
    private final List<Replica> replicas = new ArrayList<>();

    /** {@return where all replicas read and write} */
    RegistryWriter registry(InstantSource clock) {
        return new InMemoryRegistry(clock);
    }

    private RegistryWriter unlessReadOnly(RegistryWriter registry) {
        return (RegistryWriter) Proxy.newProxyInstance(
                RegistryWriter.class.getClassLoader(),
                new Class<?>[] {RegistryWriter.class},
                (_, method, arguments) -> {
                    if (readOnly && method.getName().equals("write")) {
                        throw new RegistryException("read-only");
                    }
                    try {
                        return method.invoke(registry, arguments);
                    } catch (InvocationTargetException e) {
                        throw Objects.requireNonNull(e.getCause());
                    }
                });
    }

    private void put(String policy) {
        registry.write(KEY, policy.getBytes(StandardCharsets.UTF_8), new RegistryWriter.Condition.Always());
    }

    /** One gateway: its own catalog, which follows the one registry when it polls, and its own statistics. */
    private final class Replica implements RolloutListener {
        private final Catalog catalog = new Catalog();
        private final Routes routes = new Routes(() -> now, random);
        private final List<String> told = new ArrayList<>();
        private final Rollouts rollouts;

        Replica(String name) {
            rollouts = new Rollouts(
                    catalog,
                    routes,
                    new PolicyWriter(registry, () -> now),
                    name,
                    this,
                    () -> now,
                    () -> Duration.between(Instant.EPOCH, now).toNanos(),
                    Executors.newSingleThreadScheduledExecutor());
            replicas.add(this);
            poll();
        }

        void poll() {
            ModelPolicy policy = policy();
            catalog.put(Catalogs.with(Catalogs.model("fraud", "1 ready", "2 ready"), policy));
        }

        /** Requests that the policy routes, of which the canary fails so many percent, after so many milliseconds. */
        void serve(int requests, int failing, long canaryMillis) {
            CatalogModel model = catalog.model(FRAUD).orElseThrow();
            for (int i = 0; i < requests; i++) {
                Decision decision = routes.decide(model, Optional.empty(), RoutingKeys.NONE);
                boolean canary = decision.version().id().version().value().equals("2");
                boolean fails = canary && random.nextInt(100) < failing;
                rollouts.finished(new Prediction(
                        "native",
                        new Target("fraud", Optional.empty()),
                        Optional.of(new Served(decision)),
                        fails ? Optional.of(ErrorCode.INFERENCE_FAILED) : Optional.empty(),
                        fails ? 500 : 200,
                        "r",
                        1,
                        1,
                        1,
                        1,
                        1,
                        1,
                        new Timings(0, 0, 0, (canary ? canaryMillis : 10) * 1_000_000 + random.nextInt(1_000_000))));
            }
        }

        int canaryShare() {
            return routes.shares(catalog.model(FRAUD).orElseThrow()).canary();
        }

        @Override
        public void passed(ModelName model, ModelVersion canary, int step) {
            told.add("passed " + step);
        }

        @Override
        public void promoted(ModelName model, ModelVersion canary) {
            told.add("promoted");
        }

        @Override
        public void breached(ModelName model, ModelVersion canary, Verdict.Breach breach, String text) {
            told.add("breached " + breach.rule().label());
        }

        @Override
        public void held(ModelName model, ModelVersion canary, Verdict.Breach breach, String text) {
            told.add("held " + breach.rule().label());
        }

        @Override
        public void inconclusive(ModelName model, ModelVersion canary, String text) {
            told.add("inconclusive: " + text);
        }

        @Override
        public void failed(ModelName model, Throwable cause) {
            throw new AssertionError(cause);
        }

        @Override
        public void notWritten(ModelName model, ModelVersion canary, RegistryException cause) {
            told.add("not written");
        }
    }

    @AfterEach
    void stop() {
        replicas.forEach(replica -> replica.rollouts.close());
        registry.close();
    }

    private ModelPolicy policy() {
        return ModelPolicies.parse(
                FRAUD, registry.read(KEY, 1 << 20).orElseThrow().bytes());
    }

    private Replica replica(String policy) {
        put(policy);
        return new Replica("gw-1");
    }

    private void later(Duration time) {
        now = now.plus(time);
    }

    @Test
    void aCanaryThatFailsHalfOfItsRequestsIsPulledBackHereAtOnceAndForEverybodyByTheFile() {
        Replica replica = replica(STEPS);
        replica.rollouts.look();
        replica.serve(1_000, 50, 10);
        later(Duration.ofSeconds(1));

        replica.rollouts.look();

        assertThat(replica.told).containsExactly("breached errors");
        assertThat(replica.canaryShare()).isZero();
        ModelPolicy.Aborted aborted = policy().canary().orElseThrow().aborted().orElseThrow();
        assertThat(aborted.by()).isEqualTo("gw-1");
        assertThat(aborted.rule()).isEqualTo("errors");
        assertThat(policy().history().getLast().reason().orElseThrow()).startsWith("errors ");
        replica.poll();
        replica.rollouts.look();
        assertThat(replica.told).hasSize(1);
    }

    @Test
    void aCanaryThatIsThreeTimesSlowerIsPulledBack() {
        Replica replica = replica(STEPS);
        replica.rollouts.look();
        replica.serve(1_500, 0, 30);
        later(Duration.ofSeconds(1));

        replica.rollouts.look();

        assertThat(replica.told).containsExactly("breached p50");
    }

    @Test
    void stepsArePassedOneAfterTheOtherAndTheLastPromotes() {
        Replica replica = replica(STEPS);
        replica.rollouts.look();
        replica.serve(1_000, 0, 10);
        later(Duration.ofSeconds(30));
        replica.rollouts.look();
        assertThat(replica.told).isEmpty();

        later(Duration.ofSeconds(31));
        replica.rollouts.look();
        assertThat(replica.told).containsExactly("passed 1");
        replica.poll();
        assertThat(replica.canaryShare()).isEqualTo(5_000);

        replica.rollouts.look();
        later(Duration.ofSeconds(10));
        replica.serve(1_000, 0, 10);
        later(Duration.ofSeconds(51));
        replica.rollouts.look();
        assertThat(replica.told).containsExactly("passed 1", "promoted");
        assertThat(policy().primary()).hasValue("2");
        assertThat(policy().canary()).isEmpty();
    }

    @Test
    void tooFewRequestsAreToldOnceAndNothingIsWritten() {
        Replica replica = replica(STEPS);
        byte[] before = registry.read(KEY, 1 << 20).orElseThrow().bytes();
        replica.rollouts.look();
        later(Duration.ofSeconds(70));

        replica.rollouts.look();
        replica.rollouts.look();

        assertThat(replica.told).containsExactly("inconclusive: 0 of 100 requests");
        assertThat(registry.read(KEY, 1 << 20).orElseThrow().bytes()).isEqualTo(before);
    }

    @Test
    void whereTheRegistryCannotBeWrittenABreachTakesEffectHereAllTheSameAndTheWriteIsTriedAgain() {
        Replica replica = replica(STEPS);
        replica.rollouts.look();
        replica.serve(1_000, 50, 10);
        readOnly = true;
        later(Duration.ofSeconds(1));
        replica.rollouts.look();
        replica.rollouts.look();
        assertThat(replica.told).containsExactly("breached errors", "not written");
        assertThat(replica.canaryShare()).isZero();

        readOnly = false;
        later(Duration.ofSeconds(11));
        replica.rollouts.look();

        assertThat(policy().canary().orElseThrow().aborted()).isPresent();
        assertThat(replica.told).containsExactly("breached errors", "not written");
    }

    @Test
    void whoFoundABreachTakesBackThePromotionThatWasFaster() {
        Replica bad = replica(STEPS);
        bad.rollouts.look();
        bad.serve(1_000, 50, 10);
        put("""
            {"traffic": {"primary": "2", "promoted": {"id": "k3f9", "version": "2", "from": "1",
              "at": "2026-11-22T10:00:00Z", "by": "gw-2"}}}
            """);
        later(Duration.ofSeconds(1));

        bad.rollouts.look();

        assertThat(policy().primary()).hasValue("1");
        assertThat(bad.told).containsExactly("breached errors");
    }

    @Test
    void aVersionThatGoesBadRightAfterItsPromotionIsTakenBack() {
        Replica replica = replica(STEPS);
        replica.rollouts.look();
        replica.serve(1_000, 0, 10);
        later(Duration.ofSeconds(1));
        replica.rollouts.look();
        somebodyPromotes();
        replica.poll();
        replica.rollouts.look();
        assertThat(replica.told).isEmpty();

        replica.serve(1_000, 50, 10);
        later(Duration.ofSeconds(1));
        replica.rollouts.look();

        assertThat(policy().primary()).hasValue("1");
        assertThat(replica.told).containsExactly("breached errors");
    }

    @Test
    void aGuardThatComesLaterJudgesBeforeItPromotes() {
        String without =
                STEPS.substring(0, STEPS.indexOf("\"steps\"")) + "\"steps\": [{\"weight\": 20, \"for\": \"1m\"}]}}}";
        Replica replica = replica(without);
        replica.rollouts.look();
        later(Duration.ofMinutes(5));
        put(STEPS);
        replica.poll();

        replica.rollouts.look();

        assertThat(replica.told).containsExactly("inconclusive: 0 of 100 requests");
    }

    @Test
    void whatAPersonLetsGoOnAfterAnAbortHasItsShareAgain() {
        Replica replica = replica(STEPS);
        replica.rollouts.look();
        replica.serve(1_000, 50, 10);
        later(Duration.ofSeconds(1));
        replica.rollouts.look();
        replica.poll();
        replica.rollouts.look();
        assertThat(replica.canaryShare()).isZero();

        put(STEPS);
        replica.poll();

        assertThat(replica.canaryShare()).isEqualTo(2_000);
    }

    @Test
    void aGuardThatIsToHoldKeepsTheWeightAndTellsSo() {
        Replica replica = replica(STEPS.replace("\"min-requests\"", "\"on-breach\": \"hold\", \"min-requests\""));
        replica.rollouts.look();
        replica.serve(1_000, 50, 10);
        later(Duration.ofSeconds(1));
        replica.rollouts.look();
        replica.poll();

        assertThat(replica.told).containsExactly("held errors");
        assertThat(replica.canaryShare()).isEqualTo(2_000);
        assertThat(policy().canary().orElseThrow().paused()).isPresent();
    }

    /** Two gateways, one of which finds the canary bad, and a person who writes meanwhile, in any order. */
    @RepeatedTest(200)
    void twoReplicasAndAThirdPartyConvergeWithinTwoPollsAndNoAbortIsLost(RepetitionInfo repetition) {
        SplittableRandom order = new SplittableRandom(repetition.getCurrentRepetition());
        Replica good = replica(STEPS);
        Replica bad = new Replica("gw-2");
        good.rollouts.look();
        bad.rollouts.look();
        good.serve(1_000, 0, 10);
        bad.serve(1_000, 50, 10);
        later(Duration.ofSeconds(61)); // the first step may be passed now

        List<Runnable> moves = new ArrayList<>(
                List.of(good.rollouts::look, bad.rollouts::look, good::poll, bad::poll, this::somebodyMovesAnAlias));
        boolean person = order.nextBoolean();
        if (person) {
            moves.add(this::somebodyPromotes);
        }
        while (!moves.isEmpty()) {
            moves.remove(order.nextInt(moves.size())).run();
        }
        for (int poll = 0; poll < 2; poll++) {
            later(Duration.ofSeconds(31));
            for (Replica replica : replicas) {
                replica.poll();
                replica.rollouts.look();
            }
        }
        good.poll();
        bad.poll();

        assertThat(policy().primary()).as("the primary").hasValue("1");
        assertThat(good.canaryShare()).isZero();
        assertThat(bad.canaryShare()).isZero();
        assertThat(good.routes
                        .plan(good.catalog.model(FRAUD).orElseThrow())
                        .usual()
                        .id())
                .isEqualTo(bad.routes
                        .plan(bad.catalog.model(FRAUD).orElseThrow())
                        .usual()
                        .id());
        assertThat(policy().aliases()).as("what the third party wrote").hasSize(1);
    }

    private void somebodyMovesAnAlias() {
        byte[] before = registry.read(KEY, 1 << 20).orElseThrow().bytes();
        put(new String(
                ModelPolicies.edit(
                        FRAUD, before, tree -> tree.withObject("/aliases").put("stable", "1")),
                StandardCharsets.UTF_8));
    }

    private void somebodyPromotes() {
        new PolicyWriter(registry, () -> now)
                .decide(
                        FRAUD,
                        new PolicyWriter.Author("ben", Optional.empty()),
                        policy -> policy.canary()
                                .filter(canary -> canary.aborted().isEmpty())
                                .map(canary -> new PolicyChange.PromoteCanary(canary.id())));
    }
}
