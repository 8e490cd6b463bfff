package dev.serin.gateway.predict;

import java.time.Duration;

/**
 * What holds for a request that says nothing else.
 *
 * @param deadline from the arrival of its head
 */
public record PredictConfig(Duration deadline) {}
