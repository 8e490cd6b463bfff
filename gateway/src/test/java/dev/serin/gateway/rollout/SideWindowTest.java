package dev.serin.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class SideWindowTest {
    private static final long ORIGIN = -7_000_000_000_000L; // nanoTime may be anything
    private static final long SECOND = 1_000_000_000;

    private final AtomicLong clock = new AtomicLong(ORIGIN);
    private final SideWindow window = new SideWindow(Duration.ofMinutes(5), clock::get); // slices of 10 s

    private void at(long seconds) {
        clock.set(ORIGIN + seconds * SECOND);
    }

    private Sample sample() {
        return window.sample(ORIGIN);
    }

    @Test
    void everyKindIsCounted() {
        window.request(Outcome.ANSWERED, 2_000_000);
        window.request(Outcome.FAILED, 4_000_000);
        window.request(Outcome.FAILED, 0);
        window.request(Outcome.NOT_COUNTED, 8_000_000);
        window.compared(true);
        window.compared(false);

        Sample sample = sample();
        assertThat(sample.requests()).isEqualTo(3);
        assertThat(sample.errors()).isEqualTo(2);
        assertThat(sample.comparisons()).isEqualTo(2);
        assertThat(sample.disagreements()).isEqualTo(1);
        assertThat(sample.latencies().total())
                .as("what never ran has no latency")
                .isEqualTo(2);
    }

    @Test
    void whatIsOlderThanTheWindowFallsOut() {
        window.request(Outcome.FAILED, 1);
        at(285);
        window.request(Outcome.ANSWERED, 1);

        at(299);
        assertThat(sample().requests()).isEqualTo(2);
        at(300);
        assertThat(sample().requests()).isEqualTo(1);
        at(580);
        assertThat(sample().requests()).isZero();
    }

    @Test
    void aSliceOfFormerTimesIsNotAddedTo() {
        window.request(Outcome.FAILED, 1);
        at(301);
        window.request(Outcome.ANSWERED, 1);

        assertThat(sample().requests()).isEqualTo(1);
        assertThat(sample().errors()).isZero();
    }

    @Test
    void slicesThatBeganBeforeAChangeAreLeftOut() {
        at(5);
        window.request(Outcome.FAILED, 1);
        at(12);
        window.request(Outcome.ANSWERED, 1);

        assertThat(window.sample(ORIGIN + 3 * SECOND).requests()).isEqualTo(1);
        assertThat(window.sample(ORIGIN + 10 * SECOND).requests()).isEqualTo(1);
        assertThat(window.sample(ORIGIN + 11 * SECOND).requests()).isZero();
    }

    @Test
    void windowsOfAnyLengthAreCountedIn() {
        for (Duration length : List.of(Duration.ofNanos(1), Duration.ofDays(400_000), Duration.ofHours(3))) {
            SideWindow other = new SideWindow(length, clock::get);
            other.request(Outcome.ANSWERED, 1);

            assertThat(other.sample(clock.get()).requests()).isEqualTo(1);
        }
    }

    @RepeatedTest(20)
    void nothingIsLostBetweenThreads() throws Exception {
        int threads = 4;
        long each = 5_000;
        CountDownLatch start = new CountDownLatch(1);
        List<Future<?>> counting = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            for (int t = 0; t < threads; t++) {
                counting.add(executor.submit(() -> {
                    start.await();
                    for (int i = 0; i < each; i++) {
                        clock.addAndGet(SECOND / 100); // 200 s in all: new slices all the time
                        window.request(i % 10 == 0 ? Outcome.FAILED : Outcome.ANSWERED, 1_000L * i);
                        window.compared(i % 2 == 0);
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> one : counting) {
                one.get();
            }
        }

        Sample sample = sample();
        assertThat(sample.requests()).isEqualTo(threads * each);
        assertThat(sample.errors()).isEqualTo(threads * each / 10);
        assertThat(sample.comparisons()).isEqualTo(threads * each);
        assertThat(sample.disagreements()).isEqualTo(threads * each / 2);
    }

    @Test
    void whoIsAWholeWindowLateCountsIntoNothing() {
        at(305);
        window.request(Outcome.ANSWERED, 1);
        at(5);
        window.request(Outcome.FAILED, 1);
        at(305);

        assertThat(sample().requests()).isEqualTo(1);
        assertThat(sample().errors()).isZero();
    }
}
