package dev.serin.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.gateway.rollout.Rollouts;
import dev.serin.gateway.routing.Routes;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.policy.PolicyWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TrafficMetricsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

    private Instant now = NOW;
    private final InstantSource clock = () -> now;
    private final Catalog catalog = new Catalog();
    private final Routes routes = new Routes(clock, () -> 0);
    private final TrafficMetrics metrics = new TrafficMetrics(catalog, routes, clock);
    private final Rollouts rollouts = new Rollouts(
            catalog,
            routes,
            new PolicyWriter(new InMemoryRegistry(clock), clock),
            "gw-1",
            metrics,
            clock,
            () -> 0,
            Executors.newSingleThreadScheduledExecutor());

    @AfterEach
    void stop() {
        rollouts.close();
    }

    /** What is told of a model under this policy, which was changed when these clocks said so, one after the other. */
    private String scrape(String traffic, Instant... changes) {
        String history = Arrays.stream(changes)
                .map("{'at': '%s', 'by': 'ana', 'command': 'canary start fraud/2'}"::formatted)
                .collect(Collectors.joining(", "));
        String policy = "{'traffic': {%s}, 'history': [%s]}".formatted(traffic, history);
        catalog.put(Catalogs.with(
                Catalogs.model("fraud", "1 ready", "2 ready"),
                ModelPolicies.parse(
                        new ModelName("fraud"), policy.replace('\'', '"').getBytes(StandardCharsets.UTF_8))));
        return metrics.scrape(rollouts);
    }

    @Test
    void aClockThatIsAheadOfOursIsToldInSeconds() {
        assertThat(scrape("'primary': '1'", NOW.minus(Duration.ofHours(1)), NOW.plusMillis(7_250)))
                .contains("# TYPE serin_policy_clock_ahead_seconds gauge\n")
                .contains("serin_policy_clock_ahead_seconds{model=\"fraud\"} 7.25\n");
    }

    /** Whoever has a right clock and writes after him does not hide it: the history has both. */
    @Test
    void aClockThatIsAheadIsToldUntilOursIsThereTooWhoeverWritesMeanwhile() {
        assertThat(scrape("'primary': '1'", NOW.plusSeconds(60), NOW))
                .contains("serin_policy_clock_ahead_seconds{model=\"fraud\"} 60.0\n");
    }

    /** It may be ahead by seconds only, and be asked for a minute later. */
    @Test
    void aClockThatWasAheadWhenItsChangeWasReadIsToldUntilTheNextChange() {
        HistoryEntry change = entry(NOW.plusSeconds(3));
        metrics.policyChanged(new ModelName("fraud"), List.of(change));
        now = NOW.plusSeconds(60);
        assertThat(scrape("'primary': '1'", change.at()))
                .contains("serin_policy_clock_ahead_seconds{model=\"fraud\"} 3.0\n");

        HistoryEntry next = entry(now.minusSeconds(2));
        metrics.policyChanged(new ModelName("fraud"), List.of(next));
        assertThat(scrape("'primary': '1'", change.at(), next.at()))
                .contains("serin_policy_clock_ahead_seconds{model=\"fraud\"} 0.0\n");
    }

    private static HistoryEntry entry(Instant at) {
        return new HistoryEntry(
                at,
                "ana",
                "canary start fraud/2",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void changesOfThePastAndAPolicyThatNobodyHasChangedAreAheadByNothing() {
        assertThat(scrape("'primary': '1'", NOW.minusSeconds(9), NOW))
                .contains("serin_policy_clock_ahead_seconds{model=\"fraud\"} 0.0\n");
        assertThat(scrape("'primary': '1'")).contains("serin_policy_clock_ahead_seconds{model=\"fraud\"} 0.0\n");
    }

    @Test
    void modelsWithoutTrafficOfTheirOwnAreNotTold() {
        assertThat(scrape("", NOW.plusSeconds(60))).doesNotContain("serin_policy_clock_ahead_seconds", "fraud");
    }

    @Test
    void weightsAreAsThisGatewayDealsThem() {
        assertThat(scrape("'primary': '1', 'canary': {'id': 'k3f9', 'version': '2', 'weight': 12.5}"))
                .contains("serin_traffic_weight_ratio{model=\"fraud\",version=\"1\",role=\"primary\"} 0.875\n")
                .contains("serin_traffic_weight_ratio{model=\"fraud\",version=\"2\",role=\"canary\"} 0.125\n");
    }
}
