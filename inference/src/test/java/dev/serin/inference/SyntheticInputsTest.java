package dev.serin.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Dimension.Fixed;
import dev.serin.inference.Signature.Dimension.Symbol;
import dev.serin.inference.Signature.Dimension.Unknown;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class SyntheticInputsTest {
    @Test
    void firstDimensionsAreTheBatchAndOtherFreeOnesOne() {
        List<Tensor> inputs = of(
                2,
                port("a", DataType.FP32, new Symbol("batch"), new Fixed(4), new Symbol("length")),
                port("b", DataType.INT8, new Unknown(), new Unknown()),
                port("c", DataType.BOOL, new Fixed(3), new Symbol("batch")),
                port("d", DataType.FP64));

        assertThat(inputs.get(0).shape()).containsExactly(2, 4, 1);
        assertThat(inputs.get(1).shape()).containsExactly(2, 1);
        assertThat(inputs.get(2).shape()).containsExactly(3, 2);
        assertThat(inputs.get(3).shape()).isEmpty();
        assertThat(inputs.get(0).data().isDirect()).isTrue();
    }

    @Test
    void stringsAreEmpty() {
        assertThat(of(2, port("a", DataType.BYTES, new Symbol("batch")))
                        .getFirst()
                        .strings())
                .containsExactly("", "");
    }

    @Test
    void inputsThatAreTooLargeAreNotMadeUp() {
        assertThatThrownBy(() -> of(1, port("a", DataType.INT8, new Fixed(1 << 20), new Fixed(1 << 20))))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageContaining("input 'a' takes at least [1048576, 1048576] elements");
        assertThatThrownBy(() -> of(1, port("a", DataType.INT8, new Fixed(Long.MAX_VALUE), new Fixed(4))))
                .isInstanceOf(ModelRefusedException.class);
    }

    private static List<Tensor> of(int batch, Port... inputs) {
        return SyntheticInputs.of(new Signature(List.of(inputs), List.of()), batch);
    }

    private static Port port(String name, DataType type, Dimension... shape) {
        return new Port(name, new TensorType(type, List.of(shape)));
    }
}
