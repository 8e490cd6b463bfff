package dev.serin.gateway.scheduling;

import dev.serin.gateway.config.Machine;
import dev.serin.gateway.config.Settings;

/**
 * How many native runs at a time.
 *
 * @param runThreads runs of all versions together
 * @param reserve further runs, each of a version of which nothing else runs: however hot another one is, they need not wait for it
 * @param maxConcurrency runs of one version, unless its policy says otherwise
 * @param queue requests waiting for one version, unless its policy says otherwise
 * @param maxBatchSize rows of one run for several requests, unless its policy says otherwise; 1 runs each alone
 */
public record SchedulingConfig(int runThreads, int reserve, int maxConcurrency, Limit queue, int maxBatchSize) {
    /** Of a line whose limit adapts: all callers of a busy client, and no more than are soon served. */
    private static final int LONGEST_LINE = 128;

    public SchedulingConfig {
        if (runThreads < 1 || reserve < 0 || maxConcurrency < 1 || queue.most() < 0 || maxBatchSize < 1) {
            throw new IllegalArgumentException(
                    "Limits must be positive, got %d threads and %d, %d runs, %d waiting, %d rows"
                            .formatted(runThreads, reserve, maxConcurrency, queue.most(), maxBatchSize));
        }
    }

    /** Reads the settings {@code serving.max-*}; faults are noted there. */
    public static SchedulingConfig from(Settings settings, Machine machine) {
        int maxConcurrency = settings.integerOrAuto("serving.max-concurrency", 1, 1_024, machine.cores());
        return new SchedulingConfig(
                Math.max(machine.cores(), maxConcurrency),
                machine.cores(),
                maxConcurrency,
                queue(settings),
                settings.integer("serving.max-batch-size", 1, 1_024));
    }

    private static Limit queue(Settings settings) {
        int auto = -1;
        int given = settings.integerOrAuto("serving.max-queue", 0, 100_000, auto);
        return given == auto ? Limit.upTo(LONGEST_LINE) : Limit.fixed(given);
    }
}
