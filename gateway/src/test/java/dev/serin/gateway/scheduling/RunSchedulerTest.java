package dev.serin.gateway.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.inference.Deadline;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class RunSchedulerTest {
    private static final long SHORT = 10_000;
    private static final long LONG = 10_000_000;

    /** The JVM's own, which virtual threads cannot ask. */
    private static final LongSupplier THREAD_TIME = ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime;

    private final RunScheduler scheduler = new RunScheduler(
            new SchedulingConfig(2, 0, Limit.fixed(2), Limit.fixed(64), 64, Duration.ZERO), RunTime.UNKNOWN);
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void close() {
        gate.countDown();
        callers.close();
        scheduler.close();
    }

    @Test
    void aShortRunTakesPlaceOnTheCallersThread() {
        Thread ran = run(queue(2, 8, SHORT), Thread::currentThread);

        assertThat(ran).isSameAs(Thread.currentThread());
    }

    @Test
    void aLongRunTakesPlaceOnAPlatformThreadOfThePool() throws Exception {
        Thread ran = callers.submit(() -> run(queue(2, 8, LONG), Thread::currentThread))
                .get();

        assertThat(ran.isVirtual()).isFalse();
        assertThat(ran.getName()).startsWith("serin-run-");
    }

    @Test
    void aFailureOfTheRunReachesTheCallerAndFreesTheSlot() {
        RunQueue<Object> queue = queue(1, 0, LONG);

        assertThatThrownBy(() -> run(queue, () -> {
                    throw new IllegalStateException("broken");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("broken");
        assertThat(run(queue, () -> "fine")).isEqualTo("fine");
    }

    @Test
    void neitherTheSlotsNorTheVersionsOwnLimitIsExceeded() throws Exception {
        RunQueue<Object> one = queue(1, 64, SHORT);
        RunQueue<Object> two = queue(2, 64, SHORT);
        AtomicInteger all = new AtomicInteger();
        AtomicInteger ofOne = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger mostOfOne = new AtomicInteger();
        List<Future<?>> runs = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            boolean first = i % 2 == 0;
            runs.add(callers.submit(() -> run(first ? one : two, () -> {
                most.accumulateAndGet(all.incrementAndGet(), Math::max);
                if (first) {
                    mostOfOne.accumulateAndGet(ofOne.incrementAndGet(), Math::max);
                }
                LockSupport.parkNanos(1_000);
                if (first) {
                    ofOne.decrementAndGet();
                }
                return all.decrementAndGet();
            })));
        }
        for (Future<?> run : runs) {
            run.get();
        }

        assertThat(most.get()).isLessThanOrEqualTo(2);
        assertThat(mostOfOne.get()).isOne();
    }

    @Test
    void aFullLineRefusesAtOnceAndSaysItsLimits() throws Exception {
        RunQueue<Object> queue = queue(1, 1, LONG);
        Future<String> waiting = occupyAndWait(queue);

        assertThatThrownBy(() -> run(queue, () -> "too many"))
                .isInstanceOfSatisfying(ServingException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.MODEL_BUSY);
                    assertThat(e.retryAfter()).contains(Duration.ofSeconds(1));
                })
                .hasMessage("fraud has 1 requests running and 1 waiting, its limits. Try again in about 1 s.");
        gate.countDown();
        assertThat(waiting.get()).isEqualTo("waited");
    }

    @Test
    void whatNobodyWaitsForGivesWayToWhoWaitsForHisTurnButNotForEver() throws Exception {
        RunQueue<Object> queue = queue(1, 1, LONG);
        Future<String> waiting = occupyAndWait(queue);

        long began = System.nanoTime();
        scheduler.giveWay();

        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(5_000_000);
        assertThat(waiting).isNotDone();
        gate.countDown();
        assertThat(waiting.get()).isEqualTo("waited");
    }

    @Test
    void whereNobodyWaitsGivingWayTakesNoTime() {
        long began = System.nanoTime();
        for (int i = 0; i < 2_000; i++) {
            scheduler.giveWay();
        }

        assertThat(System.nanoTime() - began).isLessThan(5_000_000_000L); // of ten, if each waited
    }

    @Test
    void aLineThatIsFullIsRefusedBeforeARequestCostsAnything() throws Exception {
        RunQueue<Object> queue = queue(1, 1, LONG);
        Future<String> waiting = occupyAndWait(queue);
        scheduler.refuseEarly(queue); // nobody was refused yet, so nobody looks
        assertThatThrownBy(() -> run(queue, () -> "too many")).isInstanceOf(ServingException.class);

        assertThatThrownBy(() -> scheduler.refuseEarly(queue))
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_BUSY));

        gate.countDown();
        waiting.get();
        scheduler.refuseEarly(queue);
        assertThat(run(queue, () -> "fine")).isEqualTo("fine");
    }

    @Test
    void aVersionForWhichNobodyMayWaitTakesTheNextRequestOnceItsSlotIsFree() throws Exception {
        RunQueue<Object> queue = queue(1, 0, LONG);
        occupy(queue);
        assertThatThrownBy(() -> run(queue, () -> "no room")).isInstanceOf(ServingException.class);
        assertThatThrownBy(() -> scheduler.refuseEarly(queue)).isInstanceOf(ServingException.class);

        gate.countDown();
        Awaitility.await().until(() -> queue.running == 0);

        scheduler.refuseEarly(queue);
        assertThat(run(queue, () -> "fine")).isEqualTo("fine");
    }

    @Test
    void hotLinesTakeTurnsWhateverTheReserve() throws Exception {
        Semaphore ends = new Semaphore(0);
        CountDownLatch end = new CountDownLatch(1);
        try (RunScheduler withReserve = new RunScheduler(
                new SchedulingConfig(4, 1, Limit.fixed(4), Limit.fixed(8), 1, Duration.ZERO), RunTime.UNKNOWN)) {
            RunQueue<Object> one = queue(4, 8, LONG);
            RunQueue<Object> two = queue(4, 8, LONG);
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < 12; i++) { // three of one run and one of two, then four of each wait
                boolean first = i < 3 || (i >= 4 && i < 8);
                runs.add(callers.submit(() -> withReserve.run(
                        first ? one : two,
                        Deadline.after(Duration.ofSeconds(30)),
                        ErrorCode.DEADLINE_EXCEEDED,
                        alone(() -> first ? acquired(ends) : await(end)))));
                int all = i + 1;
                Awaitility.await()
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> one.running + two.running + one.waiting.size() + two.waiting.size() == all);
            }

            for (int left = 3; left >= 2; left--) { // the line of one is in front, and then that of two
                ends.release();
                awaitWaiting(one, 3);
                int expected = left;
                Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> one.running == expected);
            }

            assertThat(two.running).isEqualTo(2);
            ends.release(100);
            end.countDown();
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            ends.release(100);
            end.countDown();
        }
    }

    private static String acquired(Semaphore semaphore) {
        semaphore.acquireUninterruptibly();
        return "ended";
    }

    @Test
    void aLineThatAdaptsIsShortWhileItIsFull() throws Exception {
        RunQueue<Object> queue =
                new RunQueue<>(new RunQueue.Limits("fraud", Limit.fixed(1), Limit.upTo(8), 1), LONG, true, _ -> {});
        occupy(queue);
        List<Future<?>> waiting = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            waiting.add(callers.submit(() -> run(queue, () -> "waited")));
        }
        awaitWaiting(queue, 8);

        assertThatThrownBy(() -> run(queue, () -> "too many")).isInstanceOf(ServingException.class);

        assertThat(queue.queueLimit.requests(System.nanoTime())).isLessThan(8);
        gate.countDown();
        for (Future<?> each : waiting) {
            assertThat(each.get()).isEqualTo("waited"); // who was admitted stays
        }
    }

    @Test
    void aVersionOfWhichNothingRunsNeedNotWaitForAHotOne() throws Exception {
        try (RunScheduler withReserve = new RunScheduler(
                new SchedulingConfig(2, 1, Limit.fixed(2), Limit.fixed(8), 1, Duration.ZERO), RunTime.UNKNOWN)) {
            RunQueue<Object> hot = queue(2, 8, LONG);
            List<Future<Object>> hotRuns = new ArrayList<>();
            CountDownLatch begun = new CountDownLatch(2);
            for (int i = 0; i < 3; i++) {
                hotRuns.add(callers.submit(() -> withReserve
                        .run(hot, Deadline.after(Duration.ofSeconds(30)), ErrorCode.DEADLINE_EXCEEDED, alone(() -> {
                            begun.countDown();
                            return await(gate);
                        }))
                        .result()));
            }
            begun.await();
            awaitWaiting(hot, 1);

            Object quiet = withReserve
                    .run(
                            queue(2, 8, LONG),
                            Deadline.after(Duration.ofSeconds(30)),
                            ErrorCode.DEADLINE_EXCEEDED,
                            alone(() -> "at once"))
                    .result();

            assertThat(quiet).isEqualTo("at once");
            gate.countDown();
            for (Future<Object> run : hotRuns) {
                run.get();
            }
        }
    }

    private static String await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return "over";
    }

    @Test
    void theLineIsServedInTheOrderOfDeadlines() throws Exception {
        RunQueue<Object> queue = queue(1, 8, LONG);
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        occupy(queue);
        List<Future<?>> runs = new ArrayList<>();
        for (int seconds : new int[] {30, 10, 20}) {
            runs.add(callers.submit(() -> scheduler.run(
                    queue,
                    Deadline.after(Duration.ofSeconds(seconds)),
                    ErrorCode.DEADLINE_EXCEEDED,
                    alone(() -> order.add(seconds)))));
            awaitWaiting(queue, runs.size());
        }
        gate.countDown();
        for (Future<?> run : runs) {
            run.get();
        }

        assertThat(order).containsExactly(10, 20, 30);
    }

    @Test
    void whoNamesTheVersionGoesFirstWhateverTheDeadlines() throws Exception {
        RunQueue<Object> queue = queue(1, 8, LONG);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        occupy(queue);
        List<Future<?>> runs = new ArrayList<>();
        for (Priority priority : List.of(Priority.DEFAULT, Priority.PINNED)) {
            for (int seconds : new int[] {40, 20}) {
                Deadline until =
                        Deadline.after(Duration.ofSeconds(seconds).multipliedBy(priority == Priority.PINNED ? 10 : 1));
                runs.add(callers.submit(() -> scheduler.run(
                        queue,
                        until,
                        ErrorCode.DEADLINE_EXCEEDED,
                        alone(() -> order.add(priority + " " + seconds), priority))));
                awaitWaiting(queue, runs.size());
            }
        }
        gate.countDown();
        for (Future<?> run : runs) {
            run.get();
        }

        assertThat(order).containsExactly("PINNED 20", "PINNED 40", "DEFAULT 20", "DEFAULT 40");
    }

    @Test
    void aDeadlineThatPassesInTheLineEndsTheWaitAndLeavesTheLineUsable() throws Exception {
        RunQueue<Object> queue = queue(1, 8, LONG);
        occupy(queue);

        assertThatThrownBy(() -> scheduler.run(
                        queue, Deadline.after(Duration.ofMillis(5)), ErrorCode.QUEUE_TIMEOUT, alone(() -> "too late")))
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.QUEUE_TIMEOUT));

        assertThat(queue.waiting).isEmpty();
        gate.countDown();
        assertThat(run(queue, () -> "next")).isEqualTo("next");
    }

    @Test
    void aHotModelDoesNotStarveAnother() throws Exception {
        RunQueue<Object> hot = queue(2, 64, LONG);
        RunQueue<Object> quiet = queue(2, 64, LONG);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch heldBack = new CountDownLatch(1);
        occupy(queue(1, 0, LONG), heldBack); // one slot is left: what runs runs in the order of the turns
        occupy(hot);
        List<Future<?>> runs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            runs.add(callers.submit(() -> run(hot, () -> order.add("hot"))));
            awaitWaiting(hot, i + 1);
        }
        runs.add(callers.submit(() -> run(quiet, () -> order.add("quiet"))));
        awaitWaiting(quiet, 1);
        gate.countDown();
        try {
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            heldBack.countDown();
        }

        assertThat(order.indexOf("quiet")).isBetween(0, 1); // the two take turns
    }

    @RepeatedTest(50)
    void manyCallersOfShortAndLongRunsAllComeThroughAndLeaveEverySlotFree() throws Exception {
        RunQueue<Object> shortRuns = queue(2, 1000, SHORT);
        RunQueue<Object> longRuns = queue(1, 1000, LONG);
        List<Future<Integer>> runs = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int number = i;
            runs.add(callers.submit(() -> run(number % 3 == 0 ? longRuns : shortRuns, () -> number)));
        }

        for (int i = 0; i < 200; i++) {
            assertThat(runs.get(i).get()).isEqualTo(i);
        }
        assertThat(shortRuns.running + longRuns.running).isZero();
        assertThat(run(longRuns, () -> "free")).isEqualTo("free");
    }

    @Test
    void aVersionWhoseRunsTurnOutLongMovesToThePool() {
        RunQueue<Object> queue = queue(1, 1, SHORT);

        for (int i = 0; i < 11; i++) {
            queue.ranAlone(5_000_000, 5_000_000, 1);
        }

        assertThat(queue.runsInPlace()).isFalse();
    }

    @Test
    void aVersionWhoseRunsOthersInterruptStaysWhereItIs() {
        RunQueue<Object> queue = queue(1, 1, SHORT);
        assertThat(queue.isInDoubt()).isFalse();

        for (int i = 0; i < 1_000; i++) {
            boolean measured = queue.isInDoubt();
            queue.ranAlone(5_000_000, measured ? 20_000 : 5_000_000, 1);
            measured = queue.isInDoubt();
            queue.ranTogether(5_000_000, measured ? 20_000 : 5_000_000, 8, 8);
        }

        assertThat(queue.runsInPlace()).isTrue();
    }

    @Test
    void fewLongRunsAreNoReasonToAskTheSystemForTheOthersOwnTime() {
        RunQueue<Object> queue = queue(1, 1, SHORT);

        for (int i = 0; i < 5; i++) {
            queue.ranAlone(5_000_000, 5_000_000, 1);
            assertThat(queue.isInDoubt()).isFalse();
        }
        queue.ranAlone(5_000_000, 5_000_000, 1);

        assertThat(queue.isInDoubt()).isTrue();
        assertThat(queue.runsInPlace()).isTrue();
    }

    private static Object aWhile() {
        long until = System.nanoTime() + 300_000;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        return "late";
    }

    @Test
    void runsThatWaitForACoreDoNotMoveAVersionToThePool() {
        try (RunScheduler idle = new RunScheduler(
                new SchedulingConfig(1, 0, Limit.fixed(1), Limit.fixed(8), 1, Duration.ZERO),
                () -> 0)) { // nobody ever has a core
            RunQueue<Object> queue = queue(1, 8, SHORT);

            for (int i = 0; i < 100; i++) {
                idle.run(
                        queue,
                        Deadline.after(Duration.ofSeconds(30)),
                        ErrorCode.DEADLINE_EXCEEDED,
                        alone(RunSchedulerTest::aWhile));
            }

            assertThat(queue.runsInPlace()).isTrue();
        }
    }

    @Test
    void whereOtherThreadsHelpTheClockDecides() {
        var limits = new RunQueue.Limits("fraud", Limit.fixed(1), Limit.fixed(8), 1);

        assertThat(new RunQueue<>(limits, LONG, true, _ -> {}).isInDoubt()).isTrue();
        assertThat(new RunQueue<>(limits, LONG, false, _ -> {}).isInDoubt()).isFalse();
    }

    @RepeatedTest(20)
    void whileARunHasNoCoreItsOwnTimeStandsStill() {
        RunTime time = RunTime.begin(THREAD_TIME);
        RunTime unmeasured = RunTime.begin(RunTime.UNKNOWN);
        long until = System.nanoTime() + 20_000_000;
        while (System.nanoTime() < until) {
            LockSupport.parkNanos(until - System.nanoTime());
        }
        time.end(1_000_000);
        unmeasured.end(1_000_000);

        assertThat(time.nanos()).isGreaterThanOrEqualTo(20_000_000);
        assertThat(time.ownNanos()).isLessThan(10_000_000);
        assertThat(unmeasured.ownNanos()).isEqualTo(unmeasured.nanos());
    }

    @Test
    void whatIsShortByTheClockIsNotLookedAtMoreClosely() {
        AtomicInteger looks = new AtomicInteger();
        RunTime time = RunTime.begin(looks::incrementAndGet);
        time.end(Long.MAX_VALUE);

        assertThat(looks).hasValue(1);
        assertThat(time.ownNanos()).isEqualTo(time.nanos());
    }

    @Test
    void aVersionWhoseRunsForSeveralTurnOutLongForEachMovesToThePool() {
        RunQueue<Object> queue = queue(1, 1, SHORT);

        for (int i = 0; i < 100; i++) {
            queue.ranTogether(900_000, 900_000, 8, 8); // too long in place, and not for each of them
        }
        assertThat(queue.runsInPlace()).isTrue();
        for (int i = 0; i < 11; i++) {
            queue.ranTogether(8_000_000, 8_000_000, 8, 8);
        }

        assertThat(queue.runsInPlace()).isFalse();
    }

    @Test
    void aBatchMayTakeTwiceWhatRunsForOneTakeNowWhateverTheFirstOnesTook() {
        RunQueue<Object> queue = queue(1, 1, LONG);
        long first = queue.longestBatch();

        for (int i = 0; i < 1_000; i++) {
            queue.ranAlone(50_000_000, 50_000_000, 1);
        }
        long slow = queue.longestBatch();
        for (int i = 0; i < 1_000; i++) {
            queue.ranAlone(1_000_000, 1_000_000, 1);
        }

        assertThat(first).isEqualTo(2 * LONG);
        assertThat(slow).isBetween(99_000_000L, 100_000_000L);
        assertThat(queue.longestBatch()).isEqualTo(5_000_000);
    }

    @Test
    void aSingleLongRunAmongShortOnesChangesNothing() {
        RunQueue<Object> queue = queue(1, 1, SHORT);

        for (int i = 0; i < 1000; i++) {
            queue.ranAlone(i % 500 == 0 ? 5_000_000 : 20_000, i % 500 == 0 ? 5_000_000 : 20_000, 1);
        }

        assertThat(queue.runsInPlace()).isTrue();
    }

    @Test
    void aQuickVersionLeavesThePoolHoweverLongTheWayThereIs() {
        ExecutorService distant = new DistantPool();
        try (RunScheduler withDistantPool = new RunScheduler(
                new SchedulingConfig(1, 0, Limit.fixed(1), Limit.fixed(0), 64, Duration.ZERO),
                RunTime.UNKNOWN,
                distant)) {
            RunQueue<Object> queue = queue(1, 0, LONG);

            for (int i = 0; i < 5_000 && !queue.runsInPlace(); i++) {
                withDistantPool.run(
                        queue,
                        Deadline.after(Duration.ofSeconds(30)),
                        ErrorCode.DEADLINE_EXCEEDED,
                        alone(() -> "quick"));
            }

            assertThat(queue.runsInPlace()).isTrue();
        }
    }

    /** Takes longer to begin a run than a run in place may last. */
    private static final class DistantPool extends AbstractExecutorService {
        @Override
        public void execute(Runnable run) {
            for (long begun = System.nanoTime(); System.nanoTime() - begun < 250_000; ) {
                Thread.onSpinWait();
            }
            run.run();
        }

        @Override
        public void shutdown() {}

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return true;
        }

        @Override
        public boolean isTerminated() {
            return true;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }
    }

    private static RunQueue<Object> queue(int maxConcurrency, int maxQueue, long expectedNanos) {
        return new RunQueue<>(
                new RunQueue.Limits("fraud", Limit.fixed(maxConcurrency), Limit.fixed(maxQueue), 1),
                expectedNanos,
                true,
                _ -> {});
    }

    private static Work<Object> alone(Supplier<?> work) {
        return alone(work, Priority.DEFAULT);
    }

    private static Work<Object> alone(Supplier<?> work, Priority priority) {
        return new Work<>() {
            @Override
            public Priority priority() {
                return priority;
            }

            @Override
            public Object run() {
                return work.get();
            }

            @Override
            public Deadline deadline() {
                return Deadline.after(Duration.ofSeconds(30));
            }
        };
    }

    @SuppressWarnings("unchecked") // what the supplier gives
    private <T> T run(RunQueue<Object> queue, Supplier<T> work) {
        return (T) scheduler
                .run(queue, Deadline.after(Duration.ofSeconds(30)), ErrorCode.DEADLINE_EXCEEDED, alone(work))
                .result();
    }

    /** {@return one who waits for his turn behind {@link #occupy}, and gets {@code waited}} */
    private Future<String> occupyAndWait(RunQueue<Object> queue) throws Exception {
        occupy(queue);
        Future<String> waiting = callers.submit(() -> run(queue, () -> "waited"));
        awaitWaiting(queue, 1);
        return waiting;
    }

    /** Takes one slot of the queue until the gate opens. */
    private void occupy(RunQueue<Object> queue) throws InterruptedException {
        occupy(queue, gate);
    }

    private void occupy(RunQueue<Object> queue, CountDownLatch until) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        var _ = callers.submit(() -> run(queue, () -> {
            begun.countDown();
            try {
                until.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return "occupied";
        }));
        begun.await();
    }

    private static void awaitWaiting(RunQueue<?> queue, int count) {
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> queue.waiting.size() == count);
    }
}
