package dev.serin.gateway.rollout;

import static dev.serin.gateway.rollout.Samples.compared;
import static dev.serin.gateway.rollout.Samples.constant;
import static dev.serin.gateway.rollout.Samples.errors;
import static dev.serin.gateway.rollout.Samples.latencies;
import static dev.serin.gateway.rollout.Samples.lognormal;
import static dev.serin.registry.Canaries.GUARD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.serin.gateway.rollout.Verdict.Breach;
import dev.serin.gateway.rollout.Verdict.Clean;
import dev.serin.gateway.rollout.Verdict.Inconclusive;
import dev.serin.registry.ModelPolicy.Guard;
import java.time.Duration;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JudgeTest {
    private static final Sample WELL = errors(0, 30_000);

    private static Verdict judge(Sample primary, Sample canary) {
        return Judge.judge(GUARD, primary, Sample.NONE, canary);
    }

    @Test
    void withTooFewRequestsNothingIsConcluded() {
        assertThat(judge(WELL, errors(41, 41))).isEqualTo(new Inconclusive("41 of 200 requests", 41, 200));
        assertThat(judge(WELL, Sample.NONE)).isInstanceOf(Inconclusive.class);
    }

    @ParameterizedTest
    @CsvSource({
        // canary's errors, requests, primary's errors, requests
        "0,   200,   0,    3800,   Clean",
        "2,   200,   0,    3800,   Clean", // 1 % is not more than 1 %
        "3,   200,   0,    3800,   Inconclusive", // 1.5 %, by chance
        "8,   200,   0,    3800,   Inconclusive",
        "20,  200,   0,    3800,   Breach", // 10 %
        "20,  200,   380,  3800,   Clean", // but the primary has no less
        "20,  200,   379,  3800,   Inconclusive",
        "317, 10236, 6,    31204,  Breach",
        "317, 10236, 960,  31204,  Inconclusive", // 3.10 against 3.08 %
        "120, 10000, 0,    30000,  Inconclusive", // 1.2 % is more than 0, and not certainly more than 1 %
        "170, 10000, 0,    30000,  Breach",
        "30000, 1000000, 580000, 20000000, Breach", // 3.0 against 2.9 % is certain with a million
        "300, 10000, 5800, 200000, Inconclusive" // and not with ten thousand
    })
    void errorsAreABreachWhenCertainlyOverTheLimitAndOverThePrimary(
            long errors, long requests, long primaryErrors, long primaryRequests, String verdict) {
        assertThat(judge(errors(primaryErrors, primaryRequests), errors(errors, requests))
                        .getClass()
                        .getSimpleName())
                .isEqualTo(verdict);
    }

    @Test
    void aBreachOfErrorsSaysWhatWasFound() {
        Breach breach = (Breach) judge(errors(6, 31_204), errors(317, 10_236));

        assertThat(breach).isEqualTo(new Breach(Rule.ERRORS, 317 / 10_236.0, 0.01, 317, 10_236));
        assertThat(breach.text(Duration.ofMinutes(5))).isEqualTo("errors 3.1 % > 1 % over 5 min (317 of 10 236)");
    }

    @Test
    void whatIsNotCertainIsSaid() {
        assertThat(judge(WELL, errors(14, 1_000)))
                .isEqualTo(new Inconclusive("errors 1.4 % > 1 %, not yet certain", 1_000, 200));
        assertThat(judge(WELL, errors(1_001, 100_000)))
                .isEqualTo(new Inconclusive("errors 1.001 % > 1 %, not yet certain", 100_000, 200));
    }

    @Test
    void whereTheCanaryHasAllTrafficThePrimarysFormerRequestsAreCompared() {
        Sample canary = errors(400, 20_000); // 2 %

        assertThat(Judge.judge(GUARD, Sample.NONE, errors(600, 30_000), canary)).isInstanceOf(Clean.class);
        assertThat(Judge.judge(GUARD, Sample.NONE, errors(30, 30_000), canary)).isInstanceOf(Breach.class);
        assertThat(Judge.judge(GUARD, Sample.NONE, Sample.NONE, canary))
                .as("the limit alone")
                .isInstanceOf(Breach.class);
    }

    @Test
    void aPrimaryWithFewRequestsIsNoMeasureAndYetComparedWith() {
        assertThat(judge(errors(1, 3), errors(20, 200)))
                .as("a third of three is no rate that a canary may have")
                .isInstanceOf(Inconclusive.class);
        assertThat(judge(errors(0, 150), errors(150, 200))).isInstanceOf(Breach.class);
    }

    @ParameterizedTest
    @CsvSource({
        // how many times as slow, canary's runs, primary's runs
        "1,    1000, 20000, Clean",
        "1.45, 1000, 20000, Clean",
        "1.55, 200,  4000,  Inconclusive",
        "3,    200,  4000,  Breach",
        "1.7,  200,  4000,  Inconclusive",
        "2,    1000, 20000, Breach",
        "3,    3000, 1000,  Breach",
        "0.2,  1000, 20000, Clean"
    })
    void aSlowerCanaryIsABreachWhenCertain(double slower, int runs, int primaryRuns, String verdict) {
        Sample primary = latencies(lognormal(primaryRuns, 1, 0, 1));
        Sample canary = latencies(lognormal(runs, slower, 0, 1));

        assertThat(judge(primary, canary).getClass().getSimpleName()).isEqualTo(verdict);
    }

    @Test
    void aSlowTailIsFoundWhereTheMedianIsAlike() {
        Sample primary = latencies(lognormal(57_000, 1, 0, 1));
        Sample canary = latencies(lognormal(3_000, 1, 0.05, 20));

        assertThat(judge(primary, canary)).isInstanceOfSatisfying(Breach.class, breach -> {
            assertThat(breach.rule()).isEqualTo(Rule.P99);
            assertThat(breach.measured()).isGreaterThan(1.5);
            assertThat(breach.count()).isBetween(100L, 200L);
            assertThat(breach.of()).isEqualTo(3_000);
        });
    }

    @ParameterizedTest
    @CsvSource({"1000, 20000", "1000, 1000", "20000, 1000"})
    void latenciesThatAreAllAlikeAreToldApart(int runs, int primaryRuns) {
        Sample primary = latencies(constant(primaryRuns, 1));

        assertThat(judge(primary, latencies(constant(runs, 3)))).isInstanceOfSatisfying(Breach.class, breach -> {
            assertThat(breach.rule()).isEqualTo(Rule.P50);
            assertThat(breach.measured()).isCloseTo(3, within(0.07));
            assertThat(breach.limit()).isEqualTo(1.5);
        });
        assertThat(judge(primary, latencies(constant(runs, 1.45)))).isInstanceOf(Clean.class);
    }

    @Test
    void withoutEnoughOfThePrimaryLatenciesAreNotJudged() {
        assertThat(judge(latencies(constant(199, 1)), latencies(constant(10_000, 9))))
                .isInstanceOf(Clean.class);
    }

    @Test
    void bothSidesInOneBadMinuteAreNoBreach() {
        // Half of the runs ten times as slow, on both sides.
        Sample primary = latencies(lognormal(57_000, 1, 0.5, 10));
        Sample canary = latencies(lognormal(3_000, 1, 0.5, 10));

        assertThat(judge(primary, canary)).isInstanceOf(Clean.class);
    }

    @ParameterizedTest
    @CsvSource({"0, 200, Clean", "4, 200, Clean", "3, 100, Inconclusive", "80, 1000, Breach", "220, 10000, Inconclusive"
    })
    void disagreementIsHeldToItsLimit(long disagreements, long comparisons, String verdict) {
        assertThat(judge(WELL, compared(disagreements, comparisons)).getClass().getSimpleName())
                .isEqualTo(verdict);
    }

    @Test
    void aDisagreementThatNobodyMeasuresIsNotClean() {
        assertThat(judge(WELL, compared(0, 199))).isEqualTo(new Inconclusive("199 of 200 comparisons", 10_000, 200));
        assertThat(judge(Sample.NONE, compared(0, 0))).isInstanceOf(Clean.class); // nothing is left to be copied
    }

    /** Runs for several requests are no measure of a latency, so under load there may be few that are one. */
    @Test
    void aLatencyThatIsNotMeasuredOnEitherSideIsNotClean() {
        Sample unmeasured = new Sample(10_000, 0, constant(199, 1), 10_000, 0);
        var inconclusive = new Inconclusive("199 of 200 runs for one request alone", 10_000, 200);

        assertThat(judge(WELL, unmeasured)).isEqualTo(inconclusive);
        assertThat(judge(unmeasured, errors(0, 10_000))).isEqualTo(inconclusive);
        assertThat(judge(errors(0, 10), errors(0, 10_000)))
                .as("a primary with little traffic is not waited for")
                .isInstanceOf(Clean.class);
        assertThat(judge(Sample.NONE, unmeasured)).isInstanceOf(Clean.class); // nothing is left to be compared with
    }

    @Test
    void whatIsBadIsBadBeforeAnyComparison() {
        assertThat(judge(WELL, new Sample(200, 20, Latencies.NONE, 0, 0))).isInstanceOf(Breach.class);
    }

    /** Rows of the table in docs/routing.md. */
    @ParameterizedTest
    @CsvSource({
        // canary's rate, its requests, its weight, primary's rate
        "0.02, 7200, 5, 0",
        "0.02, 19500, 95, 0",
        "0.03, 2200, 25, 0",
        "0.05, 740, 50, 0",
        "0.05, 7700, 95, 0",
        "0.1, 230, 5, 0",
        "0.1, 350, 50, 0",
        "0.04, 3700, 5, 0.02",
        "0.04, 6700, 50, 0.02"
    })
    void errorsAreFoundWithAsManyRequestsAsTheDocumentsSay(
            double rate, int requests, double weight, double primaryRate) {
        long primaryRequests = Math.round(requests * (100 - weight) / weight);
        Sample primary = errors(Math.round(primaryRate * primaryRequests), primaryRequests);
        long enough = 0;
        while (!(judge(primary, errors(enough, requests)) instanceof Breach)) {
            enough++;
        }

        assertThat(Tails.binomial(enough, requests, rate)).isBetween(0.93, 0.97);
    }

    @Test
    void aLimitThatIsNotSetIsNotHeld() {
        Guard none = new Guard(
                GUARD.window(),
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                GUARD.onBreach(),
                GUARD.onSuccess());
        Sample awful = new Sample(500, 500, constant(500, 1_000), 500, 500);

        assertThat(Judge.judge(none, latencies(constant(5_000, 1)), Sample.NONE, awful))
                .isInstanceOf(Clean.class);
        assertThat(Judge.judge(none, WELL, Sample.NONE, Sample.NONE))
                .as("nothing seen is not clean, even with min-requests 0")
                .isInstanceOf(Inconclusive.class);
    }

    @ParameterizedTest
    @CsvSource({"1e-9, 1", "1000000, 0"})
    void limitsAtTheirEndsAreNoFailure(double ratio, double rate) {
        Guard guard = new Guard(
                GUARD.window(),
                1,
                Optional.of(rate),
                Optional.of(ratio),
                Optional.of(0.0),
                GUARD.onBreach(),
                GUARD.onSuccess());
        Sample canary = new Sample(500, 250, lognormal(500, 1, 0, 1), 10, 0);

        assertThat(Judge.judge(guard, latencies(lognormal(500, 1, 0, 1)), Sample.NONE, canary))
                .isNotNull();
    }

    @Property(tries = 300)
    void moreErrorsNeverMakeAVerdictMilder(
            @ForAll @IntRange(min = 200, max = 100_000) int requests,
            @ForAll @DoubleRange(max = 1) double share,
            @ForAll @DoubleRange(max = 0.2) double primaryRate) {
        Sample primary = errors((long) (primaryRate * 100_000), 100_000);
        long errors = (long) (share * share * share * requests);

        assertThat(severity(judge(primary, errors(Math.min(requests, errors + 1), requests))))
                .isGreaterThanOrEqualTo(severity(judge(primary, errors(errors, requests))));
    }

    @Property(tries = 300)
    void aCanaryThatDoesWhatItsPrimaryDoesIsClean(
            @ForAll @IntRange(min = 200, max = 3_000) int runs,
            @ForAll @DoubleRange(max = 1) double share,
            @ForAll @DoubleRange(min = 0.01, max = 1_000) double medianMillis) {
        Sample both = new Sample(runs, (long) (share * runs), lognormal(runs, medianMillis, 0.01, 10), runs, 0);

        assertThat(judge(both, both)).isInstanceOf(Clean.class);
    }

    @Property(tries = 100)
    void aBreachIsAlwaysAboveItsLimit(
            @ForAll @IntRange(min = 200, max = 3_000) int runs,
            @ForAll @IntRange(min = 200, max = 3_000) int primaryRuns,
            @ForAll @DoubleRange(min = 0.1, max = 10) double slower,
            @ForAll @DoubleRange(max = 0.3) double slowShare) {
        Verdict verdict =
                judge(latencies(lognormal(primaryRuns, 1, 0.01, 5)), latencies(lognormal(runs, slower, slowShare, 5)));

        if (verdict instanceof Breach breach) {
            assertThat(breach.measured()).isGreaterThan(breach.limit());
            assertThat(breach.count()).isBetween(1L, breach.of());
        }
    }

    private static int severity(Verdict verdict) {
        return switch (verdict) {
            case Clean() -> 0;
            case Inconclusive _ -> 1;
            case Breach _ -> 2;
        };
    }
}
