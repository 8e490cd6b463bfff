package dev.serin.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LatenciesTest {
    private static Latencies of(long... nanos) {
        long[] counts = new long[Latencies.BUCKETS];
        for (long one : nanos) {
            counts[Latencies.bucket(one)]++;
        }
        return Latencies.of(counts);
    }

    @Property
    void everyLatencyIsKnownToAboutOnePercent(@ForAll @LongRange(min = 1_000, max = 600_000_000_000L) long nanos) {
        assertThat((double) of(nanos).quantileNanos(0.5)).isCloseTo((double) nanos, withPercentage(1.2));
    }

    @Property
    void aLongerRunIsNeverInALowerBucket(
            @ForAll @LongRange(max = 2_000_000_000_000L) long one,
            @ForAll @LongRange(max = 2_000_000_000_000L) long other) {
        assertThat(Latencies.bucket(Math.min(one, other))).isLessThanOrEqualTo(Latencies.bucket(Math.max(one, other)));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 999, Long.MAX_VALUE})
    void whatIsOutsideIsInTheOutermost(long nanos) {
        assertThat(Latencies.bucket(nanos)).isIn(0, Latencies.BUCKETS - 1);
    }

    @Test
    void theLongestDeadlineIsInside() {
        assertThat(Latencies.bucket(Duration.ofMinutes(10).toNanos())).isLessThan(Latencies.BUCKETS - 1);
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 32", "4, 64", "0.5, -32", "1.5, 19", "1.0001, 1", "0, -961", "1e300, 961"})
    void aRatioIsRoundedUpToWholeBuckets(double ratio, int buckets) {
        assertThat(Latencies.buckets(ratio)).isEqualTo(buckets);
    }

    @Test
    void quantilesAreTheNearestRank() {
        Latencies ten = of(1_000_000, 2_000_000, 3_000_000, 4_000_000, 50_000_000);

        assertThat((double) ten.quantileNanos(0.5)).isCloseTo(3_000_000, withPercentage(1.2));
        assertThat((double) ten.quantileNanos(0.99)).isCloseTo(50_000_000, withPercentage(1.2));
        assertThat((double) ten.quantileNanos(0)).isCloseTo(1_000_000, withPercentage(1.2));
        assertThat(Latencies.NONE.quantileNanos(0.5)).isZero();
    }

    @Test
    void runsAboveABucketAreCounted() {
        Latencies three = of(1_000_000, 2_000_000, 4_000_000);

        assertThat(three.above(Latencies.bucket(1_000_000))).isEqualTo(2);
        assertThat(three.above(-100)).isEqualTo(3);
        assertThat(three.above(10_000)).isZero();
    }
}
