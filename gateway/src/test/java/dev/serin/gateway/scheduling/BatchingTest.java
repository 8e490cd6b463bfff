package dev.serin.gateway.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.scheduling.RunScheduler.Ran;
import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests in line for one version as one run. */
@Timeout(60)
class BatchingTest {
    private static final long SHORT = 10_000;
    private static final long LONG = 300_000; // too long to be run in place, and short enough to be put together

    private final RunScheduler scheduler = new RunScheduler(
            new SchedulingConfig(2, 0, Limit.fixed(2), Limit.fixed(64), 8, Duration.ZERO), RunTime.UNKNOWN);
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final List<Integer> rows = Collections.synchronizedList(new ArrayList<>());
    private final List<String> runs = Collections.synchronizedList(new ArrayList<>());
    private final List<Integer> begun = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() {
        gate.countDown();
        callers.close();
        scheduler.close();
    }

    private RunQueue<String> queue(long expectedNanos) {
        return new RunQueue<>(
                new RunQueue.Limits("fraud", Limit.fixed(1), Limit.fixed(1_000), 8), expectedNanos, true, rows::add);
    }

    /** Answers with its own name; the shape says what it can be put together with. */
    private class Named implements Work<String> {
        final String name;
        final int rows;
        final String shape;
        final Deadline deadline;

        Named(String name, int rows, String shape, Deadline deadline) {
            this.name = name;
            this.rows = rows;
            this.shape = shape;
            this.deadline = deadline;
        }

        Named(String name) {
            this(name, 1, "", Deadline.after(Duration.ofSeconds(30)));
        }

        @Override
        public String run() {
            runs.add(name);
            if (name.startsWith("bad")) {
                throw new InferenceException("bad input");
            }
            return "for " + name;
        }

        @Override
        public void begins(int requests) {
            begun.add(requests);
        }

        @Override
        public Deadline deadline() {
            return deadline;
        }

        @Override
        public int rows() {
            return rows;
        }

        @Override
        public boolean joins(Work<String> other) {
            return ((Named) other).shape.equals(shape);
        }

        @Override
        public Together<String> together(List<? extends Work<String>> all) {
            List<String> names = all.stream().map(work -> ((Named) work).name).toList();
            return new Together<>() {
                @Override
                public List<String> run(Deadline until) {
                    runs.add(String.join("+", names));
                    if (names.stream().anyMatch(each -> each.startsWith("bad"))) {
                        throw new InferenceException("bad input");
                    }
                    if (names.stream().anyMatch(each -> each.startsWith("large"))) {
                        throw new OutOfMemoryError("no room for all");
                    }
                    whileTogether(until);
                    return names.stream().map(each -> "for " + each).toList();
                }

                @Override
                public void close() {
                    runs.add("closed");
                }
            };
        }

        void whileTogether(Deadline until) {}
    }

    private Future<Ran<String>> submit(RunQueue<String> queue, Work<String> work) {
        return submit(queue, Deadline.after(Duration.ofSeconds(30)), work);
    }

    private Future<Ran<String>> submit(RunQueue<String> queue, Deadline until, Work<String> work) {
        int waiting = queue.waiting.size();
        Future<Ran<String>> future =
                callers.submit(() -> scheduler.run(queue, until, ErrorCode.DEADLINE_EXCEEDED, work));
        awaitWaiting(queue, waiting + 1);
        return future;
    }

    /** Takes the one slot of the line until the gate opens. */
    private void occupy(RunQueue<String> queue) throws InterruptedException {
        occupy(queue, gate);
    }

    private void occupy(RunQueue<String> queue, CountDownLatch until) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        var _ = callers.submit(() -> scheduler.run(
                queue, Deadline.after(Duration.ofSeconds(30)), ErrorCode.DEADLINE_EXCEEDED, new Named("first") {
                    @Override
                    public String run() {
                        begun.countDown();
                        try {
                            until.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        return "";
                    }
                }));
        begun.await();
    }

