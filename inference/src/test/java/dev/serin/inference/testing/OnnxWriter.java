package dev.serin.inference.testing;

import dev.serin.inference.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Builds one ONNX model, or the body of a subgraph. Not thread-safe. */
public final class OnnxWriter {
    /** A dimension for which the model gives neither length nor name. */
    public static final Object UNKNOWN = new Object();

    private final Proto graph = new Proto().text(2, "test");
    private long irVersion = 8;
    private long opset = 17;
    private long mlOpset = 3;
    private String otherDomain = "";

    public OnnxWriter irVersion(long version) {
        irVersion = version;
        return this;
    }

    public OnnxWriter opset(long version) {
        opset = version;
        return this;
    }

    public OnnxWriter mlOpset(long version) {
        mlOpset = version;
        return this;
    }

    /** Imports a further operator set, version 1. */
    public OnnxWriter domain(String domain) {
        otherDomain = domain;
        return this;
    }

    public OnnxWriter input(String name, DataType type, Object... dims) {
        return input(name, tensorType(type, dims));
    }

    public OnnxWriter input(String name, Proto type) {
        graph.message(11, valueInfo(name, type));
        return this;
    }

    public OnnxWriter output(String name, DataType type, Object... dims) {
        return output(name, tensorType(type, dims));
    }

    public OnnxWriter output(String name, Proto type) {
        graph.message(12, valueInfo(name, type));
        return this;
    }

    public OnnxWriter node(String op, List<String> inputs, List<String> outputs, Proto... attributes) {
        return node("", op, inputs, outputs, attributes);
    }

    public OnnxWriter node(String domain, String op, List<String> inputs, List<String> outputs, Proto... attributes) {
        Proto node = new Proto();
        inputs.forEach(name -> node.text(1, name));
        outputs.forEach(name -> node.text(2, name));
        node.text(4, op);
        for (Proto attribute : attributes) {
            node.message(5, attribute);
        }
        if (!domain.isEmpty()) {
            node.text(7, domain);
        }
        graph.message(1, node);
        return this;
    }

    public OnnxWriter floats(String name, long[] shape, float... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return initializer(tensor(name, DataType.FP32, shape).bytes(9, raw.array()));
    }

    public OnnxWriter integers(String name, long[] shape, long... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        raw.asLongBuffer().put(values);
        return initializer(tensor(name, DataType.INT64, shape).bytes(9, raw.array()));
    }

    /** A weight in a file beside the model; offset and length may be left out by passing -1. */
    public OnnxWriter external(String name, DataType type, long[] shape, String location, long offset, long length) {
        Proto weight = tensor(name, type, shape).message(13, entry("location", location));
        if (offset >= 0) {
            weight.message(13, entry("offset", Long.toString(offset)));
        }
        if (length >= 0) {
            weight.message(13, entry("length", Long.toString(length)));
        }
        return initializer(weight.number(14, 1));
    }

    public OnnxWriter initializer(Proto tensor) {
        graph.message(5, tensor);
        return this;
    }

    /** {@return the model} */
    public byte[] toBytes() {
        Proto model = new Proto().number(1, irVersion).text(2, "serin-test").message(7, graph);
        model.message(8, new Proto().text(1, "").number(2, opset));
        model.message(8, new Proto().text(1, "ai.onnx.ml").number(2, mlOpset));
        if (!otherDomain.isEmpty()) {
            model.message(8, new Proto().text(1, otherDomain).number(2, 1));
        }
        return model.toBytes();
    }

    /** {@return the graph alone, as an attribute takes it} */
    public Proto toGraph() {
        return graph;
    }

    public static Proto tensor(String name, DataType type, long... shape) {
        Proto tensor = new Proto();
        for (long dimension : shape) {
            tensor.number(1, dimension);
        }
        return tensor.number(2, code(type)).text(8, name);
    }

    public static Proto tensorType(DataType type, Object... dims) {
        return elementType(code(type), dims);
    }

    /** A tensor type by ONNX's own number for the element type. */
    public static Proto elementType(int code, Object... dims) {
        Proto shape = new Proto();
        for (Object dim : dims) {
            shape.message(1, dimension(dim));
        }
        return new Proto().message(1, new Proto().number(1, code).message(2, shape));
    }

    /** A tensor type that says nothing of its shape. */
    public static Proto shapelessType(DataType type) {
        return new Proto().message(1, new Proto().number(1, code(type)));
    }

    public static Proto sequenceType(Proto element) {
        return new Proto().message(4, new Proto().message(1, element));
    }

    public static Proto mapType(DataType key, Proto value) {
        return new Proto().message(5, new Proto().number(1, code(key)).message(2, value));
    }

    public static Proto optionalType(Proto element) {
        return new Proto().message(9, new Proto().message(1, element));
    }

    public static Proto integer(String name, long value) {
        return new Proto().text(1, name).number(3, value).number(20, 2);
    }

    public static Proto integers(String name, long... values) {
        Proto attribute = new Proto().text(1, name);
        for (long value : values) {
            attribute.number(8, value);
        }
        return attribute.number(20, 7);
    }

    public static Proto texts(String name, String... values) {
        Proto attribute = new Proto().text(1, name);
        for (String value : values) {
            attribute.text(9, value);
        }
        return attribute.number(20, 8);
    }

    public static Proto subgraph(String name, OnnxWriter body) {
        return new Proto().text(1, name).message(6, body.toGraph()).number(20, 5);
    }

    private static Proto valueInfo(String name, Proto type) {
        return new Proto().text(1, name).message(2, type);
    }

    private static Proto entry(String key, String value) {
        return new Proto().text(1, key).text(2, value);
    }

    private static Proto dimension(Object dim) {
        return switch (dim) {
            case Number length -> new Proto().number(1, length.longValue());
            case String symbol -> new Proto().text(2, symbol);
            default -> new Proto();
        };
    }

    static int code(DataType type) {
        return switch (type) {
            case FP32 -> 1;
            case UINT8 -> 2;
            case INT8 -> 3;
            case UINT16 -> 4;
            case INT16 -> 5;
            case INT32 -> 6;
            case INT64 -> 7;
            case BYTES -> 8;
            case BOOL -> 9;
            case FP16 -> 10;
            case FP64 -> 11;
            case UINT32 -> 12;
            case UINT64 -> 13;
            case BF16 -> 16;
        };
    }
}
