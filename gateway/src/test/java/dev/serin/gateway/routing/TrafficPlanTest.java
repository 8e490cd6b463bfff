package dev.serin.gateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.format.ModelPolicies;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TrafficPlanTest {
    private static final long NOW = Instant.parse("2026-11-22T10:00:00Z").toEpochMilli();
    private static final int MANY = 20_000;

    private static CatalogModel fraud(String policy, String... versions) {
        ModelPolicy parsed = ModelPolicies.parse(
                new ModelName("fraud"), policy.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
        return Catalogs.with(Catalogs.model("fraud", versions), parsed);
    }

    private static String canary(String version, double weight, String more) {
        return "{'traffic': {'primary': '1', 'canary': {'id': 'k3f9', 'version': '%s', 'weight': %s%s}}}"
                .formatted(version, weight, more);
    }

    private static TrafficPlan plan(CatalogModel model) {
        return TrafficPlan.of(model, _ -> false);
    }

    /** How many of many requests, each with a draw of its own, each version got. */
    private static Map<String, Integer> deal(CatalogModel model, RoutingKeys keys) {
        TrafficPlan plan = plan(model);
        SplittableRandom random = new SplittableRandom(1);
        Map<String, Integer> dealt = new HashMap<>();
        for (int i = 0; i < MANY; i++) {
            Decision decision = plan.decide(keys, NOW, random.nextLong());
            dealt.merge(
                    decision.version().id().version() + " " + decision.route().label(), 1, Integer::sum);
        }
        return dealt;
    }

    static Stream<Arguments> situations() {
        return Stream.of(
                Arguments.of("no policy: the newest", "{}", List.of("1 ready", "2 ready"), Map.of("2 newest", MANY)),
                Arguments.of(
                        "a primary",
                        "{'traffic': {'primary': '1'}}",
                        List.of("1 ready", "2 ready"),
                        Map.of("1 primary", MANY)),
                Arguments.of(
                        "a canary with nothing",
                        canary("2", 0, ""),
                        List.of("1 ready", "2 ready"),
                        Map.of("1 primary", MANY)),
                Arguments.of(
                        "a canary with everything",
                        canary("2", 100, ""),
                        List.of("1 ready", "2 ready"),
                        Map.of("2 canary", MANY)),
                Arguments.of(
                        "a canary that was evicted loads again",
                        canary("2", 100, ""),
                        List.of("1 ready", "2 cold"),
                        Map.of("2 canary", MANY)),
                Arguments.of(
                        "a canary that has never been ready",
                        canary("2", 100, ""),
                        List.of("1 ready", "2 loading"),
                        Map.of("1 primary", MANY)),
                Arguments.of(
                        "a canary that failed",
                        canary("2", 100, ""),
                        List.of("1 ready", "2 failed"),
                        Map.of("1 primary", MANY)),
                Arguments.of(
                        "a canary that was retired",
                        canary("2", 100, ""),
                        List.of("1 ready", "2 retired"),
                        Map.of("1 primary", MANY)),
                Arguments.of(
                        "a canary that is not there",
                        canary("9", 100, ""),
                        List.of("1 ready", "2 ready"),
                        Map.of("1 primary", MANY)),
                Arguments.of(
                        "a canary that is the primary",
                        canary("1", 100, ""),
                        List.of("1 ready", "2 ready"),
                        Map.of("1 primary", MANY)),
                Arguments.of(
                        "a canary that was pulled back",
                        canary("2", 100, ", 'aborted': {'at': '2026-11-22T09:00:00Z', 'by': 'gw-1', 'rule': 'asked'}"),
                        List.of("1 ready", "2 ready"),
                        Map.of("1 primary", MANY)),
                Arguments.of(
                        "a canary beside the newest",
                        "{'traffic': {'canary': {'id': 'k', 'version': '1', 'weight': 100}}}",
                        List.of("1 ready", "2 ready"),
                        Map.of("1 canary", MANY)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("situations")
    void eachSituationHasItsAnswer(String name, String policy, List<String> versions, Map<String, Integer> dealt) {
        CatalogModel model = fraud(policy, versions.toArray(String[]::new));

        assertThat(deal(model, RoutingKeys.NONE)).isEqualTo(dealt);
        assertThat(deal(model, _ -> Optional.of("ana"))).isEqualTo(dealt);
    }

    @Test
    void aCanaryWithoutKeysGetsItsShareByChance() {
        Map<String, Integer> dealt =
                deal(fraud(canary("2", 5, ", 'sticky-header': 'X-User-Id'"), "1 ready", "2 ready"), RoutingKeys.NONE);

        assertThat(dealt.getOrDefault("2 canary", 0)).isBetween(MANY * 45 / 1000, MANY * 55 / 1000);
        assertThat(dealt.values().stream().mapToInt(count -> count).sum()).isEqualTo(MANY);
        assertThat(dealt).containsOnlyKeys("1 primary", "2 canary");
    }

    @Test
    void theHeaderThatThePolicyNamesDecidesAndIsNamedButNotItsValue() {
        TrafficPlan plan = plan(fraud(canary("2", 25, ", 'sticky-header': 'X-User-Id'"), "1 ready", "2 ready"));
        RoutingKeys keys = name -> name.equals("X-User-Id") ? Optional.of("user-1") : Optional.empty();

        Decision decision = plan.decide(keys, NOW, -1);

        assertThat(decision.route()).isEqualTo(Route.CANARY);
        assertThat(decision.explanation()).isEqualTo("key=X-User-Id bucket=2037 of 10000 canary<2500");
        assertThat(plan.decide(RoutingKeys.NONE, NOW, -1).explanation())
                .isEqualTo("key=none bucket=9999 of 10000 canary<2500");
    }

    @Test
    void theStepThatIsOnDecidesTheWeight() {
        TrafficPlan plan = plan(fraud(
                canary(
                        "2",
                        5,
                        ", 'started-at': '2026-11-22T09:50:00Z', 'steps': [{'weight': 5, 'for': '10m'},"
                                + " {'weight': 100, 'for': '10m'}]"),
                "1 ready",
                "2 ready"));

        assertThat(plan.decide(RoutingKeys.NONE, NOW - 1, 0xfff0_0000).canaryBelow())
                .isEqualTo(500);
        assertThat(plan.decide(RoutingKeys.NONE, NOW, 0xfff0_0000).route()).isEqualTo(Route.CANARY);
    }

    @Test
    void copiesAreOfWhatTheUsualVersionAnswersAndAsManyAsAskedFor() {
        TrafficPlan plan = plan(fraud(
                "{'traffic': {'primary': '1', 'canary': {'id': 'k', 'version': '2', 'weight': 50},"
                        + " 'shadow': {'version': '3', 'percent': 20}}}",
                "1 ready",
                "2 ready",
                "3 ready"));
        SplittableRandom random = new SplittableRandom(7);
        List<Decision> decisions = IntStream.range(0, MANY)
                .mapToObj(_ -> plan.decide(RoutingKeys.NONE, NOW, random.nextLong()))
                .toList();

        assertThat(decisions)
                .filteredOn(decision -> decision.route() == Route.CANARY)
                .allSatisfy(decision -> assertThat(decision.shadow()).isEmpty());
        long usual = decisions.stream()
                .filter(decision -> decision.route() == Route.PRIMARY)
                .count();
        long copied = decisions.stream()
                .filter(decision -> decision.shadow().isPresent())
                .count();
        assertThat(copied * 100.0 / usual).isBetween(18.5, 21.5);
    }

    @Test
    void aShadowThatIsNotEligibleGetsNoCopies() {
        TrafficPlan plan = plan(fraud(
                "{'traffic': {'primary': '1', 'shadow': {'version': '3', 'percent': 100}}}", "1 ready", "3 loading"));

        assertThat(plan.decide(RoutingKeys.NONE, NOW, 0).shadow()).isEmpty();
    }

    @Test
    void whatAGatewayPullsBackItselfGetsNothingFromThenOn() {
        Routes routes = new Routes(() -> Instant.ofEpochMilli(NOW), () -> 0);
        CatalogModel model = fraud(canary("2", 100, ""), "1 ready", "2 ready");
        assertThat(routes.decide(model, Optional.empty(), RoutingKeys.NONE).route())
                .isEqualTo(Route.CANARY);

        routes.pullBack("k3f9");

        assertThat(routes.decide(model, Optional.empty(), RoutingKeys.NONE).route())
                .isEqualTo(Route.PRIMARY);
        assertThat(routes.shares(model).whyNoCanary()).hasValue("this gateway pulled it back");
    }

    @Property
    void raisingTheWeightMovesNoKeyBackAndLoweringGivesBackInReverse(
            @ForAll @DoubleRange(max = 100) double one,
            @ForAll @DoubleRange(max = 100) double other,
            @ForAll @Size(max = 50) List<@StringLength(max = 20) String> keys) {
        double lower = Math.floor(Math.min(one, other) * 100) / 100;
        double higher = Math.floor(Math.max(one, other) * 100) / 100;
        TrafficPlan before = sticky(lower);
        TrafficPlan after = sticky(higher);

        for (String key : keys) {
            boolean wasOnTrial = before.decide(_ -> Optional.of(key), NOW, 0).route() == Route.CANARY;
            boolean isOnTrial = after.decide(_ -> Optional.of(key), NOW, 0).route() == Route.CANARY;
            assertThat(!wasOnTrial || isOnTrial).as(key).isTrue();
        }
    }

    /** Another replica, or the same after a restart, has made its plan of its own reading of the policy. */
    @Property
    void theSameKeyGoesTheSameWayOnEveryReplicaWhateverChanceSays(
            @ForAll @DoubleRange(max = 100) double weight, @ForAll String key, @ForAll long chance) {
        double percent = Math.floor(weight * 100) / 100;

        assertThat(sticky(percent).decide(_ -> Optional.of(key), NOW, chance))
                .isEqualTo(sticky(percent).decide(_ -> Optional.of(key), NOW + 1, ~chance));
    }

    @Property(tries = 200)
    void theSharesAreTheWeightsAndSumToEverything(@ForAll @IntRange(max = 10_000) int hundredths) {
        CatalogModel model = fraud(canary("2", hundredths / 100.0, ""), "1 ready", "2 ready");
        TrafficPlan plan = plan(model);
        Shares shares = new Routes(() -> Instant.ofEpochMilli(NOW), () -> 0).shares(model);

        assertThat(IntStream.range(0, 10_000)
                        .filter(bucket -> plan.decide(RoutingKeys.NONE, NOW, drawOf(bucket))
                                        .route()
                                == Route.CANARY)
                        .count())
                .isEqualTo(hundredths);
        assertThat(model.versions().stream()
                        .map(version -> shares.weight(version.id().version()))
                        .reduce(BigDecimal.ZERO, BigDecimal::add))
                .isEqualByComparingTo("100");
    }

    @Property
    void whatIsNotEligibleHasNoShareOfThePrimarysWhateverThePolicy(
            @ForAll("states") List<VersionState> states,
            @ForAll("primaries") String primary,
            @ForAll("weights") String weights,
            @ForAll long draw) {
        CatalogModel model = fraud(traffic(primary, weights), states);

        Shares shares = new Routes(() -> Instant.ofEpochMilli(NOW), () -> draw).shares(model);
        for (CatalogVersion version : model.versions()) {
            ModelVersion name = version.id().version();
            if (!version.isEligible() && !shares.usual().equals(Optional.of(name))) {
                assertThat(shares.weight(name)).isZero();
            }
        }
        if (shares.usual().isPresent()) {
            Decision decision = plan(model).decide(RoutingKeys.NONE, NOW, draw);
            assertThat(decision.route() != Route.CANARY || decision.version().isEligible())
                    .as("%s", decision)
                    .isTrue();
            assertThat(decision.shadow().stream()).allMatch(CatalogVersion::isEligible);
        }
    }

    /** Where the primary, or with none any version, can answer, everybody is answered: with and without a key, whatever chance says. */
    @Property(maxDiscardRatio = 50) // most random situations have nobody who could answer
    void noWeightMakesAnybodyFailWhoHadAnAnswerWithoutIt(
            @ForAll("states") List<VersionState> states,
            @ForAll("primaries") String primary,
            @ForAll("weights") String weights,
            @ForAll int caller,
            @ForAll long draw) {
        CatalogModel without = fraud(traffic(primary, ""), states);
        Assume.that(
                primary.isEmpty()
                        ? without.newest().isPresent()
                        : without.version(new ModelVersion(primary))
                                .filter(CatalogVersion::isEligible)
                                .isPresent());

        TrafficPlan plan = plan(fraud(traffic(primary, weights), states));

        assertThat(plan.decide(RoutingKeys.NONE, NOW, draw).version().isEligible())
                .isTrue();
        assertThat(plan.decide(_ -> Optional.of("user-" + caller), NOW, draw)
                        .version()
                        .isEligible())
                .isTrue();
    }

    /** Of the versions 1, 2 and so on. */
    @Provide
    Arbitrary<List<VersionState>> states() {
        return Arbitraries.of(VersionState.class).list().ofMinSize(1).ofMaxSize(4);
    }

    /** None, one of the versions, or one that is not there. */
    @Provide
    Arbitrary<String> primaries() {
        return Arbitraries.of("", "1", "2", "3", "4", "9");
    }

    /** Members of {@code traffic} that give anything a share, be it there or not. */
    @Provide
    Arbitrary<String> weights() {
        Arbitrary<String> version = Arbitraries.of("1", "2", "3", "4", "9");
        Arbitrary<Double> percent = Arbitraries.integers().between(0, 10_000).map(hundredths -> hundredths / 100.0);
        Arbitrary<String> more = Arbitraries.of(
                "",
                ", 'sticky-header': 'X-User-Id'",
                ", 'started-at': '2026-11-22T09:55:00Z', 'steps': [{'weight': 5, 'for': '1m'}, {'weight': 100, 'for':"
                        + " '1m'}]",
                ", 'aborted': {'at': '2026-11-22T09:00:00Z', 'by': 'gw-1', 'rule': 'errors'}");
        Arbitrary<String> canary = Combinators.combine(version, percent, more)
                .as(", 'canary': {'id': 'k3f9', 'version': '%s', 'weight': %s%s}"::formatted);
        Arbitrary<String> shadow =
                Combinators.combine(version, percent).as(", 'shadow': {'version': '%s', 'percent': %s}"::formatted);
        return Combinators.combine(
                        canary, Arbitraries.frequencyOf(Tuple.of(1, Arbitraries.just("")), Tuple.of(1, shadow)))
                .as(String::concat);
    }

    private static String traffic(String primary, String weights) {
        String members = (primary.isEmpty() ? "" : ", 'primary': '" + primary + "'") + weights;
        return "{'traffic': {%s}}".formatted(members.isEmpty() ? "" : members.substring(2));
    }

    private static CatalogModel fraud(String policy, List<VersionState> states) {
        return fraud(
                policy,
                IntStream.range(0, states.size())
                        .mapToObj(i -> (i + 1) + " " + states.get(i).label())
                        .toArray(String[]::new));
    }

    /** The least draw of a bucket. */
    private static long drawOf(int bucket) {
        return ((long) bucket << 32) / 10_000 + 1;
    }

    private static TrafficPlan sticky(double weight) {
        return plan(fraud(canary("2", weight, ", 'sticky-header': 'X-User-Id'"), "1 ready", "2 ready"));
    }
}
