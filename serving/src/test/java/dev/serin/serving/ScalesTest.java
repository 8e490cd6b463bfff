package dev.serin.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.serving.Scales.Weighing;
import java.util.OptionalLong;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ScalesTest {
    private static final long MB = 1_000_000;

    private final AtomicLong inUse = new AtomicLong(50 * MB);
    private final Scales scales = new Scales(() -> OptionalLong.of(inUse.get()));

    @Test
    void aSessionWeighsWhatItsMakingTookAndNothingLater() {
        Weighing weighing = scales.begin(90 * MB);
        inUse.addAndGet(100 * MB);

        assertThat(weighing.made()).hasValue(100 * MB);
        inUse.addAndGet(4 * MB);
        assertThat(scales.begin(MB).made()).isEmpty();
    }

    @Test
    void whatIsMadeAtOnceSharesTheGrowthByTheSizeOfTheFiles() {
        Weighing small = scales.begin(10 * MB);
        inUse.addAndGet(5 * MB); // the small one's alone
        Weighing large = scales.begin(30 * MB);
        inUse.addAndGet(40 * MB);

        assertThat(small.made()).hasValue(15 * MB);
        inUse.addAndGet(2 * MB); // the large one's
        assertThat(large.made()).hasValue(32 * MB);
    }

    @Test
    void whatIsClosedMeanwhileMakesNobodyLighter() {
        Weighing weighing = scales.begin(MB);
        inUse.addAndGet(7 * MB);

        scales.whileClosing(() -> inUse.addAndGet(-40 * MB));

        inUse.addAndGet(MB);
        assertThat(weighing.made()).hasValue(8 * MB);
    }

    @Test
    void whoIsMadeInTheMiddleOfAClosingIsWeighedWithoutIt() throws Exception {
        Weighing weighing = scales.begin(MB);
        inUse.addAndGet(7 * MB);
        FutureTask<OptionalLong> made = new FutureTask<>(weighing::made);
        Thread maker = new Thread(made);

        scales.whileClosing(() -> {
            inUse.addAndGet(-20 * MB);
            maker.start();
            while (maker.getState() != Thread.State.BLOCKED
                    && maker.isAlive()) { // or it was let through, and is red below
                Thread.onSpinWait();
            }
            inUse.addAndGet(-20 * MB);
        });

        assertThat(made.get()).hasValue(7 * MB);
    }

    @Test
    void whereMoreIsGivenBackMeanwhileThanTakenNothingIsSaid() {
        Weighing weighing = scales.begin(MB);
        inUse.addAndGet(-3 * MB);

        assertThat(weighing.made()).isEmpty();
    }

    @Test
    void whatCouldNotBeMadeHasNoShareAnyMore() {
        scales.begin(MB).close();
        Weighing weighing = scales.begin(MB);
        inUse.addAndGet(2 * MB);

        assertThat(weighing.made()).hasValue(2 * MB);
    }

    @Test
    void whereNobodyCanTellNothingIsSaid() {
        assertThat(new Scales(OptionalLong::empty).begin(MB).made()).isEmpty();
    }
}
