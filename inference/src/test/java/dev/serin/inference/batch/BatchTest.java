package dev.serin.inference.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.InferenceException;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class BatchTest {
    private static Tensor numbers(long[] shape, int first) {
        int count = Tensor.elementCount(shape);
        ByteBuffer data = ByteBuffer.allocate(count * Integer.BYTES + 8).order(ByteOrder.nativeOrder());
        for (int i = 0; i < count; i++) {
            data.putInt(i * Integer.BYTES, first + i);
        }
        return Tensor.of(DataType.INT32, shape, data);
    }

    private static Tensor texts(long[] shape, int first) {
        return Tensor.ofStrings(
                shape,
                PackedStrings.of(IntStream.range(0, Tensor.elementCount(shape))
                        .mapToObj(i -> "t" + (first + i))
                        .toArray(String[]::new)));
    }

    /** {@return numbers [rows, 3] and strings [rows]} */
    private static List<Tensor> request(int rows, int first) {
        return List.of(numbers(new long[] {rows, 3}, first), texts(new long[] {rows}, first));
    }

    private static List<Object> content(Value value) {
        return switch (value) {
            case Tensor tensor
            when tensor.dataType() == DataType.BYTES ->
                List.of(Arrays.toString(tensor.shape()), List.copyOf(tensor.strings()));
            case Tensor tensor ->
                List.of(
                        Arrays.toString(tensor.shape()),
                        IntStream.range(0, tensor.elementCount())
                                .mapToObj(i -> tensor.data().getInt(i * Integer.BYTES))
                                .toList());
            case Value.Sequence sequence -> List.copyOf(sequence.elements());
            case Value.Mapping mapping -> List.of(mapping);
        };
    }

    @Property(tries = 200)
    void whatIsPutTogetherComesApartAsItWas(
            @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 5) Integer> rows) {
        List<List<Tensor>> requests = IntStream.range(0, rows.size())
                .mapToObj(i -> request(rows.get(i), i * 1_000))
                .toList();
        int lent = BufferPool.SHARED.lent();

        List<Tensor> all = Batch.concatenate(requests);
        List<List<Value>> shares = Batch.split(
                List.copyOf(all), rows.stream().mapToInt(Integer::intValue).toArray());

        for (int i = 0; i < requests.size(); i++) {
            for (int port = 0; port < 2; port++) {
                assertThat(content(shares.get(i).get(port)))
                        .isEqualTo(content(requests.get(i).get(port)));
            }
        }
        all.forEach(Tensor::close);
        assertThat(BufferPool.SHARED.lent()).isEqualTo(lent);
    }

    @Test
    void whoKeepsHisShareKeepsNobodyElses() {
        Tensor all = numbers(new long[] {1_000, 3}, 0);

        Tensor share =
                (Tensor) Batch.split(List.of(all), new int[] {999, 1}).getLast().getFirst();

        assertThat(share.data().capacity()).isEqualTo(3 * Integer.BYTES);
        assertThat(share.data().array()).hasSize(3 * Integer.BYTES);
    }

    @Test
    void sequencesComeApartByTheirElements() {
        Value a = new Value.Mapping(DataType.INT64, DataType.FP32, new TreeMap<>());
        Value b = new Value.Mapping(DataType.BYTES, DataType.FP32, new TreeMap<>());

        List<List<Value>> shares = Batch.split(List.of(new Value.Sequence(List.of(a, b))), new int[] {1, 1});

        assertThat(shares)
                .containsExactly(List.of(new Value.Sequence(List.of(a))), List.of(new Value.Sequence(List.of(b))));
    }

    @Test
    void anOutputOfAnotherLengthCannotBeDivided() {
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> Batch.split(List.of(numbers(new long[] {2, 3}, 0)), new int[] {1, 2}));
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> Batch.split(List.of(numbers(new long[] {}, 0)), new int[] {1}));
    }

    @Test
    void rowsAreWhatAllInputsHaveInCommon() {
        assertThat(Batch.rows(request(4, 0))).isEqualTo(4);
        assertThat(Batch.rows(List.of(numbers(new long[] {2, 3}, 0), numbers(new long[] {3}, 0))))
                .isZero();
        assertThat(Batch.rows(List.of(numbers(new long[] {}, 0)))).isZero();
        assertThat(Batch.rows(List.of())).isZero();
    }

    @Test
    void anInputWithoutRowsHasNoneInCommonWithAnother() {
        Tensor none = numbers(new long[] {0, 3}, 0);
        Tensor three = numbers(new long[] {3, 3}, 0);

        assertThat(Batch.rows(List.of(none, three))).isZero();
        assertThat(Batch.rows(List.of(three, none))).isZero();
        assertThat(Batch.rows(List.of(none, none))).isZero();
    }

    @Test
    void whatFitsHasTheSameTypesAndTheSameDimensionsAfterTheFirst() {
        assertThat(Batch.fits(request(1, 0), request(5, 0))).isTrue();
        assertThat(Batch.fits(List.of(numbers(new long[] {1, 3}, 0)), List.of(numbers(new long[] {1, 4}, 0))))
                .isFalse();
        assertThat(Batch.fits(List.of(numbers(new long[] {1, 3}, 0)), List.of(numbers(new long[] {1, 3, 1}, 0))))
                .isFalse();
        assertThat(Batch.fits(List.of(numbers(new long[] {1}, 0)), List.of(texts(new long[] {1}, 0))))
                .isFalse();
    }
}
