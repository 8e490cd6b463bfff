package dev.serin.inference.json;

import dev.serin.inference.InvalidInputException;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Writes values as native bodies have them: nested lists, and objects by name. */
final class NativeWriter {
    private final JsonText json;
    private final ElementWriter elements;

    NativeWriter(JsonText json) {
        this.json = json;
        this.elements = new ElementWriter(json, false);
    }

    /** Writes {@code {"member": {name: value, …}}}. */
    void columns(String member, List<Port> ports, List<? extends Value> values) throws IOException {
        json.startObject();
        json.name(member);
        json.startObject();
        for (int i = 0; i < ports.size(); i++) {
            json.name(ports.get(i).name());
            value(values.get(i));
        }
        json.endObject();
        json.endObject();
    }

    /** Writes {@code {"member": [row, …]}}; a row is the bare value of the only port, else an object. */
    void rows(String member, List<Port> ports, List<? extends Value> values, int count) throws IOException {
        json.startObject();
        json.name(member);
        json.startArray();
        for (int row = 0; row < count; row++) {
            if (ports.size() == 1) {
                row(values.getFirst(), row);
            } else {
                namedRow(ports, values, row);
            }
        }
        json.endArray();
        json.endObject();
    }

    /** Refuses outputs that have not one value for each row. */
    static void checkRows(List<Port> ports, List<? extends Value> values, int count) {
        for (int i = 0; i < ports.size(); i++) {
            if (!hasRows(values.get(i), count)) {
                throw new InvalidInputException(
                        InvalidInputException.Kind.MISFIT,
                        "Output '%s' %s, not one value for each of %d instances; use inputs: {\"inputs\": {…}}."
                                .formatted(Texts.cut(ports.get(i).name()), describe(values.get(i)), count));
            }
        }
    }

    private static boolean hasRows(Value value, int count) {
        return switch (value) {
            case Tensor tensor -> tensor.shape().length > 0 && tensor.shape()[0] == count;
            case Value.Sequence sequence -> sequence.elements().size() == count;
            case Value.Mapping _ -> false;
        };
    }

    private static String describe(Value value) {
        return switch (value) {
            case Tensor tensor -> "has shape " + Texts.shape(tensor.shape());
            case Value.Sequence sequence ->
                "is a sequence of " + sequence.elements().size();
            case Value.Mapping _ -> "is one map";
        };
    }

    private void namedRow(List<Port> ports, List<? extends Value> values, int row) throws IOException {
        json.startObject();
        for (int i = 0; i < ports.size(); i++) {
            json.name(ports.get(i).name());
            row(values.get(i), row);
        }
        json.endObject();
    }

    private void row(Value value, int row) throws IOException {
        switch (value) {
            case Tensor tensor -> nested(tensor, 1, row * (tensor.elementCount() / Math.toIntExact(tensor.shape()[0])));
            case Value.Sequence sequence -> value(sequence.elements().get(row));
            case Value.Mapping _ -> throw new IllegalArgumentException("A map has no rows");
        }
    }

    private void value(Value value) throws IOException {
        switch (value) {
            case Tensor tensor -> nested(tensor, 0, 0);
            case Value.Sequence sequence -> {
                json.startArray();
                for (Value element : sequence.elements()) {
                    value(element);
                }
                json.endArray();
            }
            case Value.Mapping map -> {
                json.startObject();
                for (Map.Entry<?, ?> entry : map.entries().entrySet()) {
                    json.name(entry.getKey().toString());
                    elements.writeBoxed(entry.getValue());
                }
                json.endObject();
            }
        }
    }

    /** Writes the dimensions from that one on. {@return the index of the element that comes next} */
    private int nested(Tensor tensor, int dimension, int first) throws IOException {
        if (dimension == tensor.shape().length) {
            elements.write(tensor, first);
            return first + 1;
        }
        int next = first;
        int length = Math.toIntExact(tensor.shape()[dimension]);
        json.startArray();
        if (dimension + 1 == tensor.shape().length) {
            elements.write(tensor, first, length);
            next += length;
        } else {
            for (int i = 0; i < length; i++) {
                next = nested(tensor, dimension + 1, next);
            }
        }
        json.endArray();
        return next;
    }
}
