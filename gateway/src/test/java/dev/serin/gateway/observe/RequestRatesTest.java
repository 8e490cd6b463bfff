package dev.serin.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.registry.ModelName;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestRatesTest {
    private static final ModelName IRIS = new ModelName("iris");

    private long now;
    private final Catalog catalog = new Catalog();
    private final Metrics metrics = new Metrics(
            catalog,
            new ObserveConfig(ObserveConfig.Format.AUTO, ObserveConfig.AccessLog.ERRORS, 1),
            new Metrics.Limits(1, 1),
            Map.of());
    private final RequestRates rates = new RequestRates(metrics, () -> now);

    RequestRatesTest() {
        catalog.put(Samples.iris(
                Samples.version("iris/1", VersionState.READY), Samples.version("iris/2", VersionState.READY)));
    }

    private void afterSpan() {
        now += RequestRates.SPAN.toNanos();
        rates.look();
    }

    private void requests(int count) {
        for (int i = 0; i < count; i++) {
            metrics.finished(Samples.answered("iris/1"));
        }
    }

    @Test
    void aRateIsTheMeanOfTheLatestSpan() {
        requests(50);
        assertThat(rates.of(IRIS)).as("before the first span").isEmpty();
        afterSpan();
        assertThat(rates.of(IRIS)).hasValue(5);

        requests(200);
        assertThat(rates.of(IRIS)).as("of the span before").hasValue(5);
        afterSpan();
        assertThat(rates.of(IRIS)).hasValue(20);

        afterSpan();
        assertThat(rates.of(IRIS)).hasValue(0);
    }

    @Test
    void aModelThatNobodyAskedForHasRateZeroUnlessCountersAreShared() {
        ModelName shop = new ModelName("shop");
        requests(10);
        afterSpan();
        assertThat(rates.of(shop)).hasValue(0);

        metrics.finished(Samples.answered("iris/2")); // one version more than have series of their own
        afterSpan();
        assertThat(rates.of(shop)).isEmpty();
        assertThat(rates.of(IRIS))
                .as("only a part of it is counted by its name")
                .isEmpty();
    }
}
