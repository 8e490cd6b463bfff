package dev.serin.inference.batch;

import dev.serin.inference.DataType;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * Whether two answers are the same but for the last digits of their real numbers, which may depend on what else was in a run.
 * They may differ as those of goldens may, by 1e-5 and a ten-thousandth; all else must be equal.
 */
public final class Agreement {
    private static final double ABSOLUTE = 1e-5;
    private static final double RELATIVE = 1e-4;

    private Agreement() {}

    /** {@return whether they agree, output by output} */
    public static boolean between(List<Value> one, List<Value> other) {
        if (one.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < one.size(); i++) {
            if (!between(one.get(i), other.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean between(Value one, Value other) {
        return switch (one) {
            case Tensor a when other instanceof Tensor b -> between(a, b);
            case Value.Sequence(List<Value> a) when other instanceof Value.Sequence(List<Value> b) -> between(a, b);
            case Value.Mapping a when other instanceof Value.Mapping b -> between(a, b);
            case Tensor _, Value.Sequence _, Value.Mapping _ -> false;
        };
    }

    private static boolean between(Tensor a, Tensor b) {
        if (a.dataType() != b.dataType() || !Arrays.equals(a.shape(), b.shape())) {
            return false;
        }
        if (a.dataType() == DataType.BYTES) {
            return Arrays.equals(a.strings(), b.strings());
        }
        if (!a.dataType().isFloat()) {
            return bytes(a).equals(bytes(b));
        }
        for (int i = 0; i < a.elementCount(); i++) {
            if (!near(a.real(i), b.real(i))) {
                return false;
            }
        }
        return true;
    }

    private static ByteBuffer bytes(Tensor tensor) {
        return tensor.data().slice(0, tensor.elementCount() * tensor.dataType().byteSize());
    }

    private static boolean between(Value.Mapping a, Value.Mapping b) {
        if (a.valueType() != b.valueType()
                || !a.entries().keySet().equals(b.entries().keySet())) {
            return false;
        }
        if (!a.valueType().isFloat()) {
            return a.entries().equals(b.entries());
        }
        Iterator<?> others = b.entries().values().iterator();
        for (Object value : a.entries().values()) {
            if (!near(((Number) value).doubleValue(), ((Number) others.next()).doubleValue())) {
                return false;
            }
        }
        return true;
    }

    private static boolean near(double x, double y) {
        return Double.compare(x, y) == 0 || Math.abs(x - y) <= ABSOLUTE + RELATIVE * Math.abs(x);
    }
}
