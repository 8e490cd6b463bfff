package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.ConflictException;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.format.Durations;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyConflictException;
import dev.serin.registry.policy.PolicyRefusedException;
import dev.serin.registry.policy.PolicyWriter;
import dev.serin.registry.policy.PolicyWriter.Author;
import dev.serin.registry.s3.S3Location;
import dev.serin.registry.s3.StoreProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two gateways in processes of their own over a real bucket pass, abort and promote one canary after the other, while a person and
 * another tool write the same {@code model.json}. The test sets the clocks, one of which is always five seconds ahead. Every fifth
 * round one of the two is killed meanwhile, and comes back.
 */
@Tag("real-store")
class RacingReplicasTest {
    /** {@code .ci/prove} asks for 200. */
    private static final int ROUNDS = Integer.getInteger("serin.rounds", 10);

    private static final long SEED = Long.getLong("serin.seed", System.nanoTime());
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration TWO_POLLS = POLL.multipliedBy(2);

    /** Within it a gateway looks at its canaries once, and has decided. */
    private static final Duration LOOK = Duration.ofMillis(1200);

    /** A gateway counts from the first whole slice of the guard's window. */
    private static final Duration SLICE = Duration.ofSeconds(1);

    private static final Duration RECOVERY = Duration.ofSeconds(30);
    private static final Duration AHEAD = Duration.ofSeconds(5);
    private static final ModelName FRAUD = new ModelName("fraud");
    private static final String KEY = "fraud/model.json";
    private static final String ROW = "{\"inputs\": {\"x\": [[1, 2, 3, 4]]}}";

    /** Version 2 fails on them. */
    private static final String TWO_ROWS = "{\"inputs\": {\"x\": [[1, 2, 3, 4], [1, 2, 3, 4]]}}";

    private static final int REQUESTS = 240; // half of them the canary's: enough to be certain

    @TempDir
    private Path work;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private Duration passed = Duration.ZERO; // on the test's clock, more than in truth
    private StoreProcess store;
    private String bucket = "";
    private RegistryWriter registry;
    private final List<Replica> replicas = new ArrayList<>();
    private int kills;
    private int aborts;
    private int promotions;

    @BeforeEach
    void startAll() throws IOException {
        store = StoreProcess.start(StoreProcess.Kind.VERSITYGW, work.resolve("bucket"));
        bucket = store.newBucket();
        registry = store.open(new S3Location(bucket, "prod"));
        registry.write(
                "fraud/1/model.onnx",
                TestModels.identity(DataType.FP32, "batch", 4),
                new RegistryWriter.Condition.Always());
        registry.write("fraud/2/model.onnx", TestModels.failing("batch", 4), new RegistryWriter.Condition.Always());
        replicas.add(new Replica("first"));
        replicas.add(new Replica("second"));
    }

    @AfterEach
    void stopAll() {
        replicas.forEach(Replica::stop);
        registry.close();
        store.close();
    }

    private void later(Duration time) throws IOException {
        passed = passed.plus(time);
        for (Replica replica : replicas) {
            replica.tellTime();
        }
    }

    private Instant now() {
        return InstantSource.system().instant().plus(passed);
    }

    /** A gateway, and the next one in its place. */
    private final class Replica {
        private final Path folder;
        private Duration ahead = Duration.ZERO;
        private GatewayProcess process;

        Replica(String name) throws IOException {
            folder = Files.createDirectories(work.resolve(name));
            process = launch();
        }

        private GatewayProcess launch() throws IOException {
            return GatewayProcess.start(
                    GatewayProcess.By.CLASSES_AND_CLOCK,
                    folder,
                    "s3://" + bucket + "/prod",
                    StoreProcess.environment(),
                    "registry.s3.endpoint=" + store.endpoint(),
                    "registry.poll-interval=" + Durations.text(POLL),
                    "registry.full-scan-interval=" + Durations.text(POLL));
        }

        void setAhead(Duration time) throws IOException {
            ahead = time;
            tellTime();
        }

        void tellTime() throws IOException {
            process.setAhead(passed.plus(ahead));
        }

        void killAndStartAgain() throws IOException, InterruptedException {
            process.kill();
            kills++;
            process = launch();
            tellTime();
        }

        void stop() {
            process.close();
        }

        JsonNode traffic() throws IOException, InterruptedException {
            return process.get("/models/fraud").path("traffic");
        }

