package dev.serin.inference;

import java.util.List;
import java.util.Optional;

/** What a model takes and gives, in the order of the graph. Immutable. */
public record Signature(List<Port> inputs, List<Port> outputs) {
    public Signature {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    public Optional<Port> input(String name) {
        return find(inputs, name);
    }

    public Optional<Port> output(String name) {
        return find(outputs, name);
    }

    private static Optional<Port> find(List<Port> ports, String name) { // a handful: no map
        for (Port port : ports) {
            if (port.name().equals(name)) {
                return Optional.of(port);
            }
        }
        return Optional.empty();
    }

    /** One input or output. */
    public record Port(String name, Type type) {}

    /** Type of a port. */
    public sealed interface Type {
        /** A tensor. */
        record TensorType(DataType dataType, List<Dimension> shape) implements Type {
            public TensorType {
                shape = List.copyOf(shape);
            }
        }

        /** A sequence. */
        record SequenceType(Type element) implements Type {}

        /** A map. */
        record MapType(DataType key, DataType value) implements Type {}
    }

    /** One dimension of a tensor. */
    public sealed interface Dimension {
        /** Always this long. */
        record Fixed(long length) implements Dimension {}

        /** Of any length, the same wherever the symbol stands. */
        record Symbol(String name) implements Dimension {}

        /** Of any length. */
        record Unknown() implements Dimension {}
    }
}
