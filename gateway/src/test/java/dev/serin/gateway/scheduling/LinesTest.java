package dev.serin.gateway.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.gateway.error.ServingException;
import dev.serin.inference.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The test's own thread plays all callers, so that nobody comes to a slot before the test has him come. */
class LinesTest {
    private static final long SHORT = 10_000;
    private static final long LONG = 10_000_000;

    private final List<Entry<?>> begunInPool = new ArrayList<>();
    private final Lines lines = new Lines(
            new SchedulingConfig(2, 0, Limit.fixed(2), Limit.fixed(64), 64, Duration.ZERO), new Lines.Starter() {
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

    private List<Entry<Object>> batchOf(RunQueue<Object> queue, Entry<Object> first) {
        List<Entry<Object>> batch = new ArrayList<>(List.of(first));
        lines.takeAlong(queue, batch);
        return batch;
    }

    private static RunQueue<Object> queue(long expectedNanos, int maxQueue) {
        return new RunQueue<>(
                new RunQueue.Limits("fraud", Limit.fixed(1), Limit.fixed(maxQueue), 64), expectedNanos, true, _ -> {});
    }

    /** @param seconds until its deadline */
    private static Entry<Object> entry(int seconds) {
        Deadline deadline = Deadline.after(Duration.ofSeconds(seconds));
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