        /** Every answer names the version that it is of, and only version 2 fails, on what it cannot take. */
        List<String> serve(int requests, boolean failing) throws IOException, InterruptedException {
            List<String> versions = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                boolean two = failing && i % 2 == 0;
                HttpResponse<String> answer = process.predict("fraud", two ? TWO_ROWS : ROW);
                String version = answer.headers().firstValue("Serin-Version").orElse("none");
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(two && version.equals("2") ? 500 : 200);
                if (!two) {
                    assertThat(answer.body())
                            .contains(version.equals("1") ? "[[1.0,2.0,3.0,4.0]]" : "[[1.0,2.0],[3.0,4.0]]");
                }
                versions.add(version);
            }
            return versions;
        }
    }

    /** How they start: while the store holds their reads, so that all but one write too late; as it comes; before the step ends. */
    private enum Start {
        ON_ONE_READ,
        AS_IT_COMES,
        BEFORE_THE_STEP_ENDS
    }

    /** What a person wants meanwhile, and repeats until it is done or cannot be done any more. */
    private enum Wish {
        NOTHING,
        PROMOTE,
        ABORT
    }

    /**
     * One of the kinds of races.
     *
     * @param breach whether the second gateway finds the canary bad; the first never does
     * @param ahead the gateway whose clock is
     * @param killed the gateway that is
     */
    private record Race(int number, Start start, Wish wish, boolean breach, int ahead, Optional<Integer> killed) {
        private static final List<Start> STARTS = List.of(Start.values());
        private static final List<Wish> WISHES = List.of(Wish.values());

        static Race of(int number) {
            int kind = (number * 7) % 36; // all of them, and few rounds see different ones
            return new Race(
                    number,
                    STARTS.get(kind % 3),
                    WISHES.get(kind / 3 % 3),
                    kind / 9 % 2 == 0,
                    kind / 18,
                    number % 5 == 0 ? Optional.of(number / 5 % 2) : Optional.empty());
        }

        String canary() {
            return "round-" + number;
        }

        /** What a gateway knows dies with it, unless it was written. */
        private boolean mayForget() {
            return breach && killed.equals(Optional.of(1));
        }

        /** Whether this can be the end of it: an abort beats all else, and a person's promotion the next step. */
        boolean isDecided(ModelPolicy policy) {
            boolean aborted =
                    policy.canary().flatMap(ModelPolicy.Canary::aborted).isPresent();
            boolean promoted = policy.primary().equals(Optional.of("2"));
            boolean stepped = policy.canary().map(on -> !on.passed().isEmpty()).orElse(false);
            boolean isAborted = aborted && !promoted;
            if (wish == Wish.ABORT || (breach && !mayForget())) {
                return isAborted;
            }
            boolean goesOn = wish == Wish.PROMOTE ? promoted && !aborted : stepped && !aborted && !promoted;
            return goesOn || (isAborted && mayForget());
        }
    }

    @Test
    void whoRaceForOnePolicyConvergeWithinTwoPollsNoAbortIsLostAndEachAnswerNamesWhatServedIt() throws Exception {
        for (int number = 1; number <= ROUNDS; number++) {
            race(Race.of(number));
        }
        assertThat(writes(" 412 "))
                .as("writes that were too late, or there was no race")
                .isPositive();
        Proof.line(
                "%d rounds of two processes, seed %d: %d aborts, %d promotions, %d kills, %d conditional writes were too late; always the same decision within two polls"
                        .formatted(ROUNDS, SEED, aborts, promotions, kills, writes(" 412 ")));
    }

    private void race(Race race) throws Exception {
        for (Replica replica : replicas) {
            replica.setAhead(replica == replicas.get(race.ahead()) ? AHEAD : Duration.ZERO);
        }
        Instant startedAt = now();
        registry.write(
                KEY, canary(race, startedAt).getBytes(StandardCharsets.UTF_8), new RegistryWriter.Condition.Always());
        long writtenBefore = writes(" 200 ");
        for (Replica replica : replicas) {
            await().until(() -> replica.traffic().at("/canary/id").asText().equals(race.canary()));
        }
        lasts(LOOK.plus(SLICE)); // both count from then on

        boolean held = race.start() == Start.ON_ONE_READ;
        if (held) {
            store.freeze();
        }
        replicas.getFirst().serve(REQUESTS, false);
        replicas.getLast().serve(REQUESTS, race.breach());
        int seconds = race.start() == Start.BEFORE_THE_STEP_ENDS ? 57 : 61; // of 60
        later(Duration.between(now(), startedAt.plusSeconds(seconds)));
        if (held) {
            lasts(LOOK);
        }
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<?>> moves = new ArrayList<>();
            moves.add(threads.submit(moment(held, this::somebodyMovesAnAlias)));
            if (race.wish() != Wish.NOTHING) {
                moves.add(threads.submit(moment(held, () -> somebodyRepeats(race))));
            }
            if (held) {
                store.thaw();
            }
            if (race.killed().isPresent()) {
                lasts(Duration.ofMillis(random.nextInt(held ? 50 : 1000)));
                replicas.get(race.killed().get()).killAndStartAgain();
            }
            for (Future<?> move : moves) {
                move.get();
            }
        }
        if (race.killed().isPresent()) { // perhaps the one whose clock was there already
            later(AHEAD);
        }
        converge(race, writtenBefore);
    }

    private static String canary(Race race, Instant startedAt) {
        return """
            {"traffic": {"primary": "1", "canary": {"id": "%s", "version": "2", "weight": 50, "started-at": "%s",
              "steps": [{"weight": 50, "for": "1m"}, {"weight": 60, "for": "1h"}],
              "guard": {"window": "30s", "min-requests": 20, "max-error-rate": 0.1}}}}
            """.formatted(race.canary(), startedAt);
    }

    private void converge(Race race, long writtenBefore) throws Exception {
        ModelPolicy decided = await().until(this::policy, race::isDecided);
        later(AHEAD); // a step that was passed begins on the clock of each, docs/routing.md, "Clocks"
        await().atMost(TWO_POLLS)
                .untilAsserted(
                        () -> assertThat(List.of(Traffic.of(replicas.getFirst()), Traffic.of(replicas.getLast())))
                                .as("%s, seed %d: what both deal by", race, SEED)
                                .containsOnly(Traffic.of(decided)));
        lasts(LOOK);
        ModelPolicy later = policy();
        assertThat(later.canary()).as("%s, seed %d", race, SEED).isEqualTo(decided.canary());
        assertThat(later.primary()).as("%s, seed %d", race, SEED).isEqualTo(decided.primary());
        assertThat(later.aliases()).as("%s: what the other tool wrote", race).hasSize(1);
        boolean aborted = decided.canary().flatMap(ModelPolicy.Canary::aborted).isPresent();
        boolean promoted = decided.primary().equals(Optional.of("2"));
        assertThat(later.history().stream().anyMatch(entry -> entry.command().startsWith("canary abort")))
                .as("%s, seed %d: an abort that was ever written, %s", race, SEED, later.history())
                .isEqualTo(aborted);
        await().untilAsserted(() -> assertThat(writes(" 200 ") - writtenBefore)
                .as("%s, seed %d: writes that the store took, the alias and what the history has", race, SEED)
                .isEqualTo(1 + later.history().size()));
        for (Replica replica : replicas) {
            List<String> versions = replica.serve(20, false);
            if (aborted || promoted) {
                assertThat(versions).as("%s, seed %d", race, SEED).containsOnly(promoted ? "2" : "1");
            }
        }
        aborts += aborted ? 1 : 0;
        promotions += promoted ? 1 : 0;
    }

    /** What is decided, as the file says and as a gateway deals by it. */
    private record Traffic(String primary, double canary, Optional<String> abortedBy) {
        static Traffic of(Replica replica) throws IOException, InterruptedException {
            JsonNode json = replica.traffic();
            return new Traffic(
                    json.path("primary").asText(),
                    json.at("/canary/weight").asDouble(),
                    Optional.ofNullable(json.at("/canary/aborted/by").textValue()));
        }

        static Traffic of(ModelPolicy policy) {
            boolean stepped = policy.canary().map(on -> !on.passed().isEmpty()).orElse(false);
            Optional<String> abortedBy =
                    policy.canary().flatMap(ModelPolicy.Canary::aborted).map(ModelPolicy.Aborted::by);
            double weight = policy.canary().isEmpty() || abortedBy.isPresent() ? 0 : stepped ? 60 : 50;
            return new Traffic(policy.primary().orElse(""), weight, abortedBy);
        }
    }

    private ModelPolicy policy() {
        return ModelPolicies.parse(
                FRAUD, registry.read(KEY, 1 << 20).orElseThrow().bytes());
    }

    /** {@return the same at once, or at any moment of a second} */
    private Runnable moment(boolean atOnce, Runnable move) {
        Duration delay = Duration.ofMillis(atOnce ? 0 : random.nextInt(1000));
        return () -> {
            lasts(delay);
            move.run();
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

    private void somebodyRepeats(Race race) {
        PolicyChange change = race.wish() == Wish.ABORT
                ? new PolicyChange.AbortCanary(race.canary(), Optional.empty())
                : new PolicyChange.PromoteCanary(race.canary());
        while (true) {
            try {
                new PolicyWriter(registry, this::now)
                        .draft(FRAUD, change, new Author("ben", Optional.empty()))
                        .commit();
                return;
            } catch (PolicyConflictException _) {
                // he looks again, and it is still what he wants
            } catch (PolicyRefusedException _) {
                return; // it was aborted meanwhile
            }
        }
    }

    /** {@return how many writes of the policy the store answered with this status, by its own log} */
    private long writes(String status) throws IOException {
        return Files.readAllLines(store.accessLog()).stream()
                .filter(line -> line.contains("s3_PutObject prod/" + KEY) && line.contains(status))
                .count();
    }

    /** The time is the test: nothing is waited for. */
    private static void lasts(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        await().atMost(time.plus(RECOVERY)).until(() -> System.nanoTime() >= end);
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(RECOVERY).pollInterval(Duration.ofMillis(20));
    }
}
