package dev.serin.gateway.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.predict.Shadows.Copy;
import dev.serin.gateway.sessions.SessionsConfig.Preload;
import dev.serin.gateway.sessions.SessionsRig;
import dev.serin.inference.DataType;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.VersionId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShadowRunnerTest {
    private static final VersionId ONE = VersionId.parse("echo/1");

    @TempDir
    private Path store;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final AtomicInteger open = new AtomicInteger();
    private final List<String> told = new ArrayList<>();
    private final AtomicBoolean crowded = new AtomicBoolean();
    private volatile Runnable whileRunning = () -> {};
    private volatile Runnable whenDropped = () -> {};
    private final ByHand thread = new ByHand();
    private final ShadowReports reports = new ShadowReports(now::get);
    private SessionsRig rig;
    private ShadowRunner runner;

    /** Runs nothing by itself, and tells how long the latest rest is. */
    private static final class ByHand extends ScheduledThreadPoolExecutor {
        private final List<Runnable> due = new ArrayList<>();
        private long restNanos;

        ByHand() {
            super(1);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            due.add(command);
            restNanos = unit.toNanos(delay);
            return super.schedule(() -> {}, 0, TimeUnit.NANOSECONDS);
        }

        void runAll() {
            while (!due.isEmpty()) {
                runOne();
            }
        }

        /** As an executor does, whatever is thrown. */
        void runOne() {
            try {
                due.removeFirst().run();
            } catch (IllegalStateException _) {
                // so it is nobody's
            }
        }
    }

    @BeforeEach
    void start() {
        rig = new SessionsRig(store, Preload.ALL)
                .with("echo/1", TestModels.identity(DataType.FP32, "n"))
                .with("echo/2", TestModels.identity(DataType.FP32, "n"))
                .with("square/1", TestModels.failing())
                .follow()
                .await("echo/2", VersionState.READY);
        runner = runner(new ShadowConfig(10, 2));
    }

    private ShadowRunner runner(ShadowConfig config) {
        return runner(config, thread);
    }

    private ShadowRunner runner(ShadowConfig config, ScheduledExecutorService thread) {
        return new ShadowRunner(
                rig.sessions(),
                config,
                new ShadowListener() {
                    @Override
                    public void compared(Copy copy, Comparison comparison, long runNanos) {
                        whileRunning.run();
                        told.add(copy.requestId() + (comparison.agrees() ? " agrees" : " differs"));
                        reports.compared(copy, comparison, runNanos);
                    }

                    @Override
                    public void failed(Copy copy, RuntimeException cause) {
                        told.add(copy.requestId() + " failed");
                        reports.failed(copy, cause);
                    }

                    @Override
                    public void dropped(Copy copy) {
                        whenDropped.run();
                        told.add(copy.requestId() + " dropped");
                        reports.dropped(copy);
                    }
                },
                crowded::get,
                thread);
    }

    private ShadowRunner runner(ScheduledExecutorService thread) {
        return runner(new ShadowConfig(10, 2), thread);
    }

    @AfterEach
    void stop() {
        runner.close();
        rig.close();
        assertThat(open).as("tensors left open").hasValue(0);
    }

    private Tensor tensor(float value) {
        open.incrementAndGet();
        ByteBuffer data = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
        data.putFloat(0, value);
        return Tensor.of(DataType.FP32, new long[] {1}, data, open::decrementAndGet);
    }

    private Copy copy(String request, String shadow, float answered) {
        CatalogVersion version = rig.version(shadow);
        return new Copy(
                request,
                version,
                ONE,
                rig.version("echo/1").signature().orElseThrow(),
                List.of(tensor(1)),
                List.of(Tensor.of(
                        DataType.FP32,
                        new long[] {1},
                        ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putFloat(0, answered))),
                1_000_000);
    }

    private void offer(Copy copy) {
        if (!runner.offer(copy)) {
            copy.inputs().forEach(Tensor::close);
        }
    }

    @Test
    void copiesAreRunAndCompared() {
        offer(copy("a", "echo/2", 1));
        offer(copy("b", "echo/2", 5));
        thread.runAll();

        assertThat(told).containsExactly("a agrees", "b differs");
        ShadowReport report = reports.of(ONE.model()).orElseThrow();
        assertThat(report.compared()).isEqualTo(2);
        assertThat(report.agreed()).isEqualTo(1);
        assertThat(report.maxAbsolute()).isEqualTo(4);
        assertThat(report.worst()).extracting(ShadowReport.Example::requestId).containsExactly("b");
        assertThat(report.usualMicros().p50()).isEqualTo(1_000);
    }

    @Test
    void whatWasAnsweredByARunForSeveralIsComparedAndNotTimed() {
        Copy batched = copy("a", "echo/2", 1);
        offer(new Copy(
                batched.requestId(),
                batched.shadow(),
                batched.answeredBy(),
                batched.signature(),
                batched.inputs(),
                batched.outputs(),
                0));
        thread.runAll();
        ShadowReport before = reports.of(ONE.model()).orElseThrow();
        offer(copy("b", "echo/2", 1));
        thread.runAll();
        ShadowReport report = reports.of(ONE.model()).orElseThrow();

        assertThat(before.compared()).isEqualTo(1);
        assertThat(before.shadowMicros().p99()).isZero();
        assertThat(report.compared()).isEqualTo(2);
        assertThat(report.usualMicros().p50()).isEqualTo(1_000);
        assertThat(report.shadowMicros().p50()).isPositive();
    }

    @Test
    void afterARunItRestsNineTimesAsLongSoThatATenthOfACoreIsTheMost() {
        offer(copy("a", "echo/2", 1));
        long began = System.nanoTime();
        thread.due.removeFirst().run();
        long atMost = System.nanoTime() - began;

        assertThat(thread.restNanos).isPositive().isLessThanOrEqualTo(9 * atMost);
        assertThat(thread.restNanos % 9).isZero();
    }

    @Test
    void moreThanMayWaitAreDropped() {
        offer(copy("a", "echo/2", 1));
        offer(copy("b", "echo/2", 1));
        offer(copy("c", "echo/2", 1));
        thread.runAll();

        assertThat(told).containsExactly("c dropped", "a agrees", "b agrees");
    }

    @Test
    void whileRequestsWaitForTheirTurnNothingIsRun() {
        offer(copy("a", "echo/2", 1));
        offer(copy("b", "echo/2", 1));
        crowded.set(true);
        thread.runAll();
        assertThat(told).containsExactly("a dropped", "b dropped");

        crowded.set(false);
        offer(copy("c", "echo/2", 1));
        thread.runAll();

        assertThat(told).containsExactly("a dropped", "b dropped", "c agrees");
    }

    @Test
    void whatTheShadowDoesNotAnswerIsCounted() {
        Copy fails = copy("a", "echo/2", 1);
        offer(new Copy(
                fails.requestId(),
                Catalogs.version("nobody", "1", VersionState.READY),
                fails.answeredBy(),
                fails.signature(),
                fails.inputs(),
                fails.outputs(),
                fails.runNanos()));
        thread.runAll();

        assertThat(told).containsExactly("a failed");
    }

    @Test
    void whatWaitsAtTheEndIsLetGo() {
        offer(copy("a", "echo/2", 1));
        runner.close();
        Copy late = copy("b", "echo/2", 1);
        offer(late);

        assertThat(told).containsExactly("b dropped");
        assertThat(open).hasValue(0);
    }

    @Test
    void afterAFaultItGoesOn() {
        whenDropped = () -> {
            throw new IllegalStateException("cannot be told");
        };
        crowded.set(true);
        offer(copy("a", "echo/2", 1));
        offer(copy("b", "echo/2", 1));
        thread.runOne();
        crowded.set(false);
        thread.runAll();
        offer(copy("c", "echo/2", 1));
        thread.runAll();

        assertThat(told).containsExactly("b agrees", "c agrees");
        assertThat(open).hasValue(0);
    }

    @Test
    void stringsAndOutputsTakeRoomToo() {
        Copy small = copy("a", "echo/2", 1);
        Tensor text = Tensor.ofStrings(new long[] {1}, PackedStrings.of("x".repeat(20 << 20)));
        Value numbers = Tensor.of(
                DataType.FP32,
                new long[] {5 << 20},
                ByteBuffer.allocate(20 << 20).order(ByteOrder.nativeOrder()));
        offer(with(small, "strings", List.of(small.inputs().getFirst(), text), small.outputs()));
        Copy second = copy("b", "echo/2", 1);
        offer(with(second, "output", second.inputs(), List.of(new Value.Sequence(List.of(numbers)))));
        offer(copy("little", "echo/2", 1));

        assertThat(told).containsExactly("output dropped");
    }

    private static Copy with(Copy copy, String request, List<Tensor> inputs, List<Value> outputs) {
        return new Copy(request, copy.shadow(), copy.answeredBy(), copy.signature(), inputs, outputs, copy.runNanos());
    }

    @Test
    void theEndWaitsForTheRunThatIsOn() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        whileRunning = () -> {
            running.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        };
        ScheduledExecutorService own = Executors.newSingleThreadScheduledExecutor();
        ShadowRunner busy = runner(own);
        assertThat(busy.offer(copy("a", "echo/2", 1))).isTrue();
        running.await();
        Thread closing = Thread.ofPlatform().start(busy::close);

        Awaitility.await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
        assertThat(own.isTerminated()).isFalse();
        goOn.countDown();
        closing.join();

        assertThat(own.isTerminated()).isTrue();
        assertThat(told).containsExactly("a agrees");
    }

    @Test
    void anotherShadowOrPrimaryBeginsAnewAndTheFormerOnesAreIgnored() {
        reported("echo/2", "echo/1");
        reported("echo/2", "echo/1");
        reported("echo/1", "echo/2");
        reported("echo/2", "echo/1");
        assertThat(report().shadow()).hasToString("echo/1");
        assertThat(report().compared()).isEqualTo(1);

        reported("echo/1", "echo/3");
        reported("echo/1", "echo/2");
        reported("echo/1", "echo/3");
        assertThat(report().answeredBy()).hasToString("echo/3");
        assertThat(report().compared()).isEqualTo(2);

        now.set(Instant.EPOCH.plusSeconds(61));
        reported("echo/2", "echo/1");
        assertThat(report().shadow()).hasToString("echo/2");
        assertThat(report().since()).isEqualTo(now.get());
    }

    private ShadowReport report() {
        return reports.of(ONE.model()).orElseThrow();
    }

    private void reported(String shadow, String answeredBy) {
        VersionId id = VersionId.parse(shadow);
        Copy copy = new Copy(
                "a",
                Catalogs.version(id.model().value(), id.version().value(), VersionState.READY),
                VersionId.parse(answeredBy),
                new Signature(List.of(), List.of()),
                List.of(),
                List.of(),
                1_000);
        reports.compared(copy, new Comparison(0, 0, false, true, true), 1_000);
    }
}
