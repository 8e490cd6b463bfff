package dev.serin.gateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.DataType;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CompatibilityTest {
    private static final Dimension ANY = new Dimension.Symbol("batch");
    private static final Dimension FOUR = new Dimension.Fixed(4);

    private static Port port(String name, DataType type, Dimension... shape) {
        return new Port(name, new Signature.Type.TensorType(type, List.of(shape)));
    }

    private static Signature taking(Port... inputs) {
        return new Signature(List.of(inputs), List.of());
    }

    private static final Signature PRIMARY = taking(port("x", DataType.FP32, ANY, FOUR));

    private static String problem(Signature trial) {
        return Compatibility.problem(PRIMARY, trial).orElse("none");
    }

    @Test
    void whatTakesAsMuchOrMoreIsCompatible() {
        Stream.of(
                        taking(port("x", DataType.FP32, ANY, FOUR)),
                        taking(port("x", DataType.FP32, new Dimension.Unknown(), FOUR)),
                        taking(port("x", DataType.FP32, ANY, new Dimension.Symbol("features"))))
                .forEach(trial -> assertThat(problem(trial)).isEqualTo("none"));
    }

    @Test
    void whatTakesLessOrSomethingElseIsNot() {
        assertThat(problem(taking(port("y", DataType.FP32, ANY, FOUR)))).isEqualTo("it has no input 'x'");
        assertThat(problem(taking(port("x", DataType.FP32, ANY, FOUR), port("z", DataType.FP32))))
                .isEqualTo("it also needs an input 'z'");
        Stream.of(
                        port("x", DataType.FP64, ANY, FOUR),
                        port("x", DataType.FP32, ANY, new Dimension.Fixed(5)),
                        port("x", DataType.FP32, new Dimension.Fixed(1), FOUR),
                        port("x", DataType.FP32, ANY, FOUR, FOUR),
                        new Port("x", new Signature.Type.MapType(DataType.INT64, DataType.FP32)))
                .forEach(port ->
                        assertThat(problem(taking(port))).isEqualTo("its input 'x' is of another type or shape"));
    }
}
