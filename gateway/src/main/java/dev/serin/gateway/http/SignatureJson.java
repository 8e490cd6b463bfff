package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.inference.DataType;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import java.util.List;

/** Signatures as JSON: as manifests spell them, and as V2 does. */
final class SignatureJson {
    private SignatureJson() {}

    /** {@return the spelling of manifests: symbols by name, sequences and maps by their type} */
    static ObjectNode full(Signature signature) {
        ObjectNode body = Json.object();
        signature.inputs().forEach(port -> full(array(body, "inputs").addObject(), port));
        signature.outputs().forEach(port -> full(array(body, "outputs").addObject(), port));
        return body;
    }

    /** {@return the spelling of V2: every dynamic dimension is -1} */
    static ArrayNode v2(List<Port> ports) {
        ArrayNode all = Json.object().arrayNode();
        ports.forEach(port -> v2(all.addObject(), port));
        return all;
    }

    private static ArrayNode array(ObjectNode body, String name) {
        return body.withArray(name);
    }

    private static void full(ObjectNode json, Port port) {
        json.put("name", port.name());
        if (port.type() instanceof Signature.Type.TensorType(DataType dataType, List<Dimension> dimensions)) {
            ArrayNode shape = json.put("datatype", dataType.name()).putArray("shape");
            dimensions.forEach(dimension -> add(shape, dimension));
        } else {
            json.put("type", spell(port.type()));
        }
    }

    private static void add(ArrayNode shape, Dimension dimension) {
        switch (dimension) {
            case Dimension.Fixed(long length) -> shape.add(length);
            case Dimension.Symbol(String name) -> shape.add(name);
            case Dimension.Unknown() -> shape.add(-1);
        }
    }

    private static String spell(Signature.Type type) {
        return switch (type) {
            case Signature.Type.TensorType(DataType dataType, var ignored) -> dataType.name();
            case Signature.Type.SequenceType(Signature.Type element) -> "seq(" + spell(element) + ")";
            case Signature.Type.MapType(DataType key, DataType value) -> "map(" + key + "," + value + ")";
        };
    }

    private static void v2(ObjectNode json, Port port) {
        json.put("name", port.name());
        switch (port.type()) {
            case Signature.Type.TensorType(DataType dataType, List<Dimension> dimensions) -> {
                ArrayNode shape = json.put("datatype", dataType.name()).putArray("shape");
                dimensions.forEach(dimension -> shape.add(dimension instanceof Dimension.Fixed(long n) ? n : -1));
            }
            case Signature.Type.SequenceType(
                    Signature.Type.MapType(var key, DataType value)) -> // answered as a tensor [rows, keys]
                json.put("datatype", value.name()).putArray("shape").add(-1).add(-1);
            case Signature.Type.SequenceType(var element) ->
                json.put("datatype", leaf(element).name()).putArray("shape").add(-1);
            case Signature.Type.MapType(var key, DataType value) ->
                json.put("datatype", value.name()).putArray("shape").add(-1);
        }
    }

    private static DataType leaf(Signature.Type type) {
        return switch (type) {
            case Signature.Type.TensorType(DataType dataType, var ignored) -> dataType;
            case Signature.Type.SequenceType(Signature.Type element) -> leaf(element);
            case Signature.Type.MapType(var key, DataType value) -> value;
        };
    }
}
