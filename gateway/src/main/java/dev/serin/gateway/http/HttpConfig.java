package dev.serin.gateway.http;

import dev.serin.inference.json.JsonLimits;
import java.time.Duration;

/**
 * The two listeners and what one request may ask of them.
 *
 * @param port 0 takes a free one
 * @param maxConnections of each listener; kept under the limit of open files
 * @param maxBodyBytes of one request
 * @param drainTimeout how long a stop waits for requests in progress
 */
public record HttpConfig(
        String host,
        int port,
        String managementHost,
        int managementPort,
        int maxConnections,
        long maxBodyBytes,
        JsonLimits jsonLimits,
        Duration drainTimeout) {}
