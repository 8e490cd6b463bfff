package dev.serin.inference.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.inference.DataType;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.MapType;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Signature.Type.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Signatures as manifests and answers spell them. Stateless. */
public final class SignatureJson {
    private static final Pattern SEQUENCE = Pattern.compile("seq\\((.*)\\)");
    private static final Pattern MAP = Pattern.compile("map\\((\\w+),(\\w+)\\)");

    private SignatureJson() {}

    /** {@return the signature as a manifest has it, to be changed by the caller at will} */
    public static ObjectNode write(Signature signature) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        write(signature.inputs(), json.putArray("inputs"));
        write(signature.outputs(), json.putArray("outputs"));
        return json;
    }

    private static void write(List<Port> ports, ArrayNode list) {
        ports.forEach(port -> list.add(write(port)));
    }

    private static ObjectNode write(Port port) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("name", port.name());
        if (port.type() instanceof TensorType(DataType dataType, List<Dimension> dimensions)) {
            ArrayNode shape = json.put("datatype", dataType.name()).putArray("shape");
            dimensions.forEach(dimension -> write(dimension, shape));
        } else {
            json.put("type", text(port.type()));
        }
        return json;
    }

    private static void write(Dimension dimension, ArrayNode shape) {
        switch (dimension) {
            case Dimension.Fixed(long length) -> shape.add(length);
            case Dimension.Symbol(String name) -> shape.add(name);
            case Dimension.Unknown() -> shape.add(-1);
        }
    }

    /**
     * Reads a signature.
     *
     * @throws IllegalArgumentException when it is none; the message says where and why
     */
    public static Signature read(JsonNode json) {
        if (!json.isObject()) {
            throw new IllegalArgumentException("The signature is not an object");
        }
        return new Signature(ports(json, "inputs"), ports(json, "outputs"));
    }

    private static List<Port> ports(JsonNode json, String role) {
        JsonNode list = json.path(role);
        if (!list.isArray()) {
            throw new IllegalArgumentException("The signature has no list '%s'".formatted(role));
        }
        List<Port> ports = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode entry : list) {
            Port port = port(entry, "%s[%d]".formatted(role, ports.size()));
            if (!names.add(port.name())) {
                throw new IllegalArgumentException("'%s' stands twice in %s".formatted(port.name(), role));
            }
            ports.add(port);
        }
        return ports;
    }

    private static Port port(JsonNode json, String where) {
        JsonNode name = json.path("name");
        if (!name.isTextual() || name.textValue().isEmpty()) {
            throw new IllegalArgumentException(where + " has no name");
        }
        boolean isTensor = json.has("datatype");
        if (isTensor == json.has("type")) {
            throw new IllegalArgumentException(where + " needs either 'datatype' and 'shape' or 'type'");
        }
        return new Port(
                name.textValue(),
                isTensor ? tensor(json, where) : type(json.path("type").asText(), where));
    }

    private static TensorType tensor(JsonNode json, String where) {
        JsonNode shape = json.path("shape");
        if (!shape.isArray()) {
            throw new IllegalArgumentException(where + " has no list 'shape'");
        }
        List<Dimension> dimensions = new ArrayList<>();
        for (JsonNode dimension : shape) {
            dimensions.add(dimension(dimension, where));
        }
        return new TensorType(dataType(json.path("datatype").asText(), where), dimensions);
    }

    private static Dimension dimension(JsonNode json, String where) {
        if (json.isTextual() && !json.textValue().isEmpty()) {
            return new Dimension.Symbol(json.textValue());
        }
        if (json.isIntegralNumber() && json.canConvertToLong() && json.longValue() >= -1) {
            return json.longValue() == -1 ? new Dimension.Unknown() : new Dimension.Fixed(json.longValue());
        }
        throw new IllegalArgumentException(
                "%s has the dimension %s; a dimension is a length, a name, or -1 for any".formatted(where, json));
    }

    private static Signature.Type type(String text, String where) {
        Matcher sequence = SEQUENCE.matcher(text);
        if (sequence.matches()) {
            String element = sequence.group(1);
            return new SequenceType(
                    MAP.matcher(element).matches()
                            ? map(element, where)
                            : new TensorType(dataType(element, where), List.of()));
        }
        return map(text, where);
    }

    private static MapType map(String text, String where) {
        Matcher map = MAP.matcher(text);
        if (!map.matches()) {
            throw new IllegalArgumentException(
                    "%s has the type '%s'; known are seq(FP32), map(INT64,FP32) and seq(map(INT64,FP32)) with other element types"
                            .formatted(where, text));
        }
        return new MapType(dataType(map.group(1), where), dataType(map.group(2), where));
    }

    private static DataType dataType(String text, String where) {
        for (DataType dataType : DataType.values()) {
            if (dataType.name().equals(text)) {
                return dataType;
            }
        }
        throw new IllegalArgumentException("%s has the unknown datatype '%s'".formatted(where, text));
    }

    /** {@return a type in one word: {@code FP32[batch, 4]}, {@code seq(map(INT64,FP32))}} */
    public static String text(Signature.Type type) {
        return switch (type) {
            case TensorType(var dataType, var shape) -> dataType + Texts.shape(shape);
            case SequenceType(TensorType(var dataType, var _)) -> "seq(%s)".formatted(dataType);
            case SequenceType(var element) -> "seq(%s)".formatted(text(element));
            case MapType(var key, var value) -> "map(%s,%s)".formatted(key, value);
        };
    }

    /**
     * Compares what a manifest says with what the graph says. Names, order and element types must be equal; dimensions too,
     * except that one side may leave open what the other fixes, and that symbols may have other names.
     *
     * @return a sentence on the first difference
     */
    public static Optional<String> difference(Signature declared, Signature actual) {
        return difference("input", declared.inputs(), actual.inputs())
                .or(() -> difference("output", declared.outputs(), actual.outputs()));
    }

    private static Optional<String> difference(String role, List<Port> declared, List<Port> actual) {
        for (int i = 0; i < Math.min(declared.size(), actual.size()); i++) {
            Port says = declared.get(i);
            Port is = actual.get(i);
            if (!says.name().equals(is.name())) {
                return Optional.of("The manifest calls %s %d '%s', the graph calls it '%s'."
                        .formatted(role, i, says.name(), is.name()));
            }
            if (!agree(says.type(), is.type(), role.equals("output"))) {
                return Optional.of("The manifest says that %s '%s' is %s, the graph says %s."
                        .formatted(role, is.name(), text(says.type()), text(is.type())));
            }
        }
        return declared.size() == actual.size()
                ? Optional.empty()
                : Optional.of("The manifest has %d %ss, the graph has %d: %s."
                        .formatted(declared.size(), role, actual.size(), Texts.list(Texts.names(actual))));
    }

    /** @param maybeShapeless whether an empty shape of the graph may mean that it does not say */
    private static boolean agree(Signature.Type says, Signature.Type is, boolean maybeShapeless) {
        if (says instanceof TensorType(var saysType, var saysShape)
                && is instanceof TensorType(var isType, var isShape)) {
            return saysType == isType && ((maybeShapeless && isShape.isEmpty()) || agree(saysShape, isShape));
        }
        return says.equals(is);
    }

    private static boolean agree(List<Dimension> says, List<Dimension> is) {
        if (says.size() != is.size()) {
            return false;
        }
        for (int i = 0; i < says.size(); i++) {
            if (says.get(i) instanceof Dimension.Fixed(long a)
                    && is.get(i) instanceof Dimension.Fixed(long b)
                    && a != b) {
                return false;
            }
        }
        return true;
    }
}
