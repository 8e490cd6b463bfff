package dev.serin.gateway.routing;

import dev.serin.registry.ModelVersion;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * Who gets how much of the requests that name no version, at one instant: what people are shown. Immutable.
 *
 * @param usual what has the traffic that the canary has not; empty when nothing is in service
 * @param route of the usual one
 * @param trial the policy's canary, whether it gets anything or not
 * @param canary its hundredths of a percent
 * @param whyNoCanary why it gets nothing though the policy holds it
 * @param shadow what is to get copies
 * @param whyNoShadow why it gets none
 */
public record Shares(
        Optional<ModelVersion> usual,
        Route route,
        Optional<ModelVersion> trial,
        int canary,
        Optional<String> whyNoCanary,
        Optional<ModelVersion> shadow,
        Optional<String> whyNoShadow) {

    /** {@return {@code primary}, {@code newest}, {@code canary}, {@code shadow} or {@code none}} */
    public String role(ModelVersion version) {
        if (usual.filter(version::equals).isPresent()) {
            return route.label();
        }
        if (trial.filter(version::equals).isPresent()) {
            return Route.CANARY.label();
        }
        return shadow.filter(version::equals).isPresent() ? Route.SHADOW.label() : "none";
    }

    /** {@return percent of the requests, 0 for a shadow} */
    public BigDecimal weight(ModelVersion version) {
        int hundredths = usual.filter(version::equals).isPresent()
                ? StickyBucket.BUCKETS - canary
                : trial.filter(version::equals).isPresent() ? canary : 0;
        BigDecimal percent = BigDecimal.valueOf(hundredths, 2).stripTrailingZeros();
        return percent.scale() < 0 ? percent.setScale(0) : percent;
    }
}
