package dev.serin.gateway.shadow;

import dev.serin.inference.DataType;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * How far two answers to one request are apart. They <em>agree</em> when whole numbers, booleans, strings and shapes are
 * equal; where real numbers stand in rows of two and more, as scores of classes do, when the greatest of each row is at the
 * same place; and where they stand alone, as predicted quantities do, when they differ by {@value #RELATIVE} of the first
 * at most. The only dimension of an output is a row where the signature says how long it is, else it is the batch, whose
 * numbers stand alone. What is a number on one side only is a difference everywhere. Immutable.
 *
 * @param maxAbsolute the greatest difference of two real numbers; infinite where only one of them is a number
 * @param maxRelative the greatest such difference by the size of the first answer's number
 * @param ranked whether there were rows with a greatest number
 * @param sameRanks whether the greatest was at the same place in all of them
 */
public record Comparison(double maxAbsolute, double maxRelative, boolean ranked, boolean sameRanks, boolean agrees) {
    private static final double RELATIVE = 0.01;

    /** Numbers nearer to zero than this are all the same to whoever reads them. */
    private static final double TINY = 1e-6;

    /** {@return how the second answer differs from the first, output by output, by name} */
    public static Comparison of(Signature first, List<Value> answer, Signature second, List<Value> other) {
        Differences differences = new Differences();
        for (int i = 0; i < first.outputs().size(); i++) {
            Signature.Port port = first.outputs().get(i);
            int j = indexOf(second.outputs(), port.name());
            if (j < 0) {
                differences.unlike();
            } else {
                differences.values(port.type(), answer.get(i), other.get(j));
            }
        }
        return differences.result();
    }

    private static int indexOf(List<Signature.Port> ports, String name) {
        for (int i = 0; i < ports.size(); i++) {
            if (ports.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** Gathers while it walks. */
    private static final class Differences {
        private double maxAbsolute;
        private double maxRelative;
        private boolean ranked;
        private boolean sameRanks = true;
        private boolean like = true;

        Comparison result() {
            return new Comparison(maxAbsolute, maxRelative, ranked, sameRanks, like && sameRanks);
        }

        void unlike() {
            like = false;
        }

        void values(Signature.Type type, Value first, Value second) {
            switch (first) {
                case Tensor a when second instanceof Tensor b -> tensors(isOneRow(type), a, b);
                case Value.Sequence(List<Value> a)
                when second instanceof Value.Sequence(List<Value> b) && a.size() == b.size() -> {
                    Signature.Type each = type instanceof SequenceType(Signature.Type element) ? element : type;
                    for (int i = 0; i < a.size(); i++) {
                        values(each, a.get(i), b.get(i));
                    }
                }
                case Value.Mapping a when second instanceof Value.Mapping b -> mappings(a, b);
                case Tensor _, Value.Sequence _, Value.Mapping _ -> unlike();
            }
        }

        private static boolean isOneRow(Signature.Type type) {
            return type instanceof TensorType tensor
                    && tensor.shape().size() == 1
                    && tensor.shape().getFirst() instanceof Dimension.Fixed;
        }

        private void tensors(boolean isOneRow, Tensor a, Tensor b) {
            if (a.dataType() != b.dataType() || !Arrays.equals(a.shape(), b.shape())) {
                unlike();
                return;
            }
            switch (a.dataType()) {
                case FP16, BF16, FP32, FP64 -> reals(isOneRow, a, b);
                case BYTES -> like &= a.strings().equals(b.strings());
                case BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 ->
                    like &= whole(a).equals(whole(b));
            }
        }

        private static ByteBuffer whole(Tensor tensor) {
            return tensor.data()
                    .slice(0, tensor.elementCount() * tensor.dataType().byteSize());
        }

        private void reals(boolean isOneRow, Tensor a, Tensor b) {
            long[] shape = a.shape();
            int row = shape.length > 1 || (shape.length == 1 && isOneRow) ? (int) shape[shape.length - 1] : 1;
            if (row < 2) {
                for (int i = 0; i < a.elementCount(); i++) {
                    alone(a.real(i), b.real(i));
                }
                return;
            }
            for (int begin = 0; begin < a.elementCount(); begin += row) {
                int greatest = -1;
                int other = -1;
                for (int i = begin; i < begin + row; i++) {
                    differ(a.real(i), b.real(i));
                    greatest = isGreater(a.real(i), a, greatest) ? i : greatest;
                    other = isGreater(b.real(i), b, other) ? i : other;
                }
                rank(greatest == other);
            }
        }

        private static boolean isGreater(double value, Tensor tensor, int greatest) {
            return !Double.isNaN(value) && (greatest < 0 || value > tensor.real(greatest));
        }

        /** Names of classes with their scores, or with anything else. */
        private void mappings(Value.Mapping a, Value.Mapping b) {
            if (!a.entries().keySet().equals(b.entries().keySet())) {
                unlike();
                return;
            }
            boolean real = a.valueType() == DataType.FP32 || a.valueType() == DataType.FP64;
            if (!real) {
                like &= a.entries().equals(b.entries());
                return;
            }
            double greatest = Double.NEGATIVE_INFINITY;
            double other = Double.NEGATIVE_INFINITY;
            Object key = "";
            Object otherKey = "";
            Iterator<?> seconds = b.entries().values().iterator();
            for (Map.Entry<?, ?> entry : a.entries().entrySet()) {
                double x = ((Number) entry.getValue()).doubleValue();
                double y = ((Number) seconds.next()).doubleValue();
                differ(x, y);
                if (x > greatest) {
                    greatest = x;
                    key = entry.getKey();
                }
                if (y > other) {
                    other = y;
                    otherKey = entry.getKey();
                }
            }
            if (a.entries().size() > 1) {
                rank(key.equals(otherKey));
            }
        }

        private void rank(boolean same) {
            ranked = true;
            sameRanks &= same;
        }

        private void alone(double x, double y) {
            like &= differ(x, y) <= RELATIVE;
        }

        /** {@return the relative difference} */
        private double differ(double x, double y) {
            if (x == y || (Double.isNaN(x) && Double.isNaN(y))) {
                return 0;
            }
            like &= Double.isNaN(x) == Double.isNaN(y); // whatever the ranks say
            double absolute = Math.abs(x - y);
            double relative = Math.abs(x) < TINY && absolute < TINY ? 0 : absolute / Math.max(Math.abs(x), TINY);
            double given = Double.isNaN(absolute) ? Double.POSITIVE_INFINITY : absolute;
            double givenRelative = Double.isNaN(relative) ? Double.POSITIVE_INFINITY : relative;
            maxAbsolute = Math.max(maxAbsolute, given);
            maxRelative = Math.max(maxRelative, givenRelative);
            return givenRelative;
        }
    }
}
