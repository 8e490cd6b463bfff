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
import dev.serin.gateway.routing.Shares;
import dev.serin.registry.Concurrently;
import dev.serin.registry.ConflictException;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyConflictException;
import dev.serin.registry.policy.PolicyRefusedException;
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
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
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

    /** Of one gateway's clock, in races. */
    private static final Duration AHEAD = Duration.ofSeconds(5);

    private Instant now = Instant.parse("2026-11-22T10:00:00Z");
    private boolean readOnly;
    private volatile Runnable afterRead = () -> {};
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger ticks = new AtomicInteger(); // a real clock is never asked twice at one moment
    private final Queue<ModelPolicy> accepted = new ConcurrentLinkedQueue<>();
    private final RegistryWriter registry = watched(registry(() -> now));
    private final SplittableRandom random = new SplittableRandom(1);
    private final List<Replica> replicas = new ArrayList<>();

    /** {@return where all replicas read and write} */
    RegistryWriter registry(InstantSource clock) {
        return new InMemoryRegistry(clock);
    }

    /** The same registry, where a test can stop writes, hold up reads, and see which conditional writes of the policy went through. */
    private RegistryWriter watched(RegistryWriter registry) {
        return (RegistryWriter) Proxy.newProxyInstance(
                RegistryWriter.class.getClassLoader(),
                new Class<?>[] {RegistryWriter.class},
                (_, method, arguments) -> {
                    if (readOnly && method.getName().equals("write")) {
                        throw new RegistryException("read-only");
                    }
                    try {
                        Object result = method.invoke(registry, arguments);
                        if (arguments != null && KEY.equals(arguments[0])) {
                            done(method.getName(), arguments);
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        if (e.getCause() instanceof ConflictException) {
                            refused.incrementAndGet();
                        }
                        throw Objects.requireNonNull(e.getCause());
                    }
                });
    }

    private void done(String request, Object[] arguments) {
        if (request.equals("read")) {
            afterRead.run();
        } else if (request.equals("write") && !(arguments[2] instanceof RegistryWriter.Condition.Always)) {
            accepted.add(ModelPolicies.parse(FRAUD, (byte[]) arguments[1]));
        }
    }

    private void put(String policy) {
        registry.write(KEY, policy.getBytes(StandardCharsets.UTF_8), new RegistryWriter.Condition.Always());
    }

    /** One gateway: its own catalog, which follows the one registry when it polls, and its own statistics. */
    private final class Replica implements RolloutListener {
        private final Catalog catalog = new Catalog();
        private final Routes routes;
        private final List<String> told = new ArrayList<>();
        private final Rollouts rollouts;

        Replica(String name) {
            this(name, Duration.ZERO);
        }

        /** One whose clock is that much ahead. */
        Replica(String name, Duration ahead) {
            InstantSource clock = () -> now.plus(ahead);
            routes = new Routes(clock, random);
            rollouts = new Rollouts(
                    catalog,
                    routes,
                    new PolicyWriter(registry, clock),
                    name,
                    this,
                    clock,
                    () -> Duration.between(Instant.EPOCH, now).toNanos() + ticks.incrementAndGet(),
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
            serve(requests, failing, canaryMillis, 1);
        }

        /** The same of runs that were for several requests where the canary answers. */
        void serve(int requests, int failing, long canaryMillis, int together) {
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
                        new Timings(
                                0,
                                0,
                                0,
                                (canary ? canaryMillis : 10) * 1_000_000 + random.nextInt(1_000_000),
                                canary ? together : 1)));
            }
        }

        Shares shares() {
            return routes.shares(catalog.model(FRAUD).orElseThrow());
        }

        int canaryShare() {
            return shares().canary();
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
    void howLongARunForSeveralTakesIsNotHeldAgainstACanary() {
        Replica replica = replica(STEPS);
        replica.rollouts.look();
        replica.serve(1_500, 0, 30, 3);
        later(Duration.ofSeconds(1));

        replica.rollouts.look();

        assertThat(replica.told).isEmpty();
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
    void whatIsFoundBadRightAfterAStepWasPassedIsWrittenAtOnce() {
        Replica replica = replica(STEPS);
        replica.rollouts.look();
        replica.serve(1_000, 0, 10);
        later(Duration.ofSeconds(61));
        replica.rollouts.look();
        assertThat(replica.told).containsExactly("passed 1");
        replica.poll();
        replica.rollouts.look();

        later(Duration.ofSeconds(10));
        replica.serve(1_000, 50, 10);
        later(Duration.ofSeconds(1));
        replica.rollouts.look();

        assertThat(policy().canary().orElseThrow().aborted()).isPresent();
    }

    @Test
    void aGuardThatIsChangedAfterABreachJudgesAnewAndTheCanaryHasItsShareUntilThen() {
        Replica replica = replica(STEPS);
        replica.rollouts.look();
        replica.serve(1_000, 50, 10);
        readOnly = true;
        later(Duration.ofSeconds(1));
        replica.rollouts.look();
        assertThat(replica.canaryShare()).isZero();

        readOnly = false;
        put(STEPS.replace("\"max-error-rate\": 0.01", "\"max-error-rate\": 0.9"));
        replica.poll();
        replica.rollouts.look();
        assertThat(replica.canaryShare()).isEqualTo(2_000);

        replica.serve(1_000, 100, 10);
        later(Duration.ofSeconds(1));
        replica.rollouts.look();
        assertThat(policy().canary().orElseThrow().aborted()).isPresent();
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

    /** How the four start: on one read, where all writes but one are refused; as it comes; or too early for all clocks but one. */
    private enum Start {
        ON_ONE_READ,
        AS_IT_COMES,
        BEFORE_THE_STEP_ENDS
    }

    /** What a person wants meanwhile, who looks again and repeats it until it is done or cannot be done any more. */
    private enum Wish {
        NOTHING,
        PROMOTE,
        ABORT
    }

    /**
     * One of the kinds of races.
     *
     * @param breach whether the second gateway finds the canary bad; the first never does
     * @param firstIsAhead whether the clock of the first gateway is ahead, or that of the second
     */
    private record Race(Start start, Wish wish, boolean breach, boolean firstIsAhead) {
        static final int KINDS = 36;
        private static final List<Start> STARTS = List.of(Start.values());
        private static final List<Wish> WISHES = List.of(Wish.values());

        static Race of(int number) {
            return new Race(
                    STARTS.get(number % 3), WISHES.get(number / 3 % 3), number / 9 % 2 == 0, number / 18 % 2 == 0);
        }

        boolean aborts() {
            return breach || wish == Wish.ABORT;
        }

        boolean promotes() {
            return wish == Wish.PROMOTE && !aborts();
        }
    }

    /**
     * Two gateways look at one canary while a person promotes or aborts it and another tool edits the same file, each on a thread of
     * its own. What the outcome must be follows from what they want, whoever is first: an abort beats all else.
     */
    @RepeatedTest(Race.KINDS)
    void whoRaceForOnePolicyConvergeWithinTwoPollsAndNoAbortIsLost(RepetitionInfo repetition) throws Exception {
        Race race = Race.of(repetition.getCurrentRepetition() % Race.KINDS);
        put(STEPS);
        Replica first = new Replica("gw-1", race.firstIsAhead() ? AHEAD : Duration.ZERO);
        Replica second = new Replica("gw-2", race.firstIsAhead() ? Duration.ZERO : AHEAD);
        replicas.forEach(replica -> replica.rollouts.look());
        first.serve(1_000, 0, 10);
        second.serve(1_000, race.breach() ? 50 : 0, 10);
        later(Duration.ofSeconds(race.start() == Start.BEFORE_THE_STEP_ENDS ? 57 : 61)); // of 60

        List<Runnable> moves =
                new ArrayList<>(List.of(first.rollouts::look, second.rollouts::look, this::somebodyMovesAnAlias));
        if (race.wish() != Wish.NOTHING) {
            moves.add(() -> somebodyRepeats(race.wish()));
        }
        afterRead = race.start() == Start.ON_ONE_READ ? meeting(moves.size()) : () -> {};
        Concurrently.call(moves.size(), move -> Executors.callable(moves.get(move)));
        afterRead = () -> {};
        for (int poll = 0; poll < 2; poll++) {
            later(Duration.ofSeconds(31));
            for (Replica replica : replicas) {
                replica.poll();
                replica.rollouts.look();
            }
        }

        ModelPolicy policy = policy();
        assertThat(policy.canary().flatMap(ModelPolicy.Canary::aborted).isPresent())
                .as("%s: it is aborted", race)
                .isEqualTo(race.aborts());
        assertThat(policy.primary()).as("%s: the primary", race).hasValue(race.promotes() ? "2" : "1");
        assertThat(first.canaryShare())
                .as("%s: the canary's share", race)
                .isEqualTo(race.aborts() || race.promotes() ? 0 : 5_000); // the first step is passed
        assertThat(first.shares()).as("%s: what each gateway deals", race).isEqualTo(second.shares());
        assertThat(policy.aliases()).as("%s: what the other tool wrote", race).hasSize(1);
        assertThat(replicas)
                .as("%s: whoever lost decided again, and was refused nothing", race)
                .noneMatch(replica -> replica.told.contains("not written"));
        assertThat(policy.history())
                .as("%s: each accepted change", race)
                .hasSize(accepted.size() - 1) // the other tool writes no history
                .containsAll(accepted.stream()
                        .flatMap(each -> each.history().stream())
                        .toList());
        if (race.start() == Start.ON_ONE_READ) {
            assertThat(refused)
                    .as("%s: writes that were too late", race)
                    .hasValueGreaterThanOrEqualTo(moves.size() - 1);
        }
    }

    /** The first read of each thread waits for the first reads of the others. */
    private static Runnable meeting(int threads) {
        CyclicBarrier all = new CyclicBarrier(threads);
        Set<Thread> met = ConcurrentHashMap.newKeySet();
        return () -> {
            if (met.add(Thread.currentThread())) {
                try {
                    all.await(30, TimeUnit.SECONDS);
                } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                    throw new IllegalStateException("not all have read", e);
                }
            }
        };
    }

    /** As a program does that knows of {@code model.json} only that it is JSON, and how to write on condition. */
    private void somebodyMovesAnAlias() {
        while (true) {
            Registry.Content before = registry.read(KEY, 1 << 20).orElseThrow();
            byte[] after = ModelPolicies.edit(
                    FRAUD, before.bytes(), tree -> tree.withObject("/aliases").put("stable", "1"));
            try {
                registry.write(KEY, after, new RegistryWriter.Condition.IfTag(before.tag()));
                return;
            } catch (ConflictException _) {
                // somebody was faster
            }
        }
    }

    private void somebodyRepeats(Wish wish) {
        PolicyChange change = wish == Wish.ABORT
                ? new PolicyChange.AbortCanary("k3f9", Optional.empty())
                : new PolicyChange.PromoteCanary("k3f9");
        while (true) {
            try {
                new PolicyWriter(registry, () -> now)
                        .draft(FRAUD, change, new PolicyWriter.Author("ben", Optional.empty()))
                        .commit();
                return;
            } catch (PolicyConflictException _) {
                // he looks again, and it is still what he wants
            } catch (PolicyRefusedException _) {
                return; // it was aborted meanwhile
            }
        }
    }

    private void somebodyPromotes() {
        somebodyRepeats(Wish.PROMOTE);
    }
}
