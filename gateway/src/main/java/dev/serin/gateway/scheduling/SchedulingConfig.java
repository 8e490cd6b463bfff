package dev.serin.gateway.scheduling;

import dev.serin.gateway.config.Machine;
import dev.serin.gateway.config.Settings;

/**
 * How many native runs at a time.
 *
 * @param runThreads runs of all versions together
 * @param maxConcurrency runs of one version, unless its policy says otherwise
 * @param maxQueue requests waiting for one version, unless its policy says otherwise
 * @param maxBatchSize rows of one run for several requests, unless its policy says otherwise; 1 runs each alone
 */
public record SchedulingConfig(int runThreads, int maxConcurrency, int maxQueue, int maxBatchSize) {
    public SchedulingConfig {
        if (runThreads < 1 || maxConcurrency < 1 || maxQueue < 0 || maxBatchSize < 1) {
            throw new IllegalArgumentException("Limits must be positive, got %d threads, %d runs, %d waiting, %d rows"
                    .formatted(runThreads, maxConcurrency, maxQueue, maxBatchSize));
        }
    }

    /** Reads the settings {@code serving.max-*}; faults are noted there. */
    public static SchedulingConfig from(Settings settings, Machine machine) {
        int maxConcurrency = settings.integerOrAuto("serving.max-concurrency", 1, 1_024, machine.cores());
        return new SchedulingConfig(
                Math.max(machine.cores(), maxConcurrency),
                maxConcurrency,
                settings.integer("serving.max-queue", 0, 100_000),
                settings.integer("serving.max-batch-size", 1, 1_024));
    }
}
