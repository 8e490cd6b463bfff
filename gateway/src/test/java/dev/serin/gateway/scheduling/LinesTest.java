package dev.serin.gateway.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.gateway.error.ServingException;
import dev.serin.inference.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The test's own thread plays all callers, so that nobody comes to a slot before the test has him come. */
class LinesTest {
    private static final long SHORT = 10_000;
    private static final long LONG = 10_000_000;

    private final AtomicLong now = new AtomicLong();
    private final List<Entry<?>> begunInPool = new ArrayList<>();
    private final Lines lines = new Lines(
            new SchedulingConfig(2, 0, Limit.fixed(2), Limit.fixed(64), 64, Duration.ZERO),
            now::get,
            new Lines.Starter() {
                @Override
                public <R> void begin(RunQueue<R> queue, Entry<R> first) {
                    first.use();
                    begunInPool.add(first);
                }
            });

    @Test
    void whoHasACoreTakesTheSlotOfOneWhoWasCalledAndHasNotComeAndTakesHimAlong() {
        RunQueue<Object> queue = queue(SHORT, 8);
        lines.enter(queue, entry(1));
        Entry<Object> called = entry(2);
        lines.enter(queue, called);
        lines.release(queue, 1);

        Entry<Object> here = entry(3);
        boolean hasSlot = lines.enter(queue, here);

        assertThat(hasSlot).isTrue();
        assertThat(queue.running).isEqualTo(1);
        assertThat(lines.claim(queue, called)).isFalse();
        assertThat(called.isWaiting()).isTrue();
        assertThat(batchOf(queue, here)).containsExactly(here, called);
    }

    @Test
    void whoseSlotWasTakenIsCalledAgainBeforeThoseBehindHim() {
        RunQueue<Object> queue = queue(SHORT, 8);
        lines.enter(queue, entry(1));
        Entry<Object> called = entry(2);
        Entry<Object> behind = entry(3);
        lines.enter(queue, called);
        lines.enter(queue, behind);
        lines.release(queue, 1);
        lines.enter(queue, entry(4));

        lines.release(queue, 1);

        assertThat(lines.claim(queue, behind)).isFalse();
        assertThat(lines.claim(queue, called)).isTrue();
    }

    @Test
    void whoComesKeepsTheSlotToWhichHeWasCalled() {
        RunQueue<Object> queue = queue(SHORT, 8);
        lines.enter(queue, entry(1));
        Entry<Object> called = entry(2);
        lines.enter(queue, called);
        lines.release(queue, 1);

        assertThat(lines.claim(queue, called)).isTrue();
        assertThat(lines.enter(queue, entry(3))).isFalse();
        assertThat(lines.claim(queue, called)).isFalse();
    }

    @Test
    void aFullLineRefusesNobodyWhoFindsASlotWithoutItsOwner() {
        RunQueue<Object> queue = queue(SHORT, 1);
        lines.enter(queue, entry(1));
        lines.enter(queue, entry(2));
        assertThatThrownBy(() -> lines.enter(queue, entry(3))).isInstanceOf(ServingException.class);
        assertThatThrownBy(() -> lines.refuseEarly(queue)).isInstanceOf(ServingException.class);

        lines.release(queue, 1);

        lines.refuseEarly(queue);
        assertThat(lines.enter(queue, entry(4))).isTrue();
    }

    @Test
    void whoWaitsForAThreadOfThePoolNeedNotComeHimself() {
        RunQueue<Object> queue = queue(LONG, 8);
        lines.enter(queue, entry(1));
        Entry<Object> next = entry(2);
        lines.enter(queue, next);

        lines.release(queue, 1);

        assertThat(begunInPool).containsExactly(next);
        assertThat(lines.enter(queue, entry(3))).isFalse();
    }

    @Test
    void aTrialOfOneRunFewerKeepsASlotFree() {
        RunQueue<Object> queue = new RunQueue<>(
                new RunQueue.Limits("fraud", Limit.upTo(2), Limit.fixed(1_000_000), 1), LONG, true, _ -> {});
        for (int i = 0; i < 1_000; i++) {
            lines.enter(queue, entry(1));
        }
        assertThat(queue.running).isEqualTo(2);

        int fewest = 2;
        for (int i = 0;
                i < 600;
                i++) { // of 5 ms each, two at a time: more than the first pause, and all of a trial's first half
            now.addAndGet(RunLimit.LEAST_NANOS / 4);
            lines.release(queue, 1);
            fewest = Math.min(fewest, queue.running);
        }

        assertThat(fewest).isEqualTo(1);
    }

    @Test
    void whileARunWaitsForOthersWhoFindsNoRoomInLineTakesASlotThatIsFree() {
        RunQueue<Object> queue =
                new RunQueue<>(new RunQueue.Limits("fraud", Limit.fixed(2), Limit.fixed(0), 64), SHORT, true, _ -> {});
        lines.enter(queue, entry(1));
        lines.beginGathering(queue);

        assertThat(lines.enter(queue, entry(2))).isTrue();
        assertThatThrownBy(() -> lines.enter(queue, entry(3))).isInstanceOf(ServingException.class);
    }

    @Test
    void aRunWaitsForOthersOnlyAsLongAsMoreMayWait() {
        RunQueue<Object> queue =
                new RunQueue<>(new RunQueue.Limits("fraud", Limit.fixed(2), Limit.fixed(1), 64), SHORT, true, _ -> {});
        Entry<Object> first = entry(1);
        lines.enter(queue, first);
        lines.beginGathering(queue);
        assertThat(lines.fillsBatch(queue, first)).isFalse();

        assertThat(lines.enter(queue, entry(2))).isFalse();

        assertThat(lines.fillsBatch(queue, first)).isTrue();
    }

    private List<Entry<Object>> batchOf(RunQueue<Object> queue, Entry<Object> first) {
        List<Entry<Object>> batch = new ArrayList<>(List.of(first));
        lines.takeAlong(queue, batch);
        return batch;
    }

    private static RunQueue<Object> queue(long expectedNanos, int maxQueue) {
        return new RunQueue<>(
                new RunQueue.Limits("fraud", Limit.fixed(1), Limit.fixed(maxQueue), 64), expectedNanos, true, _ -> {});
    }

    /** @param minutes until its deadline */
    private static Entry<Object> entry(int minutes) {
        Deadline deadline = Deadline.after(Duration.ofMinutes(minutes));
        return new Entry<>(
                new Work<>() {
                    @Override
                    public Object run() {
                        throw new UnsupportedOperationException("Nothing is run here");
                    }

                    @Override
                    public Deadline deadline() {
                        return deadline;
                    }

                    @Override
                    public int rows() {
                        return 1;
                    }

                    @Override
                    public boolean joins(Work<Object> other) {
                        return true;
                    }
                },
                deadline);
    }
}
