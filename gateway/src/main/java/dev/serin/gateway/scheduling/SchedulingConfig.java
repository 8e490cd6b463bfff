package dev.serin.gateway.scheduling;

import dev.serin.gateway.config.Machine;
import dev.serin.gateway.config.Settings;
import java.time.Duration;

/**
 * How many native runs at a time.
 *
 * @param runThreads runs of all versions together
 * @param reserve further runs, each of a version of which nothing else runs: however hot another one is, they need not wait for it
 * @param runs of one version at a time, unless its policy says otherwise
 * @param queue requests waiting for one version, unless its policy says otherwise
 * @param maxBatchSize rows of one run for several requests, unless its policy says otherwise; 1 runs each alone
 * @param batchDelay for which a run that could be for several waits for others to come
 */
public record SchedulingConfig(
        int runThreads, int reserve, Limit runs, Limit queue, int maxBatchSize, Duration batchDelay) {
    /** Of a line whose limit adapts: all callers of a busy client, and no more than are soon served. */
    private static final int LONGEST_LINE = 128;

    private static final int AUTO = -1;

    public SchedulingConfig {
        if (runThreads < 1
                || reserve < 0
                || runs.most() < 1
                || queue.most() < 0
                || maxBatchSize < 1
                || batchDelay.isNegative()) {
            throw new IllegalArgumentException(
                    "Limits must be positive, got %d threads and %d, %d runs, %d waiting, %d rows, %s"
                            .formatted(runThreads, reserve, runs.most(), queue.most(), maxBatchSize, batchDelay));
        }
    }

    /** Reads what {@code serving.*} says of runs; faults are noted there. */
    public static SchedulingConfig from(Settings settings, Machine machine) {
        Limit runs = runs(settings, machine);
        return new SchedulingConfig(
                Math.max(machine.cores(), runs.most()),
                machine.cores(),
                runs,
                queue(settings),
                settings.integer("serving.max-batch-size", 1, 1_024),
                settings.duration("serving.batch-delay", Duration.ZERO, Duration.ofSeconds(1)));
    }

    private static Limit runs(Settings settings, Machine machine) {
        int given = settings.integerOrAuto("serving.max-concurrency", 1, 1_024, AUTO);
        return given == AUTO ? Limit.upTo(machine.cores()) : Limit.fixed(given);
    }

    private static Limit queue(Settings settings) {
        int given = settings.integerOrAuto("serving.max-queue", 0, 100_000, AUTO);
        return given == AUTO ? Limit.upTo(LONGEST_LINE) : Limit.fixed(given);
    }
}
