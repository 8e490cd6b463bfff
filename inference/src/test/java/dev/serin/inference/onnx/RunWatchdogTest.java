package dev.serin.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.inference.Deadline;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RunWatchdogTest {
    private static final Deadline PASSED = Deadline.after(Duration.ZERO);

    static {
        OnnxRuntime.start(1).close(); // run options need the library
    }

    @Test
    void wakesUpForARunAfterALongSilence() {
        try (RunWatchdog watchdog = new RunWatchdog(0)) {
            for (int i = 0; i < 100; i++) {
                await(watchdog::isAsleep);
                RunSlot slot = watchdog.begin(PASSED);
                await(slot::isTerminated);
                assertThat(slot.end()).isTrue();
            }
        }
    }

    @Test
    void aSlotIsUsedAgainWithoutAnythingLeftOfTheRunBefore() {
        try (RunWatchdog watchdog = new RunWatchdog()) {
            RunSlot first = watchdog.begin(PASSED);
            await(first::isTerminated);
            first.end();

            RunSlot second = watchdog.begin(Deadline.after(Duration.ofMinutes(1)));
            assertThat(second).isSameAs(first);
            assertThat(second.end()).isFalse();
        }
    }

    @Test
    void runsAtOnceHaveSlotsOfTheirOwn() {
        try (RunWatchdog watchdog = new RunWatchdog()) {
            RunSlot hasty = watchdog.begin(PASSED);
            RunSlot patient = watchdog.begin(Deadline.after(Duration.ofMinutes(1)));
            await(hasty::isTerminated);

            assertThat(patient.end()).isFalse();
            assertThat(hasty.end()).isTrue();
        }
    }

    @Test
    void endingAllRunsCutsOffThoseWithTimeLeftAndWaitsForThem() throws Exception {
        try (RunWatchdog watchdog = new RunWatchdog();
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            RunSlot patient = watchdog.begin(Deadline.after(Duration.ofMinutes(1)));
            Future<Boolean> ended = other.submit(() -> watchdog.endRuns(Duration.ofSeconds(20)));
            await(patient::isTerminated);
            assertThat(ended.isDone()).isFalse();

            assertThat(patient.end()).isTrue();

            assertThat(ended.get()).isTrue();
        }
    }

    @Test
    void aRunThatCannotBeCutOffIsWaitedForNoLongerThanSaid() {
        try (RunWatchdog watchdog = new RunWatchdog()) {
            RunSlot stuck = watchdog.begin(Deadline.after(Duration.ofMinutes(1)));

            assertThat(watchdog.endRuns(Duration.ofMillis(20))).isFalse();

            stuck.end();
        }
    }

    @Test
    void aRunThatEndsAfterTheCloseTouchesNothingThatIsFreed() {
        RunWatchdog watchdog = new RunWatchdog();
        RunSlot late = watchdog.begin(PASSED);
        await(late::isTerminated);
        watchdog.close();

        assertThat(late.end()).isTrue();
        assertThat(late.end()).isTrue();
    }

    @Test
    void takesNoRunsWhenClosed() {
        RunWatchdog watchdog = new RunWatchdog();
        watchdog.begin(Deadline.after(Duration.ofMinutes(1))).end();
        watchdog.close();
        watchdog.close();

        assertThatThrownBy(() -> watchdog.begin(PASSED)).isInstanceOf(IllegalStateException.class);
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }
}
