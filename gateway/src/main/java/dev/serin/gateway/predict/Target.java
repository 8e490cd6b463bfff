package dev.serin.gateway.predict;

import java.util.Optional;

/**
 * What a request names, as the caller wrote it (decoded once).
 *
 * @param selector a version or an alias; empty leaves the choice to the operator's traffic policy
 */
public record Target(String model, Optional<String> selector) {}
