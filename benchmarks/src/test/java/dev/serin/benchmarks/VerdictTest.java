package dev.serin.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final Row ROW = Row.of(
            "row",
            "what",
            List.of(Limit.atLeast("ratio", 0.8), Limit.atMost("p99_ms", 5)),
            Row.Preparation.NONE,
            _ -> Figures.of("ratio", 1));

    private static Figures round(double ratio, double p99) {
        return Figures.of("ratio", ratio).and("p99_ms", p99);
    }

    @Test
    void theLimitItselfIsGoodEnough() {
        assertThat(ROW.judge(List.of(round(0.8, 5)))).isEqualTo(Verdict.MET);
    }

    @Test
    void eachLimitCounts() {
        assertThat(ROW.judge(List.of(round(0.79, 5)))).isEqualTo(Verdict.MISSED);
        assertThat(ROW.judge(List.of(round(0.8, 5.1)))).isEqualTo(Verdict.MISSED);
    }

    @Test
    void theMedianOfTheRoundsCounts() {
        assertThat(ROW.judge(List.of(round(0.1, 1), round(0.9, 1), round(0.85, 90))))
                .isEqualTo(Verdict.MET);
        assertThat(ROW.judge(List.of(round(0.1, 1), round(0.9, 1), round(0.7, 1))))
                .isEqualTo(Verdict.MISSED);
    }

    @Test
    void whatWasNotMeasuredIsNotMet() {
        assertThat(ROW.judge(List.of())).isEqualTo(Verdict.MISSED);
        assertThat(ROW.judge(List.of(round(Double.NaN, 1)))).isEqualTo(Verdict.MISSED);
        assertThat(ROW.judge(List.of(Figures.of("ratio", 1)))).isEqualTo(Verdict.MISSED);
    }

    @Test
    void aRoundWithoutAFigureIsNotLeftOut() {
        assertThat(ROW.judge(List.of(round(Double.NaN, 1), round(0.7, 1), round(0.9, 1))))
                .isEqualTo(Verdict.MISSED);
        assertThat(ROW.judge(List.of(round(1, Double.NaN), round(1, 6), round(1, 4))))
                .isEqualTo(Verdict.MISSED);
    }

    @Test
    void anEvenNumberOfRoundsHasItsMedianBetweenTheTwoInTheMiddle() {
        assertThat(Figures.median(4, 1, 3, 2)).isEqualTo(2.5);
        assertThat(Figures.median()).isNaN();
    }

    @Test
    void theStatusSaysWhetherAllRowsAreMet() {
        Outcome met = Outcome.measured(ROW, List.of(round(1, 1)));
        Outcome missed = Outcome.measured(ROW, List.of(round(0, 1)));
        Outcome skipped = new Outcome(ROW, Verdict.SKIPPED, List.of(), "no Python");
        Outcome wrong = new Outcome(ROW, Verdict.WRONG, List.of(), "answered 500");

        assertThat(report(70_000, met, skipped).status()).isZero();
        assertThat(report(70_000, met, missed).status()).isEqualTo(1);
        assertThat(report(70_000, met, wrong).status()).isEqualTo(1);
    }

    @Test
    void aSlowEchoMakesTheRunVoid() {
        Outcome missed = Outcome.measured(ROW, List.of(round(0, 1)));

        assertThat(report(59_999, missed).status()).isEqualTo(3);
        assertThat(report(Double.NaN, missed).status()).isEqualTo(3);
    }

    @Test
    void aRowSaysWhatWasAskedAndMeasured() {
        Report report =
                report(70_000, Outcome.measured(ROW, List.of(round(0.5, 12.34).and("rate", 92_345))));

        assertThat(report.table())
                .containsPattern("row +ratio ≥ 0\\.80 +0\\.50 +missed")
                .containsPattern("p99_ms ≤ 5 +12\\.3\\R")
                .contains("    rate 92,345")
                .doesNotContain("void");
    }

    @Test
    void aRowIsALineForWhoeverWantsProofs() throws Exception {
        Report report = report(70_000, Outcome.measured(ROW, List.of(round(0.9, 1))));

        assertThat(report.lines())
                .isEqualTo("{\"name\":\"bench-row\",\"asked\":\"ratio ≥ 0.80, p99_ms ≤ 5\",\"got\":\"passed\","
                        + "\"echo_per_second\":70000,\"measured\":\"ratio 0.90, p99_ms 1\"}\n");
    }

    private static Report report(double echoPerSecond, Outcome... outcomes) {
        return new Report(
                new Machine("a processor", 2, "a JVM", "a kernel", "a commit"),
                Options.parse(List.of()),
                Instant.EPOCH,
                "wrk",
                echoPerSecond,
                List.of(outcomes));
    }

    @Test
    void optionsAreReadAndRefused() {
        Options quick = Options.parse(List.of("--quick", "iris-32", "--json", "a.json"));

        assertThat(quick.rounds()).isEqualTo(1);
        assertThat(quick.seconds()).isEqualTo(2);
        assertThat(quick.json()).map(Object::toString).isEqualTo(Optional.of("a.json"));
        assertThat(quick.wants("iris-32")).isTrue();
        assertThat(quick.wants("iris-1")).isFalse();
        assertThat(List.of("--rounds", "--rounds 0", "--seconds x", "--quickly"))
                .allSatisfy(line ->
                        assertThatIllegalArgumentException().isThrownBy(() -> Options.parse(List.of(line.split(" ")))));
    }
}
