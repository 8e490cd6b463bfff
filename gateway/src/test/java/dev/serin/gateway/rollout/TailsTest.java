package dev.serin.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The expected values were summed term by term with 50 digits. */
class TailsTest {
    @ParameterizedTest
    @CsvSource({
        "317, 10236, 0.01, 1.31637170324381e-65",
        "120, 3000, 0.01, 8.51043845904722e-36",
        "5, 200, 0.01, 0.0517462636307859",
        "100600, 10000000, 0.01, 0.0284567306669011",
        "5003000, 10000000, 0.5, 0.0289106426579188",
        "1, 10000000, 1e-9, 0.0099501662557822",
        "3000, 3000, 0.99, 8.04606974210271e-14"
    })
    void binomialTailsAreRightUpToTenMillion(long hits, long of, double probability, double expected) {
        assertThat(Tails.binomial(hits, of, probability)).isCloseTo(expected, withPercentage(1e-5));
    }

    @ParameterizedTest
    @CsvSource({
        "12, 200, 40, 3800, 6.18621668325288e-6",
        "120, 3000, 1140, 57000, 1.57481035558003e-11",
        "20, 400, 0, 3600, 6.47047821609211e-21",
        "2505000, 5000000, 2495000, 5000000, 1.27500830882678e-10",
        "50700, 500000, 949300, 9500000, 0.000366253796003101",
        "3, 3, 0, 10000000, 5.9999964000015e-21",
        "60, 1000, 20, 1000, 2.83298600092338e-6"
    })
    void fishersTailsAreRightUpToTenMillion(long hits, long of, long otherHits, long otherOf, double expected) {
        assertThat(Tails.fisher(hits, of, otherHits, otherOf)).isCloseTo(expected, withPercentage(1e-4));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0, 10, 0", "0, 10, 1"})
    void nothingIsNoSurprise(long hits, long of, double probability) {
        assertThat(Tails.binomial(hits, of, probability)).isEqualTo(1);
        assertThat(Tails.fisher(hits, of, 3, 5)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"3, 10, 0, 0", "10, 10, 0, 0", "10, 10, 1, 1", "0, 10, 1, 1"})
    void whatIsCertainOrImpossibleIsSaidSo(long hits, long of, double probability, double expected) {
        assertThat(Tails.binomial(hits, of, probability)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"5, 10, 0, 0", "10, 10, 5, 5", "2, 10, 5, 5"})
    void withoutAnotherSideOrOnlyHitsThereIsNothingToTell(long hits, long of, long otherHits, long otherOf) {
        assertThat(Tails.fisher(hits, of, otherHits, otherOf)).isGreaterThan(0.01);
    }

    @Property(tries = 500)
    void fishersTailIsTheSumOfItsTerms(
            @ForAll @IntRange(max = 60) int hits,
            @ForAll @IntRange(max = 60) int misses,
            @ForAll @IntRange(max = 60) int otherHits,
            @ForAll @IntRange(max = 60) int otherMisses) {
        BigInteger ways = BigInteger.ZERO;
        int of = hits + misses;
        int otherOf = otherHits + otherMisses;
        for (int k = hits; k <= Math.min(of, hits + otherHits); k++) {
            if (hits + otherHits - k <= otherOf) {
                ways = ways.add(choose(of, k).multiply(choose(otherOf, hits + otherHits - k)));
            }
        }
        double expected = new BigDecimal(ways)
                .divide(new BigDecimal(choose(of + otherOf, hits + otherHits)), MathContext.DECIMAL64)
                .doubleValue();

        assertThat(Tails.fisher(hits, of, otherHits, otherOf)).isCloseTo(expected, within(1e-12 + 1e-9 * expected));
    }

    @Property(tries = 500)
    void binomialTailIsTheSumOfItsTerms(
            @ForAll @IntRange(max = 80) int hits,
            @ForAll @IntRange(max = 80) int misses,
            @ForAll @IntRange(min = 1, max = 99) int percent) {
        double probability = percent / 100.0;
        int of = hits + misses;
        double expected = 0;
        for (int k = hits; k <= of; k++) {
            expected += choose(of, k).doubleValue() * Math.pow(probability, k) * Math.pow(1 - probability, of - k);
        }

        assertThat(Tails.binomial(hits, of, probability)).isCloseTo(expected, within(1e-12 + 1e-9 * expected));
    }

    private static BigInteger choose(int n, int k) {
        BigInteger ways = BigInteger.ONE;
        for (int i = 0; i < k; i++) {
            ways = ways.multiply(BigInteger.valueOf(n - i)).divide(BigInteger.valueOf(i + 1));
        }
        return ways;
    }
}
