package dev.serin.inference.json;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads the bodies that most callers send, in a fraction of the time that any body takes: one member, for a model of one input of
 * floats, with lists of finite numbers that fit. Of any other it knows nothing, neither what is wrong nor whether anything is:
 * {@link NativeReader} reads those from the start. Not thread-safe.
 */
final class PlainBody {
    private static final byte[] INSTANCES = "\"instances\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] INPUTS = "\"inputs\"".getBytes(StandardCharsets.US_ASCII);

    private final byte[] bytes;
    private final int end;
    private final Port port;
    private final TensorType type;
    private final NumberScanner numbers;
    private final Elements.Floats elements;
    private final int[] lengths; // of the lists of each depth; 0 before the first of them
    private int left; // of the values that it may have, as Budget counts them
    private int at;

    private PlainBody(byte[] bytes, int end, Port port, TensorType type, Elements.Floats elements, int most) {
        this.left = most;
        this.bytes = bytes;
        this.end = end;
        this.port = port;
        this.type = type;
        this.elements = elements;
        this.numbers = new NumberScanner(bytes, end, type.dataType() == DataType.FP32);
        this.lengths = new int[type.shape().size()];
    }

    /** {@return the request; empty when the body is not of this kind} */
    static Optional<NativeJson.Request> read(
            byte[] body, int length, Signature signature, JsonLimits limits, BufferPool pool) {
        if (signature.inputs().size() != 1) {
            return Optional.empty();
        }
        Port port = signature.inputs().getFirst();
        if (!(port.type() instanceof TensorType type)
                || (type.dataType() != DataType.FP32 && type.dataType() != DataType.FP64)
                || type.shape().isEmpty()
                || type.shape().size() + 2 > limits.maxDepth()) {
            return Optional.empty();
        }
        try (Elements.Floats elements = new Elements.Floats(type.dataType(), pool, false)) {
            return new PlainBody(body, length, port, type, elements, limits.maxElements()).read();
        }
    }

    private Optional<NativeJson.Request> read() {
        if (!taken('{')) {
            return Optional.empty();
        }
        boolean rows = taken(INSTANCES);
        boolean whole = rows ? taken(':') && list(0) : taken(INPUTS) && taken(':') && columns();
        if (!whole || !taken('}') || next() != end) {
            return Optional.empty();
        }
        long[] shape = Arrays.stream(lengths).asLongStream().toArray();
        Faults faults = new Faults();
        new ShapeCheck(faults).check(port, type, shape, rows ? Place.rows("#/instances") : Place.value("#/inputs"));
        if (!faults.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new NativeJson.Request(
                rows ? new NativeJson.Form.Rows(lengths[0]) : new NativeJson.Form.Columns(),
                List.of(elements.tensor(shape))));
    }

    private boolean columns() {
        if (!taken('{')) {
            return list(0);
        }
        byte[] name = ("\"" + port.name() + "\"").getBytes(StandardCharsets.UTF_8);
        return isPlain(port.name()) && taken(name) && taken(':') && list(0) && taken('}');
    }

    /** {@return whether a name stands in JSON as it is} */
    private static boolean isPlain(String name) {
        return name.chars().allMatch(sign -> sign >= ' ' && sign < 0x7F && sign != '"' && sign != '\\');
    }

    private boolean list(int depth) {
        if (!taken('[') || --left < 0) {
            return false;
        }
        int count = 0;
        do {
            if (!(depth + 1 < lengths.length ? list(depth + 1) : number())) {
                return false;
            }
            count++;
        } while (taken(','));
        if (lengths[depth] == 0) {
            lengths[depth] = count;
        }
        return lengths[depth] == count && taken(']');
    }

    private boolean number() {
        int behind = numbers.scan(next());
        if (behind < 0 || --left < 0) {
            return false;
        }
        at = behind;
        elements.put(numbers.value());
        return true;
    }

    private boolean taken(char sign) {
        if (next() == end || bytes[at] != sign) {
            return false;
        }
        at++;
        return true;
    }

    private boolean taken(byte[] word) {
        next();
        if (end - at < word.length) {
            return false;
        }
        for (int i = 0; i < word.length; i++) {
            if (bytes[at + i] != word[i]) {
                return false;
            }
        }
        at += word.length;
        return true;
    }

    /** Passes over space. {@return where it ends} */
    private int next() {
        while (at < end && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
            at++;
        }
        return at;
    }
}
