package dev.serin.gateway.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BatchSizeTest {
    @Test
    void fullBatchesThatGoWellMakeItLargerUpToItsMost() {
        BatchSize size = new BatchSize(6, 4);

        size.ran(4, false);
        assertThat(size.rows()).isEqualTo(5);
        size.ran(3, false);
        assertThat(size.rows()).isEqualTo(6);
        size.ran(6, false);
        assertThat(size.rows()).isEqualTo(6);
    }

    @Test
    void aSmallBatchSaysNothingOfALargeOne() {
        BatchSize size = new BatchSize(64, 10);

        size.ran(5, false);

        assertThat(size.rows()).isEqualTo(10);
    }

    @Test
    void whatTakesTooLongOrFailsHalvesIt() {
        BatchSize size = new BatchSize(64, 32);

        size.ran(20, true);
        assertThat(size.rows()).isEqualTo(16);
        size.failed();
        assertThat(size.rows()).isEqualTo(8);
    }

    @Test
    void thereAreBatchesOfTwoWhateverHappens() {
        BatchSize size = new BatchSize(64, 0);

        size.failed();

        assertThat(size.rows()).isEqualTo(2);
        size.ran(2, false);
        assertThat(size.rows()).isEqualTo(3);
    }

    @Test
    void whereEachRunsAloneThereAreNone() {
        BatchSize size = new BatchSize(1, 20);

        size.failed();

        assertThat(size.rows()).isEqualTo(1);
    }
}
