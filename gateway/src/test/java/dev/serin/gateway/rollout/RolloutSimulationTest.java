package dev.serin.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.serin.gateway.rollout.RolloutSimulation.End;
import dev.serin.gateway.rollout.RolloutSimulation.Ended;
import dev.serin.gateway.rollout.RolloutSimulation.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.commons.numbers.gamma.RegularizedBeta;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rollouts with the seeds from 1 on: {@code serin.rollouts} says how many. */
class RolloutSimulationTest {
    private static final int ROLLOUTS = Integer.getInteger("serin.rollouts", 10);

    private static List<Ended> run(Scenario scenario) {
        return LongStream.rangeClosed(1, ROLLOUTS)
                .mapToObj(seed -> new RolloutSimulation(scenario, seed).run())
                .toList();
    }

    private static long count(List<Ended> all, End how) {
        return all.stream().filter(one -> one.how() == how).count();
    }

    @ParameterizedTest
    @CsvSource({"0, false, 100", "0.005, false, 100", "0.02, false, 100", "0.02, true, 95"})
    void versionsThatAreAlikeAreHardlyEverAborted(double errorRate, boolean errorBursts, double lastStep)
            throws IOException {
        List<Ended> ended = run(new Scenario(errorRate, 0, 1, errorBursts, lastStep));

        long aborted = count(ended, End.ABORTED);
        double bound = upperBound(aborted, ROLLOUTS);
        proof(String.format(
                Locale.ROOT,
                "alike, errors %.1f %%%s: %d of %d aborted (at most %.2f %%), %d promoted",
                100 * errorRate,
                errorBursts ? " in bursts" : "",
                aborted,
                ROLLOUTS,
                100 * bound,
                count(ended, End.PROMOTED)));
        if (ROLLOUTS >= 1_000) {
            assertThat(bound).isLessThanOrEqualTo(0.02);
        } else {
            assertThat(aborted).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0.02, 1", "0.005, 0.02, 1", "0.02, 0.02, 1", "0.005, 0, 3"})
    void aWorseVersionIsCaught(double errorRate, double moreErrors, double slower) throws IOException {
        List<Ended> ended = run(new Scenario(errorRate, moreErrors, slower, false, 100));

        long aborted = count(ended, End.ABORTED);
        Map<Integer, Long> bySteps =
                ended.stream().collect(Collectors.groupingBy(Ended::step, TreeMap::new, Collectors.counting()));
        proof(String.format(
                Locale.ROOT,
                "errors %.1f %% and %.1f %% more, %.0f times as slow: %d of %d aborted, by step %s, at look %d on"
                        + " average",
                100 * errorRate,
                100 * moreErrors,
                slower,
                aborted,
                ROLLOUTS,
                bySteps,
                Math.round(ended.stream().mapToInt(Ended::looks).average().orElse(0))));
        assertThat((double) aborted).isGreaterThanOrEqualTo(0.95 * ROLLOUTS);
        assertThat(ended)
                .flatExtracting(one -> one.rule().stream().toList())
                .as("for what it is")
                .isSubsetOf(slower > 1 ? Set.of(Rule.P50, Rule.P99) : Set.of(Rule.ERRORS));
    }

    @Test
    void theBoundIsClopperAndPearsons() {
        assertThat(upperBound(0, 1_000)).isCloseTo(1 - Math.pow(0.05, 1e-3), within(1e-9));
        assertThat(upperBound(10, 1_000)).isBetween(0.0168, 0.0170);
        assertThat(upperBound(5, 5)).isEqualTo(1);
    }

    /** The rate at which so few events or fewer have a chance of 5 %. */
    private static double upperBound(long events, long of) {
        if (events == of) {
            return 1;
        }
        double low = 0;
        double high = 1;
        for (int i = 0; i < 60; i++) {
            double middle = (low + high) / 2;
            if (RegularizedBeta.complement(middle, events + 1.0, (double) (of - events)) > 0.05) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    /** A line for whoever runs the proof, in the file that {@code serin.proof} names, if it does. */
    private static void proof(String line) throws IOException {
        Optional<Path> file =
                Optional.ofNullable(System.getProperty("serin.proof")).map(Path::of);
        if (file.isPresent()) {
            Files.writeString(file.get(), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }
}
