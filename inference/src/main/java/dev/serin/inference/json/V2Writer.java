package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.serin.inference.DataType;
import dev.serin.inference.OutputFormException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.IOException;
import java.util.List;

/** Writes one V2 inference response. */
final class V2Writer {
    private final JsonGenerator json;
    private final ElementWriter elements;

    V2Writer(JsonGenerator json) {
        this.json = json;
        this.elements = new ElementWriter(json, true);
    }

    void write(V2Json.Request request, String model, String version, Signature signature, List<Value> outputs)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("model_name", model);
        json.writeStringField("model_version", version);
        if (request.id().isPresent()) {
            json.writeStringField("id", request.id().get());
        }
        json.writeArrayFieldStart("outputs");
        if (request.outputs().isEmpty()) {
            for (int i = 0; i < outputs.size(); i++) {
                output(signature.outputs().get(i), outputs.get(i));
            }
        } else {
            for (String name : request.outputs()) {
                Port port = signature.output(name).orElseThrow();
                output(port, outputs.get(signature.outputs().indexOf(port)));
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void output(Port port, Value value) throws IOException {
        switch (value) {
            case Tensor tensor -> tensor(port.name(), tensor);
            case Value.Mapping map -> maps(port, List.of(map), false);
            case Value.Sequence sequence -> maps(port, mappings(port, sequence), true);
        }
    }

    private void tensor(String name, Tensor tensor) throws IOException {
        begin(name, tensor.dataType(), tensor.shape());
        for (int i = 0; i < tensor.elementCount(); i++) {
            elements.write(tensor, i);
        }
        end();
    }

    private static List<Value.Mapping> mappings(Port port, Value.Sequence sequence) {
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
        int keys = rows.isEmpty() ? 0 : rows.getFirst().entries().size();
        for (Value.Mapping row : rows) {
            if (!row.entries().keySet().equals(rows.getFirst().entries().keySet())) {
                throw new OutputFormException(
                        "Output '%s' has maps with different keys, which V2 cannot carry; export the model with zipmap=False."
                                .formatted(port.name()));
            }
        }
        DataType type = rows.isEmpty() ? declared(port.type()) : rows.getFirst().valueType();
        begin(port.name(), type, isSequence ? new long[] {rows.size(), keys} : new long[] {keys});
        for (Value.Mapping row : rows) {
            for (Object value : row.entries().values()) {
                elements.writeBoxed(value);
            }
        }
        end();
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
        json.writeStartObject();
        json.writeStringField("name", name);
        json.writeStringField("datatype", type.name());
        json.writeFieldName("shape");
        json.writeArray(shape, 0, shape.length);
        json.writeArrayFieldStart("data");
    }

    private void end() throws IOException {
        json.writeEndArray();
        json.writeEndObject();
    }
}
