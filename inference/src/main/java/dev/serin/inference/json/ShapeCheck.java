package dev.serin.inference.json;

import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compares the shapes of one request with the signature, and those dimensions with each other that share a symbol. */
final class ShapeCheck {
    private final Faults faults;
    private final Map<String, Bound> bounds = new HashMap<>();

    ShapeCheck(Faults faults) {
        this.faults = faults;
    }

    void check(Port port, TensorType type, long[] shape, Place place) {
        List<Dimension> expected = type.shape();
        if (place.isRows() && !takesRows(expected, shape[0])) {
            faults.add(
                    place.pointer(),
                    "shape",
                    "Input '%s' takes %s, which is not a list of any number of rows; use inputs: {\"inputs\": {…}}."
                            .formatted(Texts.cut(port.name()), Texts.shape(expected)));
        } else if (shape.length != expected.size()) {
            faults.add(place.pointer(), "shape", given(port, shape, expected) + "." + hint(shape, expected));
        } else {
            for (int i = 0; i < shape.length; i++) {
                dimension(port, expected, shape, i, place);
            }
        }
    }

    private static boolean takesRows(List<Dimension> expected, long rows) {
        return !expected.isEmpty()
                && (!(expected.getFirst() instanceof Dimension.Fixed(long length)) || length == rows);
    }

    private static String hint(long[] shape, List<Dimension> expected) {
        int rank = expected.size();
        return shape.length + 1 == rank && isDynamic(expected.getFirst())
                ? " Put the one row into a list: %s…%s.".formatted("[".repeat(rank), "]".repeat(rank))
                : "";
    }

    private static boolean isDynamic(Dimension dimension) {
        return !(dimension instanceof Dimension.Fixed);
    }

    private void dimension(Port port, List<Dimension> expected, long[] shape, int i, Place place) {
        switch (expected.get(i)) {
            case Dimension.Fixed(long length) -> {
                if (shape[i] != length) {
                    faults.add(
                            place.pointer(),
                            "shape",
                            "%s: dimension %d is %d, not %d."
                                    .formatted(given(port, shape, expected), i, shape[i], length));
                }
            }
            case Dimension.Symbol(String name) -> symbol(port, expected, shape, i, name, place);
            case Dimension.Unknown _ -> {}
        }
    }

    private void symbol(Port port, List<Dimension> expected, long[] shape, int i, String name, Place place) {
        Bound bound = bounds.putIfAbsent(name, new Bound(port, shape[i]));
        if (bound != null && bound.length != shape[i]) {
            faults.add(
                    place.pointer(),
                    "shape",
                    "%s: %s is %d here, but %d in input '%s'."
                            .formatted(
                                    given(port, shape, expected),
                                    Texts.cut(name),
                                    shape[i],
                                    bound.length,
                                    Texts.cut(bound.port.name())));
        }
    }

    private static String given(Port port, long[] shape, List<Dimension> expected) {
        return "Input '%s' has shape %s; it takes %s"
                .formatted(Texts.cut(port.name()), Texts.shape(shape), Texts.shape(expected));
    }

    private record Bound(Port port, long length) {}
}
