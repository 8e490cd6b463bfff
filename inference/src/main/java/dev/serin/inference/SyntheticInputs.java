package dev.serin.inference;

import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Inputs made from nothing but a signature, to warm a model up: zeros, false and empty strings; and others, to compare with. */
public final class SyntheticInputs {
    /** More than that is not worth making up. */
    private static final int MAX_ELEMENTS = 16 << 20;

    /** How many rows {@link #unlike} makes. */
    public static final int UNLIKE_ROWS = 3;

    private static final double[] SIZES = {0.01, 1, 100
    }; // of those rows; half precision can add many of the largest yet
    private static final double GOLDEN_RATIO = 0.6180339887498949;

    private SyntheticInputs() {}

    /**
     * Makes one tensor per input.
     *
     * @param batch length of every first dimension that is not fixed, and of every dimension with the same symbol; other
     *     free dimensions are 1 long
     * @return tensors in the order of the signature, which need no closing
     * @throws ModelRefusedException when the fixed dimensions alone ask for more than 16 Mi elements
     */
    public static List<Tensor> of(Signature signature, int batch) {
        Map<String, Long> symbols = new HashMap<>();
        for (Port port : signature.inputs()) {
            if (!type(port).shape().isEmpty()
                    && type(port).shape().getFirst() instanceof Dimension.Symbol(String name)) {
                symbols.put(name, (long) batch);
            }
        }
        return signature.inputs().stream()
                .map(port -> tensor(port, shape(type(port).shape(), batch, symbols)))
                .toList();
    }

    /**
     * {@return the same for {@value #UNLIKE_ROWS} rows that have little in common} Real numbers are irregular, those of a row about
     * 0.01, 1 or 100: what mixes rows, or measures all of them by the largest, shows on them. All else is 0 and 1, which
     * indices may be; texts are empty and {@code "1"}. Not every model takes that.
     *
     * @param signature whose first dimensions are all free
     */
    public static List<Tensor> unlike(Signature signature) {
        return of(signature, UNLIKE_ROWS).stream()
                .map(rows -> rows.dataType() == DataType.BYTES ? unlikeTexts(rows) : filledUnlike(rows))
                .toList();
    }

    private static Tensor filledUnlike(Tensor tensor) {
        ByteBuffer data = tensor.data();
        int perRow = tensor.elementCount() / UNLIKE_ROWS;
        for (int i = 0; i < tensor.elementCount(); i++) {
            double real = irregular(i) * SIZES[i / perRow];
            int whole = unlikeWhole(i, perRow);
            switch (tensor.dataType()) {
                case BOOL, INT8, UINT8 -> data.put(i, (byte) whole);
                case INT16, UINT16 -> data.putShort(i * Short.BYTES, (short) whole);
                case INT32, UINT32 -> data.putInt(i * Integer.BYTES, whole);
                case INT64, UINT64 -> data.putLong(i * Long.BYTES, whole);
                case FP16 -> data.putShort(i * Short.BYTES, Float.floatToFloat16((float) real));
                case BF16 ->
                    data.putShort(i * Short.BYTES, (short) (Float.floatToRawIntBits((float) real) >>> Short.SIZE));
                case FP32 -> data.putFloat(i * Float.BYTES, (float) real);
                case FP64 -> data.putDouble(i * Double.BYTES, real);
                case BYTES -> throw new IllegalArgumentException("texts are not filled in");
            }
        }
        return tensor;
    }

    private static Tensor unlikeTexts(Tensor empty) {
        int perRow = empty.elementCount() / UNLIKE_ROWS;
        String[] texts = new String[empty.elementCount()];
        Arrays.setAll(texts, i -> unlikeWhole(i, perRow) == 0 ? "" : "1");
        return Tensor.ofStrings(empty.shape(), PackedStrings.of(texts));
    }

    /** {@return 0 in the first row, 1 in the second, and both in the third} */
    private static int unlikeWhole(int i, int perRow) {
        int row = i / perRow;
        return row < 2 ? row : i % 2;
    }

    /** {@return a number from 0.5 to 1.5, every fourth or so below zero; no two of neighbours are near each other} */
    private static double irregular(int i) {
        double size = 0.5 + ((i + 1) * GOLDEN_RATIO) % 1;
        int mixed = (i + 1) * 0x9E3779B9;
        return mixed >>> 30 == 0 ? -size : size;
    }

    private static TensorType type(Port port) {
        if (port.type() instanceof TensorType type) {
            return type;
        }
        throw new IllegalArgumentException("Input '%s' is no tensor: %s".formatted(port.name(), port.type()));
    }

    private static long[] shape(List<Dimension> dimensions, int batch, Map<String, Long> symbols) {
        long[] shape = new long[dimensions.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = switch (dimensions.get(i)) {
                case Dimension.Fixed(long length) -> length;
                case Dimension.Symbol(String name) -> symbols.getOrDefault(name, 1L);
                case Dimension.Unknown() -> i == 0 ? batch : 1;
            };
        }
        return shape;
    }

    private static Tensor tensor(Port port, long[] shape) {
        int count = elementCount(port, shape);
        DataType dataType = type(port).dataType();
        if (dataType == DataType.BYTES) {
            return Tensor.ofStrings(shape, PackedStrings.ofUtf8(new byte[0], new int[count])); // all of them empty
        }
        ByteBuffer zeros =
                ByteBuffer.allocateDirect(count * dataType.byteSize()).order(ByteOrder.nativeOrder());
        return Tensor.of(dataType, shape, zeros);
    }

    private static int elementCount(Port port, long[] shape) {
        try {
            int count = Tensor.elementCount(shape);
            if (count <= MAX_ELEMENTS) {
                return count;
            }
        } catch (ArithmeticException e) {
            // told below
        }
        throw new ModelRefusedException(
                "input '%s' takes at least %s elements, more than the %d that a request may have"
                        .formatted(port.name(), Arrays.toString(shape), MAX_ELEMENTS));
    }
}
