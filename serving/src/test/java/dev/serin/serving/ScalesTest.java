package dev.serin.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.serving.Scales.Weighing;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ScalesTest {
    private static final long MB = 1_000_000;

    private long inUse = 50 * MB;
    private final Scales scales = new Scales(() -> OptionalLong.of(inUse));

    @Test
    void aSessionWeighsWhatItsMakingTookAndNothingLater() {
        Weighing weighing = scales.begin(90 * MB);
        inUse += 100 * MB;

        assertThat(weighing.made()).hasValue(100 * MB);
        inUse += 4 * MB;
        assertThat(scales.begin(MB).made()).hasValue(0);
    }

    @Test
    void whatIsMadeAtOnceSharesTheGrowthByTheSizeOfTheFiles() {
        Weighing small = scales.begin(10 * MB);
        inUse += 5 * MB; // the small one's alone
        Weighing large = scales.begin(30 * MB);
        inUse += 40 * MB;

        assertThat(small.made()).hasValue(15 * MB);
        inUse += 2 * MB; // the large one's
        assertThat(large.made()).hasValue(32 * MB);
    }

    @Test
    void whatIsClosedMeanwhileMakesNobodyLighter() {
        Weighing weighing = scales.begin(MB);
        inUse += 7 * MB;

        scales.whileClosing(() -> inUse -= 40 * MB);

        inUse += MB;
        assertThat(weighing.made()).hasValue(8 * MB);
    }

    @Test
    void whatTheJvmGivesBackMeanwhileMakesNobodyWeighLessThanNothing() {
        Weighing weighing = scales.begin(MB);
        inUse -= 3 * MB;

        assertThat(weighing.made()).hasValue(0);
    }

    @Test
    void whatCouldNotBeMadeHasNoShareAnyMore() {
        scales.begin(MB).close();
        Weighing weighing = scales.begin(MB);
        inUse += 2 * MB;

        assertThat(weighing.made()).hasValue(2 * MB);
    }

    @Test
    void whereNobodyCanTellNothingIsSaid() {
        assertThat(new Scales(OptionalLong::empty).begin(MB).made()).isEmpty();
    }
}
