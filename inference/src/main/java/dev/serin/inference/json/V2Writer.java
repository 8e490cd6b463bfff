package dev.serin.inference.json;

import dev.serin.inference.DataType;
import dev.serin.inference.OutputFormException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Writes one V2 inference response. */
final class V2Writer {
    private final JsonText json;
    private final ElementWriter elements;
    private final Optional<V2Blobs> blobs;

    /** @param blobs what is left out because it follows as bytes */
    V2Writer(JsonText json, Optional<V2Blobs> blobs) {
        this.json = json;
        this.blobs = blobs;
        this.elements = new ElementWriter(json, true);
    }

    void write(V2Json.Request request, String model, String version, Signature signature, List<Value> outputs)
            throws IOException {
        json.startObject();
        json.name("model_name");
        json.text(model);
        json.name("model_version");
        json.text(version);
        if (request.id().isPresent()) {
            json.name("id");
            json.text(request.id().get());
        }
        json.name("outputs");
        json.startArray();
        if (request.outputs().isEmpty()) {
            for (int i = 0; i < outputs.size(); i++) {
                output(signature.outputs().get(i), outputs.get(i));
            }
        } else {
            for (V2Json.Output output : request.outputs()) {
                Port port = signature.output(output.name()).orElseThrow();
                output(port, outputs.get(signature.outputs().indexOf(port)));
            }
        }
        json.endArray();
        json.endObject();
    }

    private void output(Port port, Value value) throws IOException {
        Optional<V2Blobs.Blob> blob = blobs.isPresent() ? blobs.get().of(port.name()) : Optional.empty();
        if (blob.isPresent()) {
            announce(blob.get());
        } else {
            inJson(port, value);
        }
    }

    private void announce(V2Blobs.Blob blob) throws IOException {
        begin(blob.name(), blob.type(), blob.shape());
        json.name("parameters");
        json.startObject();
        json.name("binary_data_size");
        json.number(blob.size());
        json.endObject();
        json.endObject();
    }

    private void inJson(Port port, Value value) throws IOException {
        switch (value) {
            case Tensor tensor -> tensor(port.name(), tensor);
            case Value.Mapping map -> maps(port, List.of(map), false);
            case Value.Sequence sequence -> maps(port, mappings(port, sequence), true);
        }
    }

    private void tensor(String name, Tensor tensor) throws IOException {
        begin(name, tensor.dataType(), tensor.shape());
        json.name("data");
        json.startArray();
        for (int i = 0; i < tensor.elementCount(); i++) {
            elements.write(tensor, i);
        }
        end();
    }

    static List<Value.Mapping> mappings(Port port, Value.Sequence sequence) {
        return sequence.elements().stream()
                .map(element -> {
                    if (element instanceof Value.Mapping map) {
                        return map;
                    }
                    throw new OutputFormException(
                            "Output '%s' is a sequence of tensors, which V2 cannot carry; ask /models/{model}/predict for it."
                                    .formatted(port.name()));
                })
                .toList();
    }

    /** A map is a row of its values, and a sequence of maps a tensor, if all have the same keys. */
    private void maps(Port port, List<Value.Mapping> rows, boolean isSequence) throws IOException {
        requireSameKeys(port, rows);
        begin(port.name(), type(port, rows), shape(rows, isSequence));
        json.name("data");
        json.startArray();
        for (Value.Mapping row : rows) {
            for (Object value : row.entries().values()) {
                elements.writeBoxed(value);
            }
        }
        end();
    }

    static void requireSameKeys(Port port, List<Value.Mapping> rows) {
        for (Value.Mapping row : rows) {
            if (!row.entries().keySet().equals(rows.getFirst().entries().keySet())) {
                throw new OutputFormException(
                        "Output '%s' has maps with different keys, which V2 cannot carry; export the model with zipmap=False."
                                .formatted(port.name()));
            }
        }
    }

    static DataType type(Port port, List<Value.Mapping> rows) {
        return rows.isEmpty() ? declared(port.type()) : rows.getFirst().valueType();
    }

    static long[] shape(List<Value.Mapping> rows, boolean isSequence) {
        int keys = rows.isEmpty() ? 0 : rows.getFirst().entries().size();
        return isSequence ? new long[] {rows.size(), keys} : new long[] {keys};
    }

    /** {@return the type of the values, which an empty sequence does not tell} */
    private static DataType declared(Signature.Type type) {
        return switch (type) {
            case Signature.Type.TensorType(DataType dataType, var _) -> dataType;
            case Signature.Type.SequenceType(Signature.Type element) -> declared(element);
            case Signature.Type.MapType(var _, DataType value) -> value;
        };
    }

    private void begin(String name, DataType type, long[] shape) throws IOException {
        json.startObject();
        json.name("name");
        json.text(name);
        json.name("datatype");
        json.text(type.name());
        json.name("shape");
        json.startArray();
        for (long dimension : shape) {
            json.number(dimension);
        }
        json.endArray();
    }

    private void end() throws IOException {
        json.endArray();
        json.endObject();
    }
}
