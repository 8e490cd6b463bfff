package dev.serin.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.gateway.sessions.EvictionPolicy.Candidate;
import dev.serin.gateway.sessions.SessionsConfig.Preload;
import dev.serin.registry.Digest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The pure decisions of this room, as tables of situations. */
class PoliciesTest {
    @Nested
    class WhatToLoad {
        private final CatalogModel fraud = Catalogs.model("fraud", "1 pending", "2 pending", "3 pending");

        @Test
        void theNewestOfAModelWithoutPolicy() {
            assertThat(wanted(fraud, Preload.TRAFFIC)).containsExactly("fraud/3");
        }

        @Test
        void whatThePolicyAndTheAliasesNameComesFirst() {
            CatalogModel model = Catalogs.with(fraud, Catalogs.policy(Optional.of("1"), Map.of("candidate", "2")));

            assertThat(wanted(model, Preload.TRAFFIC)).containsExactly("fraud/1", "fraud/2", "fraud/3");
        }

        @Test
        void whereTheNewestFailedTheNextGreatestToo() {
            CatalogModel model = Catalogs.model("fraud", "1 ready", "2 pending", "3 failed");

            assertThat(wanted(model, Preload.TRAFFIC)).containsExactly("fraud/3", "fraud/2");
        }

        @Test
        void asManyAsThePolicyKeeps() {
            CatalogModel model = Catalogs.with(fraud, Catalogs.serving(Optional.empty(), OptionalInt.of(2)));

            assertThat(wanted(model, Preload.TRAFFIC)).containsExactly("fraud/3", "fraud/2");
        }

        @Test
        void allOrNoneWhereTheOperatorSaysSo() {
            assertThat(wanted(fraud, Preload.ALL)).containsExactly("fraud/3", "fraud/2", "fraud/1");
            assertThat(wanted(fraud, Preload.NONE)).isEmpty();
        }

        @Test
        void aModelMaySayOtherwiseThanTheGateway() {
            assertThat(wanted(
                            Catalogs.with(fraud, Catalogs.serving(Optional.of(true), OptionalInt.empty())),
                            Preload.NONE))
                    .containsExactly("fraud/3");
            assertThat(wanted(
                            Catalogs.with(fraud, Catalogs.serving(Optional.of(false), OptionalInt.empty())),
                            Preload.TRAFFIC))
                    .isEmpty();
        }

        @Test
        void aNewVersionOfAModelInUseEvenIfNothingIsPreloaded() {
            assertThat(wanted(Catalogs.model("fraud", "1 ready", "2 pending"), Preload.NONE))
                    .containsExactly("fraud/2");
        }

        @Test
        void neverARetiredOne() {
            CatalogModel model = Catalogs.with(
                    Catalogs.model("fraud", "1 pending", "2 retired"),
                    Catalogs.policy(Optional.of("2"), Map.of("old", "2")));

            assertThat(wanted(model, Preload.TRAFFIC)).containsExactly("fraud/1");
        }

        private static List<String> wanted(CatalogModel model, Preload preload) {
            SessionsConfig config = new SessionsConfig(1 << 30, preload, 1, 2, Duration.ofMinutes(1));
            return LoadPlan.wanted(model, config).stream()
                    .map(version -> version.id().toString())
                    .toList();
        }
    }

    @Nested
    class WhatToEvict {
        private final Candidate oldest = candidate(1, 100);
        private final Candidate middle = candidate(2, 100);
        private final Candidate newest = candidate(3, 100);

        @Test
        void theLongestUnusedUntilThereIsRoom() {
            assertThat(choose(150, false, oldest, middle, newest)).contains(List.of(oldest.digest(), middle.digest()));
        }

        @Test
        void nothingThatIsLeased() {
            Candidate leased = new Candidate(oldest.digest(), 100, true, Duration.ofHours(1));

            assertThat(choose(100, true, leased, middle)).contains(List.of(middle.digest()));
        }

        @Test
        void nothingWithTrafficForSomethingWithout() {
            assertThat(EvictionPolicy.choose(List.of(oldest), Set.of(oldest.digest()), 50, false))
                    .isEmpty();
            assertThat(EvictionPolicy.choose(List.of(oldest), Set.of(oldest.digest()), 50, true))
                    .contains(List.of(oldest.digest()));
        }

        @Test
        void whetherThereIsAWayIsToldWithoutChoosing() {
            List<Candidate> all = List.of(
                    oldest,
                    middle,
                    new Candidate(newest.digest(), 100, true, Duration.ofHours(1)),
                    new Candidate(candidate(4, 100).digest(), 100, false, Duration.ofSeconds(1)));

            assertThat(EvictionPolicy.couldMakeRoom(all, Set.of(), 200, true)).isTrue();
            assertThat(EvictionPolicy.couldMakeRoom(all, Set.of(), 201, true)).isFalse();
            assertThat(EvictionPolicy.couldMakeRoom(all, Set.of(oldest.digest()), 101, false))
                    .isFalse();
            assertThat(EvictionPolicy.couldMakeRoom(all, Set.of(oldest.digest()), 101, true))
                    .isTrue();
        }

        @Test
        void nothingThatWasLoadedAMomentAgo() {
            Candidate fresh = new Candidate(oldest.digest(), 100, false, Duration.ofSeconds(1));

            assertThat(choose(50, true, fresh)).isEmpty();
        }

        @Test
        void nothingAtAllIfThatWouldNotDo() {
            assertThat(choose(1000, true, oldest, middle, newest)).isEmpty();
        }

        private static Optional<List<Digest>> choose(long needed, boolean forTraffic, Candidate... candidates) {
            return EvictionPolicy.choose(List.of(candidates), Set.of(), needed, forTraffic);
        }

        private static Candidate candidate(int number, long bytes) {
            return new Candidate(new Digest("%064x".formatted(number)), bytes, false, Duration.ofHours(1));
        }
    }

    @Nested
    class WhenToTryAgain {
        @Test
        void afterGrowingPausesAndOnlySoOftenWhereTheVersionItselfIsAtFault() {
            assertThat(RetryPolicy.pauseAfter(1, true)).contains(Duration.ofSeconds(2));
            assertThat(RetryPolicy.pauseAfter(3, true)).contains(Duration.ofSeconds(30));
            assertThat(RetryPolicy.pauseAfter(4, true)).contains(Duration.ofMinutes(5));
            assertThat(RetryPolicy.pauseAfter(5, true)).isEmpty();
        }

        @Test
        void forEverAndWithinTenSecondsWhereTheWayToItIs() {
            assertThat(RetryPolicy.pauseAfter(1, false)).contains(Duration.ofSeconds(2));
            assertThat(RetryPolicy.pauseAfter(100, false)).contains(Duration.ofSeconds(10));
        }
    }
}
