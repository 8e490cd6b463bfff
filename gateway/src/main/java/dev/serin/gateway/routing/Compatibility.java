package dev.serin.gateway.routing;

import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import java.util.List;
import java.util.Optional;

/** Whether one version takes what another one takes, so that a caller need not know which of them answers. */
public final class Compatibility {
    private Compatibility() {}

    /**
     * {@return why a version on trial cannot be asked in the place of the primary; empty when it can} It can when it has
     * every input of the primary with the same type and a shape that takes as much, and no other.
     */
    public static Optional<String> problem(Signature primary, Signature trial) {
        for (Port port : primary.inputs()) {
            Optional<Port> other = trial.input(port.name());
            if (other.isEmpty()) {
                return Optional.of("it has no input '%s'".formatted(port.name()));
            }
            if (!takes(other.get().type(), port.type())) {
                return Optional.of("its input '%s' is of another type or shape".formatted(port.name()));
            }
        }
        return trial.inputs().stream()
                .filter(port -> primary.input(port.name()).isEmpty())
                .findFirst()
                .map(port -> "it also needs an input '%s'".formatted(port.name()));
    }

    private static boolean takes(Signature.Type trial, Signature.Type primary) {
        return switch (primary) {
            case Signature.Type.TensorType(var dataType, var shape) ->
                trial instanceof Signature.Type.TensorType other
                        && other.dataType() == dataType
                        && takes(other.shape(), shape);
            case Signature.Type.SequenceType _, Signature.Type.MapType _ -> trial.equals(primary);
        };
    }

    private static boolean takes(List<Dimension> trial, List<Dimension> primary) {
        if (trial.size() != primary.size()) {
            return false;
        }
        for (int i = 0; i < primary.size(); i++) {
            if (trial.get(i) instanceof Dimension.Fixed && !trial.get(i).equals(primary.get(i))) {
                return false;
            }
        }
        return true;
    }
}
