package dev.serin.gateway.scheduling;

/**
 * How many rows a batch of one version may have. Learned as TCP learns what a line carries: more by one with each batch that
 * was about full and went well, half as many after one that failed or took too long. Where a run costs as much
 * for many rows as for one, batches so become large; where each row costs, they stay small. Thread-safe; of two batches that
 * end at once one may count for nothing.
 */
final class BatchSize {
    private static final int FEWEST = 2; // less would be no batch, of which nothing is learned

    private final int most;
    private volatile int rows;

    /**
     * Begins with a number of rows.
     *
     * @param most whatever is learned; below 2 there are no batches
     */
    BatchSize(int most, long rows) {
        this.most = most;
        this.rows = atMost(rows);
    }

    int rows() {
        return rows;
    }

    /** Takes a batch into account that came to its end. */
    void ran(int its, boolean tooLong) {
        if (tooLong) {
            halve();
        } else if (its > rows / 2) {
            rows = atMost(rows + 1L);
        }
    }

    /** Batches that fail often cost more than they save. */
    void failed() {
        halve();
    }

    private void halve() {
        rows = atMost(rows / 2);
    }

    private int atMost(long wanted) {
        return (int) Math.min(most, Math.max(FEWEST, wanted));
    }
}
