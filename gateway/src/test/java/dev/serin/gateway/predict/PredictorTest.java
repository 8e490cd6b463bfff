package dev.serin.gateway.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.predict.Decoder.Decoded;
import dev.serin.gateway.routing.Route;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.routing.RoutingKeys;
import dev.serin.gateway.scheduling.Limit;
import dev.serin.gateway.scheduling.Priority;
import dev.serin.gateway.scheduling.RunQueue;
import dev.serin.gateway.scheduling.RunScheduler;
import dev.serin.gateway.scheduling.SchedulingConfig;
import dev.serin.gateway.scheduling.Work;
import dev.serin.gateway.sessions.Lease;
import dev.serin.gateway.sessions.SessionsConfig.Preload;
import dev.serin.gateway.sessions.SessionsRig;
import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.InferenceException;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Tensor;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.ModelName;
import dev.serin.registry.VersionId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PredictorTest {
    private static final SchedulingConfig SCHEDULING =
            new SchedulingConfig(2, 0, Limit.fixed(2), Limit.fixed(8), 1, Duration.ZERO);
    private static final float ENDLESS = 3e6f; // seconds, for the slow model

    @TempDir
    private Path store;

    private SessionsRig rig;
    private RunScheduler scheduler;
    private Predictor predictor;
    private final AtomicInteger open = new AtomicInteger(); // tensors not closed yet
    private final AtomicInteger decoded = new AtomicInteger();

    @BeforeEach
    void start() {
        rig = new SessionsRig(store, Preload.TRAFFIC)
                .with("echo/1", TestModels.identity(DataType.FP32, "n"))
                .with("slow/1", TestModels.slow())
                .with("square/1", TestModels.failing());
        scheduler = new RunScheduler(SCHEDULING, () -> -1);
        predictor = predictor(Duration.ofSeconds(20));
    }

    private Shadows shadows = Shadows.NONE;

    @AfterEach
    void stop() {
        assertThat(open).as("tensors left open").hasValue(0);
        scheduler.close();
        rig.close();
    }

    private Predictor predictor(Duration deadline) {
        return new Predictor(
                rig.catalog(),
                new Routes(Instant::now, () -> 0),
                rig.sessions(),
                scheduler,
                SCHEDULING,
                shadows,
                new PredictConfig(deadline),
                RunListener.NONE);
    }

    private Tensor tensor(float... values) {
        open.incrementAndGet();
        ByteBuffer data = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
        for (float value : values) {
            data.putFloat(value);
        }
        return Tensor.of(DataType.FP32, new long[] {values.length}, data.flip(), open::decrementAndGet);
    }

    private Call call(String model, Optional<String> selector, Optional<Deadline> asked, float... values) {
        return new Call("r", new Target(model, selector), RoutingKeys.NONE, System.nanoTime(), asked, _ -> {
            decoded.incrementAndGet();
            return new Decoded(List.of(tensor(values)), Optional.empty());
        });
    }

    private Answer ask(String model, float... values) {
        return predictor.predict(call(model, Optional.empty(), Optional.empty(), values));
    }

    private static ServingException failure(Answer answer) {
        return ((Answer.Failed) answer).failure();
    }

    private void ready(String version) {
        rig.follow().await(version, VersionState.READY);
    }

    @Test
    void anAnswerSaysWhatServedItAndWhy() {
        ready("echo/1");

        Answer.Outputs answer = (Answer.Outputs) ask("echo", 1, 2);

        assertThat(((Tensor) answer.outputs().getFirst()).data().getFloat(4)).isEqualTo(2f);
        assertThat(answer.by().version()).hasToString("echo/1");
        assertThat(answer.by().route()).isEqualTo(Route.NEWEST);
        assertThat(answer.by().digest()).isPresent();
        assertThat(answer.timings().run()).isPositive();
    }

    @Test
    void aVersionByItsNameIsPinnedAndByAnAliasIsNot() {
        rig.with("echo/model.json", "{\"aliases\": {\"stable\": \"1\"}}");
        ready("echo/1");

        Answer pinned = predictor.predict(call("echo", Optional.of("1"), Optional.empty(), 1));
        Answer alias = predictor.predict(call("echo", Optional.of("stable"), Optional.empty(), 1));

        assertThat(pinned.served().orElseThrow().route()).isEqualTo(Route.PINNED);
        assertThat(alias.served().orElseThrow().route()).isEqualTo(Route.ALIAS);
    }

    @Test
    void anUnknownModelIsNotDecodedFor() {
        assertThat(failure(ask("nope", 1)).code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
        assertThat(decoded).hasValue(0);
    }

    @Test
    void theFirstRequestForAVersionWaitsForItsLoad() {
        rig.follow(); // begins to load; nobody waits for it here

        assertThat(ask("echo", 1)).isInstanceOf(Answer.Outputs.class);
    }

    /** A cold version that no load could bring back: a body that fits would find that out. */
    @Test
    void aBodyThatDoesNotFitCostsNoLoad() {
        ready("echo/1");
        CatalogModel echo = rig.catalog().model(new ModelName("echo")).orElseThrow();
        CatalogVersion loaded = echo.versions().getFirst();
        VersionId gone = VersionId.parse("gone/1");
        rig.catalog()
                .put(new CatalogModel(
                        gone.model(),
                        List.of(new CatalogVersion(
                                gone,
                                VersionState.COLD,
                                loaded.source(),
                                loaded.createdAt(),
                                Optional.empty(),
                                loaded.signature(),
                                loaded.loaded(),
                                0,
                                Optional.empty(),
                                Optional.empty(),
                                loaded.metadata(),
                                Optional.empty())),
                        echo.policy(),
                        Optional.empty()));

        Answer misfit = predictor.predict(new Call(
                "r", new Target("gone", Optional.empty()), RoutingKeys.NONE, System.nanoTime(), Optional.empty(), _ -> {
                    throw new InvalidInputException(InvalidInputException.Kind.MISFIT, "Input 'x' is missing.");
                }));
        Answer fitting = ask("gone", 1);

        assertThat(failure(misfit).code()).isEqualTo(ErrorCode.INVALID_INPUT);
        assertThat(failure(misfit)).hasMessage("Input 'x' is missing.");
        assertThat(failure(fitting).code()).isEqualTo(ErrorCode.VERSION_FAILED); // and its tensor is closed
        assertThat(decoded).hasValue(1);
    }

    @Test
    void aBodyThatCannotBeReadIsAnotherFailureThanOneThatDoesNotFit() {
        ready("echo/1");

        Answer answer = predictor.predict(new Call(
                "r", new Target("echo", Optional.empty()), RoutingKeys.NONE, System.nanoTime(), Optional.empty(), _ -> {
                    throw new InvalidInputException(InvalidInputException.Kind.UNREADABLE, "The body is not JSON.");
                }));

        assertThat(failure(answer).code()).isEqualTo(ErrorCode.INVALID_BODY);
        assertThat(answer.served()).isPresent();
    }

    @Test
    void aModelThatFailsItsWarmupIsToldWithoutWhatItSaid() {
        rig.follow();
        rig.await("square/1", VersionState.FAILED);

        ServingException failure = failure(ask("square", 1, 2, 3));

        assertThat(failure.code()).isEqualTo(ErrorCode.VERSION_FAILED);
        assertThat(failure)
                .hasMessageStartingWith("square/1 cannot be loaded: it fails on inputs made from its own signature.")
                .message()
                .doesNotContain("Reshape", "onnxruntime", "status code");
    }

    @Test
    void theSmallestOfTheThreeDeadlinesCounts() {
        rig.with("slow/model.json", "{\"serving\": {\"deadline\": \"300ms\"}}");
        ready("slow/1");
        Deadline soon = Deadline.after(Duration.ofSeconds(20));

        Answer byModel = predictor.predict(call("slow", Optional.empty(), Optional.of(soon), ENDLESS));
        Answer byHeader = predictor.predict(
                call("slow", Optional.empty(), Optional.of(Deadline.after(Duration.ofMillis(100))), ENDLESS));
        Answer byGateway =
                predictor(Duration.ofMillis(200)).predict(call("slow", Optional.empty(), Optional.of(soon), ENDLESS));

        assertThat(failure(byModel)).hasMessageStartingWith("The deadline of 300 ms passed: ");
        assertThat(failure(byHeader)).message().matches("The deadline of (99|100) ms passed: .*running slow/1\\.");
        assertThat(failure(byGateway)).hasMessageStartingWith("The deadline of 200 ms passed: ");
        assertThat(List.of(byModel, byHeader, byGateway))
                .extracting(answer -> failure(answer).code())
                .containsOnly(ErrorCode.DEADLINE_EXCEEDED);
    }

    @Test
    void aRequestWhoseOwnPatienceEndsBeforeItRunsWasNotRun() throws Exception {
        ready("echo/1");
        CountDownLatch free = new CountDownLatch(1);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            occupyAllSlots(callers, free);

            Answer answer = predictor.predict(new Call(
                    "r",
                    new Target("echo", Optional.empty()),
                    RoutingKeys.NONE,
                    System.nanoTime(),
                    Optional.empty(),
                    _ -> new Decoded(List.of(tensor(1)), Optional.of(Duration.ofMillis(1)))));
            free.countDown();

            assertThat(failure(answer).code()).isEqualTo(ErrorCode.QUEUE_TIMEOUT);
            assertThat(answer.timings().run()).isZero();
            assertThat(answer.timings().queue()).isPositive();
        }
    }

    private void occupyAllSlots(ExecutorService callers, CountDownLatch free) throws InterruptedException {
        CountDownLatch busy = new CountDownLatch(SCHEDULING.runThreads());
        RunQueue<Boolean> others = new RunQueue<>(
                new RunQueue.Limits("others", Limit.fixed(2), Limit.fixed(8), 1), 10_000_000, true, _ -> {});
        for (int i = 0; i < SCHEDULING.runThreads(); i++) {
            var _ = callers.submit(() -> scheduler.run(
                    others, Deadline.after(Duration.ofSeconds(20)), ErrorCode.DEADLINE_EXCEEDED, new Work<Boolean>() {
                        @Override
                        public Boolean run() {
                            busy.countDown();
                            return await(free);
                        }

                        @Override
                        public Deadline deadline() {
                            return Deadline.after(Duration.ofSeconds(20));
                        }
                    }));
        }
        busy.await();
    }

    @Test
    void whoWaitsForABatchableVersionRunsWithOthersAndTheListenerIsTold() throws Exception {
        ready("echo/1");
        List<Integer> rows = Collections.synchronizedList(new ArrayList<>());
        SchedulingConfig batching = new SchedulingConfig(2, 0, Limit.fixed(1), Limit.fixed(8), 8, Duration.ZERO);
        Predictor batches = new Predictor(
                rig.catalog(),
                new Routes(Instant::now, () -> 0),
                rig.sessions(),
                scheduler,
                batching,
                shadows,
                new PredictConfig(Duration.ofSeconds(20)),
                (_, count) -> rows.add(count));
        CountDownLatch free = new CountDownLatch(1);
        List<Answer> answers = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            occupyAllSlots(callers, free);
            List<Thread> threads = new ArrayList<>();
            for (float value : new float[] {1, 2}) { // a batch of two is allowed however long the warmup took
                threads.add(Thread.ofPlatform()
                        .start(() ->
                                answers.add(batches.predict(call("echo", Optional.empty(), Optional.empty(), value)))));
            }
            Awaitility.await()
                    .until(() -> threads.stream().allMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING));
            free.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
        }

        assertThat(rows).isEqualTo(List.of(2));
        assertThat(answers).extracting(PredictorTest::firstNumber).containsExactlyInAnyOrder(1f, 2f);
        assertThat(answers).extracting(answer -> answer.timings().requests()).containsOnly(2);
    }

    private static float firstNumber(Answer answer) {
        return ((Tensor) ((Answer.Outputs) answer).outputs().getFirst()).data().getFloat(0);
    }

    @Test
    void onlyWhoNamesTheVersionGoesFirst() {
        rig.with("echo/model.json", "{\"aliases\": {\"stable\": \"1\"}}");
        ready("echo/1");
        CatalogModel model = rig.catalog().model(new ModelName("echo")).orElseThrow();
        Routes routes = new Routes(Instant::now, () -> 0);
        Deadline deadline = Deadline.after(Duration.ofSeconds(20));

        for (Optional<String> selector : List.of(Optional.of("1"), Optional.of("stable"), Optional.<String>empty())) {
            Journey journey = new Journey(System.nanoTime());
            journey.routed(routes.decide(model, selector, RoutingKeys.NONE));
            CatalogVersion version = model.versions().getFirst();
            try (Lease lease = rig.sessions().lease(version, deadline)) {
                assertThat(new TensorWork(lease.servable(), List.of(), deadline, journey).priority())
                        .isEqualTo(selector.equals(Optional.of("1")) ? Priority.PINNED : Priority.DEFAULT);
            }
        }
    }

    @Test
    void aFailureSaysForHowManyTheRunWasThatItCameOf() {
        ServingException late = new ServingException(ErrorCode.DEADLINE_EXCEEDED, "late");
        Journey journey = new Journey(System.nanoTime());

        assertThat(journey.failed(late).timings().requests()).isOne();
        journey.runs(3);
        assertThat(journey.failed(late).timings().requests()).isEqualTo(3);
        assertThat(journey.failed(late).timings().runAlone()).isZero();
        journey.runs(1); // the batch failed
        assertThat(journey.failed(late).timings().runAlone()).isPositive();
    }

    @Test
    void aRequestOfManyBytesRunsAloneBeTheyOfNumbersOrOfTexts() {
        ready("echo/1");
        CatalogVersion version = rig.catalog()
                .model(new ModelName("echo"))
                .orElseThrow()
                .versions()
                .getFirst();
        Deadline deadline = Deadline.after(Duration.ofSeconds(20));
        try (Lease lease = rig.sessions().lease(version, deadline)) {
            Function<Tensor, Integer> rows = input ->
                    new TensorWork(lease.servable(), List.of(input), deadline, new Journey(System.nanoTime())).rows();
            try (Tensor few = tensor(new float[16 << 10]);
                    Tensor many = tensor(new float[(16 << 10) + 1])) {
                assertThat(rows.apply(few)).isEqualTo(16 << 10);
                assertThat(rows.apply(many)).isZero();
            }
            assertThat(rows.apply(Tensor.ofStrings(new long[] {1}, PackedStrings.of("x".repeat(64 << 10)))))
                    .isOne();
            assertThat(rows.apply(Tensor.ofStrings(new long[] {2}, PackedStrings.of("x".repeat(64 << 10), "y"))))
                    .isZero();
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aRunThatFailsBecomesInferenceFailedWithItsCause() {
        ready("echo/1");

        Answer answer = predictor.predict(new Call(
                "r",
                new Target("echo", Optional.empty()),
                RoutingKeys.NONE,
                System.nanoTime(),
                Optional.empty(),
                _ -> new Decoded(List.of(wrongRank()), Optional.empty())));

        assertThat(failure(answer).code()).isEqualTo(ErrorCode.INFERENCE_FAILED);
        assertThat(failure(answer))
                .hasMessage("echo/1 failed on this input.")
                .hasCauseInstanceOf(InferenceException.class);
    }

    /** What a decoder would never let through: ONNX Runtime refuses it in the run. */
    private Tensor wrongRank() {
        open.incrementAndGet();
        ByteBuffer data = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
        return Tensor.of(DataType.FP32, new long[] {1, 1}, data, open::decrementAndGet);
    }

    @Test
    void anAnsweredRequestIsHandedToTheShadowWithItsInputsAndTheOthersAreNot() {
        rig.with("echo/2", TestModels.identity(DataType.FP32, "n"))
                .with(
                        "echo/model.json",
                        "{\"traffic\": {\"primary\": \"1\", \"shadow\": {\"version\": \"2\", \"percent\": 100}}}");
        ready("echo/1");
        ready("echo/2");
        List<Shadows.Copy> copies = new ArrayList<>();
        shadows = copies::add;
        predictor = predictor(Duration.ofSeconds(20));

        Answer.Outputs answer = (Answer.Outputs) ask("echo", 1, 2);
        predictor.predict(call("echo", Optional.of("1"), Optional.empty(), 1));

        assertThat(copies).hasSize(1);
        Shadows.Copy copy = copies.getFirst();
        assertThat(copy.shadow().id()).hasToString("echo/2");
        assertThat(copy.answeredBy()).hasToString("echo/1");
        assertThat(copy.outputs()).isEqualTo(answer.outputs());
        assertThat(open).as("inputs that the shadow holds").hasValue(1);
        copy.inputs().forEach(Tensor::close);
    }
}
