package dev.serin.inference.json;

import dev.serin.inference.DataType;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import java.util.Arrays;
import java.util.List;

/** Signatures for tests; a dimension is an {@link Integer}, a {@link String}, or -1 for any length. */
final class Signatures {
    static final Signature IRIS = of(port("x", DataType.FP32, "batch", 4));

    private Signatures() {}

    /** A signature with these inputs and one output {@code y} FP32 [batch]. */
    static Signature of(Port... inputs) {
        return new Signature(List.of(inputs), List.of(port("y", DataType.FP32, "batch")));
    }

    static Port port(String name, DataType type, Object... dims) {
        return new Port(
                name,
                new TensorType(
                        type, Arrays.stream(dims).map(Signatures::dimension).toList()));
    }

    private static Dimension dimension(Object dim) {
        return switch (dim) {
            case Integer length when length < 0 -> new Dimension.Unknown();
            case Integer length -> new Dimension.Fixed(length);
            default -> new Dimension.Symbol(dim.toString());
        };
    }
}
