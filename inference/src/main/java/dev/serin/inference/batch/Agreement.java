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
 * They may differ as those of goldens may, by a ten-thousandth and by 1e-5, or a hundred-thousandth of the tensor's largest number
 * where that is more: small numbers come of subtracting large ones. Half precision may differ by two units in its last place. All else
 * must be equal.
 */
public final class Agreement {
    private static final double RELATIVE = 1e-4;
    private static final double RELATIVE_FP16 = 0x1p-9;
    private static final double RELATIVE_BF16 = 0x1p-6;

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
            return a.strings().equals(b.strings());
        }
        if (!a.dataType().isFloat()) {
            return bytes(a).equals(bytes(b));
        }
        double relative = relative(a.dataType());
        double absolute = relative / 10 * Math.max(1, largest(a));
        for (int i = 0; i < a.elementCount(); i++) {
            if (!near(a.real(i), b.real(i), absolute, relative)) {
                return false;
            }
        }
        return true;
    }

    private static double relative(DataType real) {
        return switch (real) {
            case FP16 -> RELATIVE_FP16;
            case BF16 -> RELATIVE_BF16;
            case FP32, FP64 -> RELATIVE;
            case BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BYTES ->
                throw new IllegalArgumentException(real + " is not real");
        };
    }

    /** {@return the largest size of a finite number} */
    private static double largest(Tensor tensor) {
        double largest = 0;
        for (int i = 0; i < tensor.elementCount(); i++) {
            double size = Math.abs(tensor.real(i));
            largest = size > largest && size < Double.POSITIVE_INFINITY ? size : largest;
        }
        return largest;
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
            double other = ((Number) others.next()).doubleValue();
            if (!near(((Number) value).doubleValue(), other, RELATIVE / 10, RELATIVE)) {
                return false;
            }
        }
        return true;
    }

    private static boolean near(double x, double y, double absolute, double relative) {
        return Double.compare(x, y) == 0 || Math.abs(x - y) <= absolute + relative * Math.abs(x);
    }
}
