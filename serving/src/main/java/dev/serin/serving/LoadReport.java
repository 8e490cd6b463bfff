package dev.serin.serving;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * How a load went.
 *
 * @param read walking the model file
 * @param create making the session
 * @param warm warmup and goldens
 * @param memoryBytes by which the native heap grew when the session was made; empty where nobody can tell
 * @param goldens how many goldens agreed
 * @param batchable whether requests may be run together
 * @param whyNotBatchable empty when they may
 * @param typicalRunNanos the median of the warm runs: what one request may be expected to cost
 * @param onOneThread whether a run works on the thread alone that asks for it, not on those that all versions share
 * @param example a native body that the model takes: its first golden, else one made from its signature
 */
public record LoadReport(
        Duration read,
        Duration create,
        Duration warm,
        OptionalLong memoryBytes,
        int goldens,
        boolean batchable,
        String whyNotBatchable,
        long typicalRunNanos,
        boolean onOneThread,
        String example) {}