    private static void awaitWaiting(RunQueue<?> queue, int count) {
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> queue.waiting.size() == count);
    }

    @ParameterizedTest
    @ValueSource(longs = {SHORT, LONG})
    void whoWaitsForOneVersionIsRunTogether(long expectedNanos) throws Exception {
        RunQueue<String> queue = queue(expectedNanos);
        occupy(queue);
        Future<Ran<String>> a = submit(queue, new Named("a"));
        Future<Ran<String>> b = submit(queue, new Named("b"));
        Future<Ran<String>> c = submit(queue, new Named("c"));
        gate.countDown();

        assertThat(a.get().result()).isEqualTo("for a");
        assertThat(b.get().result()).isEqualTo("for b");
        assertThat(c.get().result()).isEqualTo("for c");
        assertThat(b.get().requests()).isEqualTo(3);
        assertThat(runs).containsExactly("a+b+c", "closed");
        assertThat(rows).containsExactly(1, 3); // the one that they waited for
    }

    @Test
    void whereADelayWasAskedForARunWaitsUntilOthersFillItsBatch() throws Exception {
        try (RunScheduler patient = withDelay(Duration.ofMinutes(1))) {
            RunQueue<String> queue = queue(SHORT);
            List<Future<Ran<String>>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(callers.submit(() -> patient.run(
                        queue, Deadline.after(Duration.ofMinutes(1)), ErrorCode.DEADLINE_EXCEEDED, new Named("a"))));
            }

            for (Future<Ran<String>> each : all) {
                assertThat(each.get(20, TimeUnit.SECONDS).requests()).isEqualTo(8);
            }
        }
    }

    @Test
    void aDelayEndsWhereNobodyComes() {
        try (RunScheduler patient = withDelay(Duration.ofMillis(2))) {
            Ran<String> ran = patient.run(
                    queue(SHORT), Deadline.after(Duration.ofSeconds(30)), ErrorCode.DEADLINE_EXCEEDED, new Named("a"));

            assertThat(ran.requests()).isEqualTo(1);
            assertThat(ran.queueNanos()).isBetween(2_000_000L, 10_000_000_000L); // and not half of its deadline
        }
    }

    @Test
    void aDelayLeavesHalfOfTheTimeThatThereIsToTheRun() {
        try (RunScheduler patient = withDelay(Duration.ofMinutes(1))) {
            Ran<String> ran = patient.run(
                    queue(SHORT), Deadline.after(Duration.ofMillis(400)), ErrorCode.DEADLINE_EXCEEDED, new Named("a"));

            assertThat(ran.requests()).isEqualTo(1);
        }
    }

    @Test
    void whoCanRunAloneOnlyWaitsForNobody() {
        RunQueue<String> unbatched = new RunQueue<>(
                new RunQueue.Limits("fraud", Limit.fixed(1), Limit.fixed(1_000), 1), SHORT, true, rows::add);
        try (RunScheduler patient = withDelay(Duration.ofMinutes(1))) {
            for (RunQueue<String> queue : List.of(unbatched, queue(SHORT))) {
                Ran<String> ran = patient.run(
                        queue,
                        Deadline.after(Duration.ofMinutes(1)),
                        ErrorCode.DEADLINE_EXCEEDED,
                        new Named("a", queue == unbatched ? 1 : 0, "", Deadline.after(Duration.ofMinutes(1))));

                assertThat(ran.queueNanos()).isLessThan(10_000_000_000L);
            }
        }
    }

    private static RunScheduler withDelay(Duration delay) {
        return new RunScheduler(new SchedulingConfig(1, 0, Limit.fixed(1), Limit.fixed(64), 8, delay), RunTime.UNKNOWN);
    }

    @Test
    void whatDoesNotFitKeepsItsPlaceAndABatchNeverExceedsItsRows() throws Exception {
        RunQueue<String> queue = queue(LONG);
        Deadline deadline = Deadline.after(Duration.ofSeconds(30));
        occupy(queue);
        List<Future<Ran<String>>> all = List.of(
                submit(queue, new Named("a", 5, "", deadline)),
                submit(queue, new Named("other", 1, "wide", deadline)),
                submit(queue, new Named("large", 4, "", deadline)),
                submit(queue, new Named("alone", 0, "", deadline)),
                submit(queue, new Named("b", 3, "", deadline)));
        gate.countDown();
        for (Future<Ran<String>> each : all) {
            each.get();
        }

        assertThat(runs).containsExactly("a+b", "closed", "other", "large", "alone");
    }

    @Test
    void oneBadInputFailsAloneAndItsMatesAreAnswered() throws Exception {
        RunQueue<String> queue = queue(LONG);
        occupy(queue);
        Future<Ran<String>> a = submit(queue, new Named("a"));
        Future<Ran<String>> bad = submit(queue, new Named("bad"));
        Future<Ran<String>> c = submit(queue, new Named("c"));
        gate.countDown();

        assertThat(a.get().result()).isEqualTo("for a");
        assertThat(c.get().result()).isEqualTo("for c");
        assertThatThrownBy(bad::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InferenceException.class);
        assertThat(runs).containsExactly("a+bad+c", "closed", "a", "bad", "c");
        assertThat(begun).containsExactly(1, 3, 3, 3, 1, 1, 1); // the first of them is what they waited for
    }

    @ParameterizedTest
    @ValueSource(longs = {SHORT, LONG})
    void ofABatchThatFailsEachHasHisAnswerBeforeTheNextIsRun(long expectedNanos) throws Exception {
        RunQueue<String> queue = queue(expectedNanos);
        occupy(queue);
        Future<Ran<String>> a = submit(queue, new Named("a"));
        List<String> answered = Collections.synchronizedList(new ArrayList<>());
        Future<Ran<String>> bad = submit(queue, new Named("bad") {
            @Override
            public String run() {
                answered.add(resultOf(a));
                return super.run();
            }
        });
        gate.countDown();

        assertThatThrownBy(bad::get).hasCauseInstanceOf(InferenceException.class);
        assertThat(answered).containsExactly("for a");
    }

    private static String resultOf(Future<Ran<String>> future) {
        try {
            return future.get(5, TimeUnit.SECONDS).result();
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            return "none: " + e;
        }
    }

    @Test
    void whoWaitsToBeRunAgainMayLeaveAtHisDeadline() throws Exception {
        RunQueue<String> queue = queue(LONG);
        occupy(queue);
        CountDownLatch left = new CountDownLatch(1);
        Future<Ran<String>> bad = submit(queue, new Named("bad") {
            @Override
            public Priority priority() {
                return Priority.PINNED; // goes first, though he has more time
            }

            @Override
            public String run() {
                awaitQuietly(left);
                return super.run();
            }
        });
        Deadline soon = Deadline.after(Duration.ofMillis(300));
        Future<Ran<String>> b = submit(queue, soon, new Named("b", 1, "", soon));
        gate.countDown();

        assertThatThrownBy(() -> b.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(DeadlineExceededException.class);
        left.countDown();
        assertThatThrownBy(bad::get).hasCauseInstanceOf(InferenceException.class);
        awaitFree(queue);
        assertThat(runs).containsExactly("bad+b", "closed", "bad");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitFree(RunQueue<?> queue) {
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> queue.running == 0);
    }

    @Test
    void aBatchThatHasNoRoomIsRunOneByOneAndTheNextIsHalfAsLarge() throws Exception {
        RunQueue<String> queue = queue(LONG);
        occupy(queue);
        List<Future<Ran<String>>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(submit(queue, new Named("large" + i)));
        }
        gate.countDown();
        for (int i = 0; i < 8; i++) {
            assertThat(all.get(i).get().result()).isEqualTo("for large" + i);
        }
        runs.clear();
        awaitFree(queue);
        CountDownLatch again = new CountDownLatch(1);
        occupy(queue, again);
        all.clear();
        for (int i = 0; i < 6; i++) {
            all.add(submit(queue, new Named("n")));
        }
        again.countDown();
        for (Future<Ran<String>> each : all) {
            each.get();
        }

        assertThat(runs).startsWith("n+n+n+n", "closed");
    }

    @ParameterizedTest
    @ValueSource(longs = {SHORT, LONG})
    void whateverIsThrownEachIsToldAndTheSlotIsFree(long expectedNanos) throws Exception {
        RunQueue<String> queue = queue(expectedNanos);
        occupy(queue);
        Future<Ran<String>> broken = submit(queue, new Named("broken") {
            @Override
            public boolean joins(Work<String> other) {
                throw new IllegalStateException("foreseen by nobody");
            }
        });
        Future<Ran<String>> host = submit(queue, new Named("host", 1, "", Deadline.after(Duration.ofSeconds(60))) {
            @Override
            void whileTogether(Deadline until) {
                throw new StackOverflowError("too deep");
            }
        });
        Future<Ran<String>> mate = submit(queue, new Named("mate"));
        gate.countDown();

        assertThatThrownBy(() -> broken.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("foreseen by nobody");
        assertThatThrownBy(() -> host.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("too deep");
        assertThatThrownBy(() -> mate.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("too deep");
        awaitFree(queue);
        Ran<String> next = scheduler.run(
                queue, Deadline.after(Duration.ofSeconds(30)), ErrorCode.DEADLINE_EXCEEDED, new Named("next"));
        assertThat(next.result()).isEqualTo("for next");
    }

    @Test
    void aCallersOwnThreadRunsHisRequestAndNobodyElses() throws Exception {
        RunQueue<String> queue = queue(SHORT);
        occupy(queue);
        List<Thread> own = Collections.synchronizedList(new ArrayList<>());
        List<Thread> ran = Collections.synchronizedList(new ArrayList<>());
        List<Future<Ran<String>>> all = new ArrayList<>();
        for (String shape : List.of("a", "b")) { // which cannot be put together
            all.add(submit(queue, new Named(shape, 1, shape, Deadline.after(Duration.ofSeconds(30))) {
                @Override
                public Priority priority() { // asked on its own thread
                    own.add(Thread.currentThread());
                    return Priority.DEFAULT;
                }

                @Override
                public String run() {
                    ran.add(Thread.currentThread());
                    return super.run();
                }
            }));
        }
        gate.countDown();
        for (Future<Ran<String>> each : all) {
            each.get();
        }

        assertThat(ran).isEqualTo(own);
    }

    @Test
    void whoseDeadlinePassesLeavesHisBatchAndHisMatesAreAnswered() throws Exception {
        RunQueue<String> queue = queue(LONG);
        occupy(queue);
        CountDownLatch left = new CountDownLatch(1);
        Deadline patient = Deadline.after(Duration.ofSeconds(30));
        Deadline[] ofTheRun = new Deadline[1];
        Future<Ran<String>> a = submit(queue, new Named("a", 1, "", patient) {
            @Override
            void whileTogether(Deadline until) {
                ofTheRun[0] = until;
                try {
                    left.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        Deadline soon = Deadline.after(Duration.ofMillis(300));
        Future<Ran<String>> b = submit(queue, soon, new Named("b", 1, "", soon));
        gate.countDown();

        assertThatThrownBy(b::get).hasCauseInstanceOf(DeadlineExceededException.class);
        left.countDown();
        assertThat(a.get().result()).isEqualTo("for a");
        assertThat(ofTheRun[0]).isEqualTo(patient);
    }

    @ParameterizedTest
    @ValueSource(longs = {SHORT, LONG})
    void aHotModelsBatchesTakeTurnsWithAnothersRuns(long expectedNanos) throws Exception {
        RunQueue<String> hot = queue(expectedNanos);
        RunQueue<String> quiet = queue(expectedNanos);
        CountDownLatch heldBack = new CountDownLatch(1);
        occupy(queue(LONG), heldBack); // one slot is left: what runs runs in the order of the turns
        occupy(hot);
        List<Future<Ran<String>>> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(submit(hot, new Named("h")));
        }
        all.add(submit(quiet, new Named("quiet")));
        gate.countDown();
        try {
            for (Future<Ran<String>> each : all) {
                each.get();
            }
        } finally {
            heldBack.countDown();
        }

        assertThat(runs.stream().filter(run -> !run.equals("closed")).toList().indexOf("quiet"))
                .isBetween(0, 1);
    }

    @RepeatedTest(30)
    void manyCallersGetTheirOwnAnswersAndLeaveEverySlotFree() throws Exception {
        RunQueue<String> quick = queue(SHORT);
        RunQueue<String> slow = queue(LONG);
        List<Future<Ran<String>>> all = IntStream.range(0, 300)
                .mapToObj(i -> callers.submit(() -> scheduler.run(
                        i % 3 == 0 ? slow : quick,
                        Deadline.after(Duration.ofSeconds(30)),
                        ErrorCode.DEADLINE_EXCEEDED,
                        new Named(i % 50 == 7 ? "bad" + i : "n" + i))))
                .toList();

        for (int i = 0; i < all.size(); i++) {
            if (i % 50 == 7) {
                assertThatThrownBy(all.get(i)::get).hasCauseInstanceOf(InferenceException.class);
            } else {
                assertThat(all.get(i).get().result()).isEqualTo("for n" + i);
            }
        }
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> quick.running + slow.running == 0);
        assertThat(scheduler.isCrowded()).isFalse();
    }

    /** Callers who leave take away what their work stands on; whoever uses it then finds that out. */
    private class Owned extends Named {
        private volatile boolean open = true;

        Owned(String name, Deadline deadline) {
            super(name, 1, "", deadline);
        }

        private void use() {
            for (long begun = System.nanoTime(); System.nanoTime() - begun < 20_000; ) {
                Thread.onSpinWait();
            }
            if (!open) {
                misuses.add(name);
            }
        }

        @Override
        public String run() {
            use();
            return super.run();
        }

        @Override
        public Together<String> together(List<? extends Work<String>> all) {
            all.forEach(work -> ((Owned) work).use());
            return super.together(all);
        }

        @Override
        void whileTogether(Deadline until) {
            use(); // the host's lease holds the session
        }
    }

    private final List<String> misuses = Collections.synchronizedList(new ArrayList<>());

    @RepeatedTest(100)
    void nothingOfACallerIsUsedOnceHeHasLeft() throws Exception {
        RunQueue<String> queue = queue(LONG);
        RunQueue<String> quick = queue(SHORT);
        List<Future<String>> all = IntStream.range(0, 200)
                .mapToObj(i -> callers.submit(() -> {
                    Deadline soon = Deadline.after(Duration.ofNanos(1_000L * (i * 7919 % 3_000)));
                    Owned work = new Owned(i % 20 == 3 ? "bad" + i : "n" + i, soon);
                    try {
                        return scheduler
                                .run(i % 2 == 0 ? quick : queue, soon, ErrorCode.DEADLINE_EXCEEDED, work)
                                .result();
                    } catch (InferenceException e) {
                        return "left";
                    } catch (ServingException e) {
                        return e.code().name();
                    } finally {
                        work.open = false;
                    }
                }))
                .toList();
        for (int i = 0; i < all.size(); i++) {
            assertThat(all.get(i).get()).isIn("for n" + i, "left", ErrorCode.DEADLINE_EXCEEDED.name());
        }
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> queue.running + quick.running == 0);
        assertThat(misuses).isEmpty();
        assertThat(scheduler.isCrowded()).isFalse();
    }
}
