package dev.serin.gateway.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.DataType;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
    private static final Signature Y = signature("y");

    private static Signature signature(String... outputs) {
        return signature(new Dimension.Unknown(), outputs);
    }

    private static Signature signature(Dimension dimension, String... outputs) {
        Signature.Type any = new Signature.Type.TensorType(DataType.FP32, List.of(dimension));
        return new Signature(
                List.of(),
                List.of(outputs).stream().map(name -> new Port(name, any)).toList());
    }

    private static Tensor floats(long[] shape, float... values) {
        ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
        for (float value : values) {
            data.putFloat(value);
        }
        return Tensor.of(DataType.FP32, shape, data.flip());
    }

    private static Tensor longs(long... values) {
        ByteBuffer data = ByteBuffer.allocate(8 * values.length).order(ByteOrder.nativeOrder());
        for (long value : values) {
            data.putLong(value);
        }
        return Tensor.of(DataType.INT64, new long[] {values.length}, data.flip());
    }

    private static Comparison compare(Value first, Value second) {
        return Comparison.of(Y, List.of(first), Y, List.of(second));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
        0.2, 0.7, 0.1,  0.2, 0.7, 0.1,   true
        0.2, 0.7, 0.1,  0.3, 0.6, 0.1,   true
        0.2, 0.7, 0.1,  0.6, 0.3, 0.1,   false
        0.2, 0.7, 0.1,  0.2, NaN, 0.1,   false
        """)
    void scoresAgreeWhereTheGreatestIsAtTheSamePlace(
            float a, float b, float c, float x, float y, float z, boolean agrees) {
        Comparison comparison = compare(floats(new long[] {1, 3}, a, b, c), floats(new long[] {1, 3}, x, y, z));

        assertThat(comparison.agrees()).isEqualTo(agrees);
        assertThat(comparison.ranked()).isTrue();
        assertThat(comparison.sameRanks()).isEqualTo(agrees);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
        0.7, 0.2, 0.1,  NaN, 0.2, 0.1,  false
        0.7, 0.2, 0.1,  0.7, NaN, 0.1,  false
        0.7, 0.2, 0.1,  0.7, 0.2, NaN,  false
        0.7, 0.2, 0.1,  NaN, NaN, NaN,  false
        NaN, NaN, NaN,  0.7, 0.2, 0.1,  false
        NaN, 0.2, 0.1,  NaN, 0.2, 0.1,  true
        NaN, 0.2, 0.7,  NaN, 0.7, 0.2,  false
        NaN, NaN, NaN,  NaN, NaN, NaN,  true
        """)
    void aScoreThatIsANumberOnOneSideOnlyIsADifference(
            float a, float b, float c, float x, float y, float z, boolean agrees) {
        Comparison comparison = compare(floats(new long[] {1, 3}, a, b, c), floats(new long[] {1, 3}, x, y, z));

        assertThat(comparison.agrees()).isEqualTo(agrees);
        assertThat(compare(map(a, b, c), map(x, y, z)).agrees()).isEqualTo(agrees);
    }

    private static Value map(float a, float b, float c) {
        return new Value.Mapping(DataType.INT64, DataType.FP32, new TreeMap<>(Map.of(0L, a, 1L, b, 2L, c)));
    }

    @Test
    void theNumbersOfABatchStandAlone() {
        Comparison near = compare(floats(new long[] {3}, 100, 99.9f, 5), floats(new long[] {3}, 99.9f, 100, 5));
        Comparison far = compare(floats(new long[] {3}, 100, 50, 5), floats(new long[] {3}, 100, 50, 6));

        assertThat(near.agrees()).isTrue();
        assertThat(near.ranked()).isFalse();
        assertThat(far.agrees()).isFalse();
    }

    @Test
    void anOutputOfOneFixedDimensionIsARowOfScores() {
        Signature scores = signature(new Dimension.Fixed(3), "y");
        Comparison comparison = Comparison.of(
                scores,
                List.of(floats(new long[] {3}, 0.7f, 0.2f, 0.1f)),
                scores,
                List.of(floats(new long[] {3}, 0.6f, 0.3f, 0.1f)));

        assertThat(comparison.agrees()).isTrue();
        assertThat(comparison.ranked()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
        100,  100,    true,  0
        100,  100.5,  true,  0.5
        100,  102,    false, 2
        0,    1e-7,   true,  0
        NaN,  NaN,    true,  0
        NaN,  1,      false, Infinity
        """)
    void quantitiesAgreeWithinAPercent(float first, float second, boolean agrees, double absolute) {
        Comparison comparison = compare(floats(new long[] {1, 1}, first), floats(new long[] {1, 1}, second));

        assertThat(comparison.agrees()).isEqualTo(agrees);
        assertThat(comparison.ranked()).isFalse();
        assertThat(comparison.maxAbsolute()).isCloseTo(absolute, org.assertj.core.data.Offset.offset(1e-5));
    }

    @Test
    void wholeNumbersAndStringsAreEqualOrNot() {
        assertThat(compare(longs(1, 2), longs(1, 2)).agrees()).isTrue();
        assertThat(compare(longs(1, 2), longs(1, 3)).agrees()).isFalse();
        assertThat(compare(strings("a"), strings("a")).agrees()).isTrue();
        assertThat(compare(strings("a"), strings("b")).agrees()).isFalse();
    }

    private static Tensor strings(String... values) {
        return Tensor.ofStrings(new long[] {values.length}, PackedStrings.of(values));
    }

    @Test
    void anotherShapeTypeOrOutputIsNoAgreement() {
        assertThat(compare(longs(1, 2), longs(1)).agrees()).isFalse();
        assertThat(compare(longs(1), strings("1")).agrees()).isFalse();
        assertThat(compare(longs(1), new Value.Sequence(List.of(longs(1)))).agrees())
                .isFalse();
        assertThat(Comparison.of(Y, List.of(longs(1)), signature("z"), List.of(longs(1)))
                        .agrees())
                .isFalse();
    }

    @Test
    void outputsAreComparedByName() {
        Comparison comparison = Comparison.of(
                signature("a", "b"), List.of(longs(1), longs(2)), signature("b", "a"), List.of(longs(2), longs(1)));

        assertThat(comparison.agrees()).isTrue();
    }

    @Test
    void mapsOfScoresAreRankedLikeRows() {
        Comparison same = compare(scores(0.2f, 0.8f), scores(0.4f, 0.6f));
        Comparison other = compare(scores(0.2f, 0.8f), scores(0.6f, 0.4f));

        assertThat(same.agrees()).isTrue();
        assertThat(same.ranked()).isTrue();
        assertThat(other.agrees()).isFalse();
        assertThat(other.maxAbsolute()).isCloseTo(0.4, org.assertj.core.data.Offset.offset(1e-6));
    }

    private static Value scores(float zero, float one) {
        return new Value.Sequence(
                List.of(new Value.Mapping(DataType.INT64, DataType.FP32, new TreeMap<>(Map.of(0L, zero, 1L, one)))));
    }
}
