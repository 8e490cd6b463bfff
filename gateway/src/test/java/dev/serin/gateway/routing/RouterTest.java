package dev.serin.gateway.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RouterTest {
    private final CatalogModel fraud = Catalogs.model("fraud", "1 ready", "2 cold", "3 ready", "4 failed", "5 pending");

    @Test
    void anUnnamedRequestGoesToTheGreatestEligibleVersion() {
        assertRoute(fraud, Optional.empty(), "fraud/3", Route.NEWEST);
    }

    @Test
    void evictionNeverChangesARoute() {
        assertRoute(Catalogs.model("fraud", "1 ready", "2 cold"), Optional.empty(), "fraud/2", Route.NEWEST);
    }

    @Test
    void withoutAnEligibleVersionTheGreatestThatHasNotFailedIsWaitedFor() {
        assertRoute(
                Catalogs.model("fraud", "1 pending", "2 loading", "3 failed"),
                Optional.empty(),
                "fraud/2",
                Route.NEWEST);
    }

    @Test
    void whereAllHaveFailedTheGreatestSaysWhy() {
        assertRoute(Catalogs.model("fraud", "1 failed", "2 failed"), Optional.empty(), "fraud/2", Route.NEWEST);
    }

    @Test
    void aNamedVersionIsThatVersionWhateverItsState() {
        assertRoute(fraud, Optional.of("4"), "fraud/4", Route.PINNED);
    }

    @Test
    void anAliasIsFollowed() {
        CatalogModel aliased = Catalogs.with(fraud, Catalogs.policy(Optional.empty(), Map.of("stable", "1")));

        assertRoute(aliased, Optional.of("stable"), "fraud/1", Route.ALIAS);
        assertRoute(aliased, Optional.empty(), "fraud/3", Route.NEWEST);
    }

    @Test
    void thePrimaryMayBeAVersionOrAnAlias() {
        Map<String, String> aliases = Map.of("stable", "1");

        assertRoute(
                Catalogs.with(fraud, Catalogs.policy(Optional.of("2"), aliases)),
                Optional.empty(),
                "fraud/2",
                Route.PRIMARY);
        assertRoute(
                Catalogs.with(fraud, Catalogs.policy(Optional.of("stable"), aliases)),
                Optional.empty(),
                "fraud/1",
                Route.PRIMARY);
    }

    @Test
    void anAliasWinsOverAVersionOfTheSameName() {
        CatalogModel model = Catalogs.with(
                Catalogs.model("fraud", "1 ready", "blue ready"),
                Catalogs.policy(Optional.empty(), Map.of("blue", "1")));

        assertRoute(model, Optional.of("blue"), "fraud/1", Route.ALIAS);
    }

    @Test
    void anUnknownVersionIsToldWhatThereIs() {
        CatalogModel aliased = Catalogs.with(fraud, Catalogs.policy(Optional.empty(), Map.of("stable", "3")));

        assertThatThrownBy(() -> Router.named(aliased, "9"))
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VERSION_NOT_FOUND))
                .hasMessage("Model 'fraud' has no version '9'. It has 1, 2, 3, 4, 5 and the aliases stable (3).");
    }

    @Test
    void anAliasWithoutItsVersionSaysSo() {
        CatalogModel aliased = Catalogs.with(fraud, Catalogs.policy(Optional.empty(), Map.of("next", "6")));

        assertThatThrownBy(() -> Router.named(aliased, "next"))
                .hasMessageStartingWith(
                        "The alias 'next' of model 'fraud' names version '6', which is not there. It has 1, 2, 3, 4,"
                                + " 5");
    }

    @Test
    void aRetiredVersionIsGoneAndItsSuccessorNamed() {
        CatalogModel model = Catalogs.with(Catalogs.model("fraud", "2 retired", "4 ready"), Catalogs.retiring("2"));

        assertThatThrownBy(() -> Router.named(model, "2"))
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VERSION_RETIRED))
                .hasMessage("Version 2 of 'fraud' was retired on 2026-10-01. Use 4, or leave the version out.");
    }

    private static void assertRoute(CatalogModel model, Optional<String> selector, String version, Route route) {
        Decision decision = new Routes(Instant::now, () -> 0).decide(model, selector, RoutingKeys.NONE);

        assertThat(decision.version().id()).hasToString(version);
        assertThat(decision.route()).isEqualTo(route);
    }
}
