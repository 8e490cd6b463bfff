package dev.serin.registry.policy;

import static dev.serin.registry.policy.PolicyFile.GUARD;
import static dev.serin.registry.policy.PolicyFile.TEN;
import static dev.serin.registry.policy.PolicyFile.alias;
import static dev.serin.registry.policy.PolicyFile.canary;
import static dev.serin.registry.policy.PolicyFile.disagreeing;
import static dev.serin.registry.policy.PolicyFile.steps;
import static dev.serin.registry.policy.PolicyFile.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.serin.registry.AliasName;
import dev.serin.registry.CanarySchedule;
import dev.serin.registry.ModelPolicy.Aborted;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.ModelPolicy.Passed;
import dev.serin.registry.ModelPolicy.Paused;
import dev.serin.registry.ModelPolicy.Promoted;
import dev.serin.registry.ModelPolicy.Retirement;
import dev.serin.registry.ModelPolicy.Shadow;
import dev.serin.registry.ModelPolicy.Step;
import dev.serin.registry.RegistryException;
import dev.serin.registry.policy.PolicyChange.AbortCanary;
import dev.serin.registry.policy.PolicyChange.Breach;
import dev.serin.registry.policy.PolicyChange.PassStep;
import dev.serin.registry.policy.PolicyChange.PauseCanary;
import dev.serin.registry.policy.PolicyChange.PromoteCanary;
import dev.serin.registry.policy.PolicyChange.Ramp;
import dev.serin.registry.policy.PolicyChange.RemoveAlias;
import dev.serin.registry.policy.PolicyChange.ResumeCanary;
import dev.serin.registry.policy.PolicyChange.Retire;
import dev.serin.registry.policy.PolicyChange.StartCanary;
import dev.serin.registry.policy.PolicyChange.StartShadow;
import dev.serin.registry.policy.PolicyChange.StopShadow;
import dev.serin.registry.policy.PolicyChange.Undo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyChangeTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private PolicyFile file = PolicyFile.of("""
        {"format": 1, "aliases": {"stable": "3"}, "traffic": {"primary": "stable"}}
        """);

    private void assertRefused(PolicyRefusedException.Cause cause, PolicyChange change, String text) {
        String before = file.text();

        assertThatExceptionOfType(PolicyRefusedException.class)
                .isThrownBy(() -> file.make(change))
                .withMessageContaining(text)
                .satisfies(refused -> assertThat(refused.kind()).isEqualTo(cause));
        assertThat(file.text()).isEqualTo(before);
    }

    private void assertInTheWay(PolicyChange change, String text) {
        assertRefused(PolicyRefusedException.Cause.IN_THE_WAY, change, text);
    }

    private void assertNotThere(PolicyChange change, String text) {
        assertRefused(PolicyRefusedException.Cause.NOT_THERE, change, text);
    }

    private Canary canaryNow() {
        return file.policy().canary().orElseThrow();
    }

    private double weightAt(Instant now) {
        return CanarySchedule.of(canaryNow()).weightAt(now.toEpochMilli()) / 100.0;
    }

    private HistoryEntry latest() {
        return file.policy().history().getLast();
    }

    private String told() {
        return Wording.change(latest());
    }

    @Nested
    class Aliases {
        @Test
        void theFirstOneMakesTheFile() {
            file = new PolicyFile();

            file.make(alias("champion", "4"));

            assertThat(file.text()).startsWith("""
                {
                  "format": 1,
                  "aliases": {
                    "champion": "4"
                  },
                  "history": [
                    {
                      "at": "2026-11-22T10:00:00Z",
                      "by": "ana",
                      "command": "alias set fraud/4 champion",
                      "to": "alias champion 4",
                      "was": {
                        "/aliases/champion": null
                      },
                      "became": "\
                """);
        }

        @Test
        void movingOneTellsBothSides() {
            file.make(alias("stable", "4"));

            assertThat(file.policy().aliases()).containsExactly(Map.entry(new AliasName("stable"), version("4")));
            assertThat(latest().from()).hasValue("alias stable 3");
            assertThat(latest().to()).hasValue("alias stable 4");
            assertThat(told()).isEqualTo("alias stable from 3 to 4");
        }

        @Test
        void whatIsSoAlreadyIsNotWritten() {
            String before = file.text();

            assertThat(file.make(alias("stable", "3")).entry()).isEmpty();
            assertThat(file.text()).isEqualTo(before);
        }

        @Test
        void oneThatIsGoneTakesItsLastListWithIt() {
            file = PolicyFile.of("{\"format\": 1, \"aliases\": {\"old\": \"1\"}}");

            file.make(new RemoveAlias(new AliasName("old")));

            assertThat(file.tree().has("aliases")).isFalse();
            assertThat(told()).isEqualTo("alias old 1 no more");
        }

        @Test
        void thePrimaryIsNotRemoved() {
            assertInTheWay(new RemoveAlias(new AliasName("stable")), "alias 'stable' is the primary of 'fraud'");
            assertNotThere(new RemoveAlias(new AliasName("stabel")), "'fraud' has no alias 'stabel'. It has stable");
        }

        @Test
        void theirTargetIsAVersionThatServes() {
            file.make(new Retire(version("2"), Optional.empty(), Optional.empty()));

            assertInTheWay(alias("old", "2"), "version 2 of 'fraud' was retired");
            assertInTheWay(
                    alias("other", "stable"), "'stable' is an alias of 'fraud', for version 3; name the version");
        }
    }

    @Nested
    class Starting {
        @Test
        void aCanaryWithOneWeight() {
            file.make(canary("k1", "4", 2.5));

            assertThat(file.at("/traffic/canary"))
                    .isEqualTo(
                            "{\"id\":\"k1\",\"version\":\"4\",\"weight\":2.5,\"started-at\":\"2026-11-22T10:00:00Z\"}");
            assertThat(latest().command()).isEqualTo("canary start fraud/4 --weight 2.5");
            assertThat(told()).isEqualTo("canary 4 2.5 %");
        }

        @Test
        void aCanaryWithStepsHeaderAndGuard() {
            file.make(new StartCanary(
                    "k1",
                    version("4"),
                    new Ramp.Steps(List.of(5.0, 50.0), Duration.ofMinutes(90)),
                    Optional.of("X-User-Id"),
                    Optional.of(GUARD),
                    Optional.of(version("9"))));

            assertThat(canaryNow())
                    .isEqualTo(new Canary(
                            "k1",
                            version("4"),
                            5,
                            Optional.of("X-User-Id"),
                            Optional.of(TEN),
                            List.of(new Step(5, Duration.ofMinutes(90)), new Step(50, Duration.ofMinutes(90))),
                            List.of(),
                            Optional.of(GUARD),
                            Optional.empty(),
                            Optional.empty()));
            assertThat(latest().command())
                    .isEqualTo("canary start fraud/4 --steps 5,50 --every 90m --guard"
                            + " error-rate=1%,latency=1.5x,min-requests=200,window=5m --on-breach abort"
                            + " --on-success promote --sticky-header X-User-Id");
            assertThat(file.policy().primary()).hasValue("stable");
        }

        @Test
        void withoutAPrimaryTheGivenVersionIsPinned() {
            file = new PolicyFile();

            assertNotThereInEmptyFile();
            file.make(new StartCanary(
                    "k1",
                    version("4"),
                    new Ramp.Weight(5),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(version("3"))));

            assertThat(file.policy().primary()).hasValue("3");
            assertThat(file.at("/history/0/was")).isEqualTo("{\"/traffic/canary\":null,\"/traffic/primary\":null}");
        }

        private void assertNotThereInEmptyFile() {
            assertThatExceptionOfType(PolicyRefusedException.class)
                    .isThrownBy(() -> file.make(canary("k1", "4", 5)))
                    .withMessage("'fraud' has no version that could be the primary beside a canary");
        }

        @Test
        void isRefusedBesideARunningOneAndForThePrimary() {
            assertInTheWay(canary("k1", "3", 5), "version 3 is the primary of 'fraud' already");
            file.make(steps("k1", "4", 5.0, 25.0));

            assertInTheWay(canary("k2", "5", 5), "canary 4 5 % of 'fraud' is running; promote or abort it first");
        }

        @Test
        void isAllowedOverOneThatWasAborted() {
            file.make(canary("k1", "4", 5));
            file.make(new AbortCanary("k1", Optional.empty()));

            file.make(canary("k2", "4", 1));

            assertThat(canaryNow().id()).isEqualTo("k2");
            assertThat(canaryNow().aborted()).isEmpty();
        }

        @ParameterizedTest
        @CsvSource({
            "0, above 0 and at most 100",
            "100.5, above 0 and at most 100",
            "2.555, two decimals",
            "NaN, above 0"
        })
        void aShareThatIsNoneIsRefused(double percent, String text) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Ramp.Weight(percent))
                    .withMessageContaining(text);
            assertThatIllegalArgumentException().isThrownBy(() -> new StartShadow(version("4"), percent));
        }

        @Test
        void stepsRise() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Ramp.Steps(List.of(5.0, 5.0), MINUTE))
                    .withMessage("steps must rise, got 5 % after 5 %");
            assertThatIllegalArgumentException().isThrownBy(() -> new Ramp.Steps(List.of(), MINUTE));
            assertThatIllegalArgumentException().isThrownBy(() -> new Ramp.Steps(List.of(5.0), Duration.ZERO));
        }
    }

    @Nested
    class Going {
        @Test
        void passesAreWrittenInOrder() {
            file.make(steps("k1", "4", 5.0, 25.0));
            file.pass(MINUTE);

            assertInTheWay(new PassStep("k1", 2), "the step before it was not");
            assertNotThere(new PassStep("k1", 3), "it has 2");
            assertNotThere(new PassStep("k0", 1), "'fraud' has no canary with the id k0");
            file.draft("gw-2", new PassStep("k1", 1)).commit();

            assertThat(canaryNow().passed()).containsExactly(new Passed(1, TEN.plus(MINUTE), "gw-2"));
            assertThat(told()).isEqualTo("canary 4 from 5 % to 25 %");
            assertInTheWay(new PassStep("k1", 1), "it was");
        }

        @Test
        void pauseKeepsTheWeightOfThatMomentAndAPassWaits() {
            file.make(steps("k1", "4", 5.0, 25.0));
            file.make(new PassStep("k1", 1));
            file.pass(Duration.ofMinutes(11));

            file.make(new PauseCanary("k1", Optional.of("max-error-rate")));

            assertThat(told()).isEqualTo("canary 4 from 25 % to 25 %, paused");
            assertThat(canaryNow().weight()).isEqualTo(25);
            assertThat(canaryNow().paused()).hasValue(new Paused(file.now(), "ana", Optional.of("max-error-rate")));
            assertInTheWay(new PassStep("k1", 2), "it is paused");
            assertInTheWay(
                    new PauseCanary("k1", Optional.empty()), "is paused already, since 2026-11-22T10:11:00Z by ana");
        }

        @Test
        void resumeMovesTheScheduleByTheTimeThatWasPaused() {
            file.make(steps("k1", "4", 5.0, 25.0));
            file.pass(MINUTE);
            file.make(new PassStep("k1", 1));
            file.pass(MINUTE);
            file.make(new PauseCanary("k1", Optional.empty()));
            file.pass(Duration.ofHours(3));

            file.make(new ResumeCanary("k1"));

            assertThat(canaryNow().paused()).isEmpty();
            assertThat(canaryNow().startedAt()).hasValue(TEN.plus(Duration.ofHours(3)));
            assertThat(canaryNow().passed())
                    .containsExactly(new Passed(1, TEN.plus(Duration.ofHours(3)).plus(MINUTE), "ana"));
            assertThat(weightAt(file.now())).isEqualTo(5);
            assertThat(weightAt(file.now().plus(Duration.ofMinutes(8)))).isEqualTo(25);
            assertNotThere(new ResumeCanary("k1"), "canary 4 of 'fraud' is not paused");
        }

        @Test
        void unknownMembersOfACanaryStay() {
            file = PolicyFile.of("""
                {"traffic": {"primary": "3", "mirror": 1,
                             "canary": {"id": "k1", "version": "4", "weight": 5.00, "colour": "red"}}}
                """);

            file.make(new PauseCanary("k1", Optional.empty()));
            file.make(new ResumeCanary("k1"));
            file.make(new AbortCanary("k1", Optional.empty()));

            assertThat(file.at("/traffic/canary/colour")).isEqualTo("\"red\"");
            assertThat(file.at("/traffic/mirror")).isEqualTo("1");
        }
    }

    @Nested
    class Ending {
        @Test
        void promotionMovesTheAliasThatNamesThePrimary() {
            file.make(canary("k1", "4", 5));
            file.pass(MINUTE);

            file.make(new PromoteCanary("k1"));

            assertThat(file.policy().primary()).hasValue("stable");
            assertThat(file.policy().aliases()).containsEntry(new AliasName("stable"), version("4"));
            assertThat(file.policy().canary()).isEmpty();
            assertThat(file.policy().promoted())
                    .hasValue(new Promoted("k1", version("4"), version("3"), TEN.plus(MINUTE), "ana"));
            assertThat(told()).isEqualTo("primary from 3 to 4");
        }

        @Test
        void promotionSetsAPrimaryThatIsAVersion() {
            file = PolicyFile.of("{\"aliases\": {\"stable\": \"3\"}, \"traffic\": {\"primary\": \"3\"}}");
            file.make(canary("k1", "4", 5));

            file.make(new PromoteCanary("k1"));

            assertThat(file.policy().primary()).hasValue("4");
            assertThat(file.policy().aliases()).containsEntry(new AliasName("stable"), version("3"));
        }

        @Test
        void abortKeepsTheCanaryWithWhyItEnded() {
            file.make(steps("k1", "4", 5.0, 25.0));

            file.draft("gw-2", new AbortCanary("k1", Optional.of(new Breach("max-error-rate", 0.031, 0.01))))
                    .commit();

            assertThat(canaryNow().weight()).isZero();
            assertThat(canaryNow().steps()).hasSize(2);
            assertThat(canaryNow().aborted())
                    .hasValue(new Aborted(TEN, "gw-2", "max-error-rate", Optional.of(0.031), Optional.of(0.01)));
            assertThat(told()).isEqualTo("canary 4 from 5 % to 0 %, aborted");
            assertInTheWay(new PromoteCanary("k1"), "canary 4 of 'fraud' was aborted at 2026-11-22T10:00:00Z by gw-2");
            assertInTheWay(new AbortCanary("k1", Optional.empty()), "(max-error-rate)");
        }

        @Test
        void abortOfWhatWasJustPromotedPutsThePrimaryBackAndSaysWhy() {
            file.make(canary("k1", "4", 5));
            file.make(new PromoteCanary("k1"));

            file.make(new AbortCanary("k1", Optional.empty()));

            assertThat(file.policy().aliases()).containsEntry(new AliasName("stable"), version("3"));
            assertThat(file.policy().promoted()).isEmpty();
            assertThat(canaryNow().id()).isEqualTo("k1");
            assertThat(canaryNow().aborted().orElseThrow().rule()).isEqualTo(AbortCanary.OPERATOR);
            assertThat(told()).isEqualTo("primary from 4 to 3, aborted");
        }

        @Test
        void abortOfAPromotionLeavesThePrimaryThatSomebodyChoseSince() {
            file.make(canary("k1", "4", 5));
            file.make(new PromoteCanary("k1"));
            file.make(alias("stable", "5"));

            assertInTheWay(
                    new AbortCanary("k1", Optional.empty()),
                    "canary 4 of 'fraud' was promoted, but the primary is 5 by now");
        }

        @Test
        void abortOfAPromotionLeavesTheNextCanaryAlone() {
            file.make(canary("k1", "4", 5));
            file.make(new PromoteCanary("k1"));
            file.make(canary("k2", "5", 1));

            file.make(new AbortCanary("k1", Optional.empty()));

            assertThat(canaryNow().id()).isEqualTo("k2");
            assertThat(canaryNow().aborted()).isEmpty();
            assertThat(file.policy().aliases()).containsEntry(new AliasName("stable"), version("3"));
        }
    }

    @Nested
    class ShadowAndRetirement {
        @Test
        void aShadowIsAnyVersionButThePrimary() {
            file.make(new StartShadow(version("4"), 20));
            assertThat(file.at("/traffic/shadow")).isEqualTo("{\"version\":\"4\",\"percent\":20}");

            file.make(new StartShadow(version("4"), 50));
            assertThat(file.policy().shadow()).hasValue(new Shadow(version("4"), 50));
            assertThat(told()).isEqualTo("shadow 4 from 20 % to 50 %");
            assertInTheWay(new StartShadow(version("3"), 1), "version 3 is the primary");

            file.make(new StopShadow());
            assertThat(file.policy().shadow()).isEmpty();
            assertNotThere(new StopShadow(), "'fraud' has no shadow");
        }

        @Test
        void aGuardForDisagreementBringsTheShadowThatItMeasuresByAndTakesItAlong() {
            file.make(disagreeing("k1", "4"));
            assertThat(file.policy().shadow()).hasValue(new Shadow(version("4"), 20));
            file.make(new AbortCanary("k1", Optional.empty()));
            assertThat(file.policy().shadow()).isEmpty();

            file.make(new Undo());
            assertThat(file.policy().shadow()).isPresent();
            file.make(new PromoteCanary("k1"));
            assertThat(file.policy().shadow()).isEmpty();
        }

        @Test
        void aGuardForDisagreementTakesTheShadowThatIsThereButNoOther() {
            file.make(new StartShadow(version("4"), 50));
            assertInTheWay(disagreeing("k1", "5"), "needs a shadow of version 5, and the shadow of 'fraud' is 4");

            file.make(disagreeing("k1", "4"));
            assertThat(file.policy().shadow()).hasValue(new Shadow(version("4"), 50));
        }

        @Test
        void whatAGuardMeasuresByIsNotTakenFromIt() {
            file.make(disagreeing("k1", "4"));
            assertInTheWay(new StopShadow(), "measures disagreement by this shadow");
            assertInTheWay(new StartShadow(version("5"), 20), "measures disagreement by this shadow");

            file.make(new StartShadow(version("4"), 50)); // more of the same is fine
            file.make(new AbortCanary("k1", Optional.empty()));
            assertThat(file.policy().shadow()).isEmpty();
        }

        @Test
        void aShadowOfOnesOwnOutlivesACanaryThatIsAborted() {
            file.make(new StartShadow(version("4"), 50));
            file.make(canary("k1", "4", 5));
            file.make(new AbortCanary("k1", Optional.empty()));

            assertThat(file.policy().shadow()).isPresent();
        }

        @Test
        void theShadowOfAnotherVersionOutlivesACanary() {
            file.make(new StartShadow(version("6"), 50));
            file.make(canary("k1", "4", 5));
            file.make(new PromoteCanary("k1"));

            assertThat(file.policy().shadow()).hasValue(new Shadow(version("6"), 50));
        }

        @Test
        void whatIsInUseIsNotRetired() {
            file.make(alias("candidate", "4"));
            file.make(canary("k1", "5", 5));
            file.make(new StartShadow(version("6"), 5));

            assertInTheWay(
                    retire("3"), "version 3 of 'fraud' is in use: it is the primary and what alias 'stable' names");
            assertInTheWay(retire("4"), "it is what alias 'candidate' names. Move these first");
            assertInTheWay(retire("5"), "it is the canary");
            assertInTheWay(retire("6"), "it is the shadow");
        }

        @Test
        void retirementTellsWhenAndWhy() {
            Instant sunset = TEN.plus(Duration.ofDays(9));

            file.make(new Retire(version("1"), Optional.of(sunset), Optional.of("biased")));

            assertThat(file.policy().retired())
                    .containsExactly(
                            Map.entry(version("1"), new Retirement(TEN, Optional.of(sunset), Optional.of("biased"))));
            assertThat(told()).isEqualTo("version 1 from in service to retired on 2026-12-01T10:00:00Z");
            assertInTheWay(canary("k1", "1", 5), "version 1 of 'fraud' was retired");
        }

        private static Retire retire(String version) {
            return new Retire(version(version), Optional.empty(), Optional.empty());
        }
    }

    @Nested
    class Undoing {
        @Test
        void takesTheLatestChangeBackAndThenDoesItAgain() {
            file.make(alias("stable", "4"));

            file.make(new Undo());
            assertThat(file.policy().aliases()).containsEntry(new AliasName("stable"), version("3"));
            assertThat(told()).isEqualTo("alias stable from 4 to 3");

            file.make(new Undo());
            assertThat(file.policy().aliases()).containsEntry(new AliasName("stable"), version("4"));
            assertThat(file.policy().history()).hasSize(3);
        }

        @Test
        void aPromotionThatIsTakenBackLeavesTheCanaryPaused() {
            file.make(steps("k1", "4", 5.0, 25.0));
            file.make(new PassStep("k1", 1));
            file.pass(Duration.ofMinutes(12));
            file.make(new PromoteCanary("k1"));
            Instant promotedAt = file.now();
            file.pass(Duration.ofHours(2));

            file.make(new Undo());

            assertThat(file.policy().aliases()).containsEntry(new AliasName("stable"), version("3"));
            assertThat(file.policy().promoted()).isEmpty();
            assertThat(canaryNow().paused()).hasValue(new Paused(promotedAt, "ana", Optional.empty()));
            file.make(new ResumeCanary("k1"));
            assertThat(weightAt(file.now())).isEqualTo(25);
            assertThat(canaryNow().startedAt()).hasValue(TEN.plus(Duration.ofHours(2)));
        }

        @Test
        void anAbortThatIsTakenBackLeavesTheCanaryPaused() {
            file.make(canary("k1", "4", 5));
            file.make(new AbortCanary("k1", Optional.empty()));

            file.make(new Undo());

            assertThat(canaryNow().aborted()).isEmpty();
            assertThat(canaryNow().weight()).isEqualTo(5);
            assertThat(canaryNow().paused()).isPresent();
        }

        @Test
        void aPauseThatIsTakenBackCostsNoTimeOfTheSchedule() {
            file.make(steps("k1", "4", 5.0, 25.0));
            file.make(new PauseCanary("k1", Optional.empty()));
            file.pass(Duration.ofHours(1));

            file.make(new Undo());

            assertThat(canaryNow().paused()).isEmpty();
            assertThat(canaryNow().startedAt()).hasValue(TEN.plus(Duration.ofHours(1)));
        }

        @Test
        void isRefusedWhenThereIsNothingToTakeBack() {
            assertNotThere(new Undo(), "'fraud' has no history, so there is nothing to take back");
            file.put("{\"history\": [{\"at\": \"2026-11-22T10:00:00Z\", \"by\": \"ben\", \"command\": \"x\"}]}");
            assertNotThere(new Undo(), "the latest change of 'fraud' (x, by ben) does not say what was before it");
        }

        @Test
        void isRefusedWhenTheFileWasEditedSince() {
            file.make(alias("stable", "4"));
            file.put(file.text().replace("\"stable\": \"4\"", "\"stable\": \"5\""));

            assertInTheWay(
                    new Undo(),
                    "what the latest change of 'fraud' wrote (alias set fraud/4 stable, by ana) is not there any more");
        }

        @Test
        void anEditOfSomethingElseDoesNotMatter() {
            file.make(alias("stable", "4"));
            file.put(file.text().replace("\"format\": 1", "\"format\": 1, \"quota\": 7"));

            file.make(new Undo());

            assertThat(file.policy().aliases()).containsEntry(new AliasName("stable"), version("3"));
            assertThat(file.at("/quota")).isEqualTo("7");
        }

        @Test
        void whatOtherBuildsWroteElsewhereIsLeftToThem() {
            file.put("""
                {"history": [{"at": "2026-11-22T10:00:00Z", "by": "ben", "command": "x", "was": {"/format": 3}}]}
                """);

            assertInTheWay(new Undo(), "was of /format, which this build does not change");
        }
    }

    @Test
    void aHigherFormatIsNotWritten() {
        file.put("{\"format\": 2}");

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> file.make(alias("stable", "4")))
                .withMessage("fraud/model.json cannot be changed: it is of format 2, and this build writes 1");
    }
}
