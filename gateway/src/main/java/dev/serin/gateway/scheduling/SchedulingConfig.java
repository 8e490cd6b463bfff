package dev.serin.gateway.scheduling;

import dev.serin.gateway.config.Machine;
import dev.serin.gateway.config.Settings;

/**
 * How many native runs at a time.
 *
 * @param runThreads runs of all versions together
 * @param reserve further runs, each of a version of which nothing else runs: however hot another one is, they need not wait for it
 * @param concurrency runs of one version, unless its policy says otherwise
 * @param queue requests waiting for one version, unless its policy says otherwise
 * @param maxBatchSize rows of one run for several requests, unless its policy says otherwise; 1 runs each alone
 */
public record SchedulingConfig(int runThreads, int reserve, Limit concurrency, Limit queue, int maxBatchSize) {
    /** Of a line whose limit is found by measuring: all callers of a busy client, and no more than are soon served. */
    private static final int LONGEST_LINE = 128;

    public SchedulingConfig {
        if (runThreads < 1 || reserve < 0 || concurrency.most() < 1 || queue.most() < 0 || maxBatchSize < 1) {
            throw new IllegalArgumentException(
                    "Limits must be positive, got %d threads and %d, %d runs, %d waiting, %d rows"
                            .formatted(runThreads, reserve, concurrency.most(), queue.most(), maxBatchSize));
        }
    }

    /** Reads the settings {@code serving.max-*}; faults are noted there. */
    public static SchedulingConfig from(Settings settings, Machine machine) {
        Limit concurrency = limit(settings, "serving.max-concurrency", 1, 1_024, machine.cores());
        return new SchedulingConfig(
                Math.max(machine.cores(), concurrency.most()),
                machine.cores(),
                concurrency,
                limit(settings, "serving.max-queue", 0, 100_000, LONGEST_LINE),
                settings.integer("serving.max-batch-size", 1, 1_024));
    }

    private static Limit limit(Settings settings, String key, int least, int most, int found) {
        int auto = -1;
        int given = settings.integerOrAuto(key, least, most, auto);
        return given == auto ? Limit.upTo(found) : Limit.fixed(given);
    }
}
