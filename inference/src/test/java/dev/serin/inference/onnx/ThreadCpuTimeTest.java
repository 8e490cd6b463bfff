package dev.serin.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class ThreadCpuTimeTest {
    @RepeatedTest(20)
    void timeIsThatOfTheJvmsOwnClockForThisThread() {
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long between = ThreadCpuTime.nanos();
        long after = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

        assertThat(between).isBetween(before, after);
    }

    @Test
    void waitingTakesNone() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        FutureTask<Long> waiting = new FutureTask<>(() -> {
            long before = ThreadCpuTime.nanos();
            end.await();
            return ThreadCpuTime.nanos() - before;
        });
        Thread thread = Thread.ofPlatform().start(waiting);
        long began = ThreadCpuTime.nanos();
        while (thread.getState() != Thread.State.WAITING || ThreadCpuTime.nanos() - began < 50_000_000) {
            Thread.onSpinWait();
        }
        end.countDown();

        assertThat(waiting.get()).isBetween(0L, 40_000_000L);
    }

    @Test
    void virtualThreadsAreToldToo() throws Exception {
        FutureTask<Long> asked = new FutureTask<>(ThreadCpuTime::nanos);
        Thread.ofVirtual().start(asked).join();

        assertThat(asked.get()).isPositive();
    }
}
