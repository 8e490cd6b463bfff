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
     * {@return the same for two rows of which the second is another one: ones, true and {@code "1"}} Not every model takes that.
     *
     * @param signature whose first dimensions are all free
     */
    public static List<Tensor> pair(Signature signature) {
        List<Tensor> pair = of(signature, 2);
        pair.forEach(SyntheticInputs::fillSecondRow);
        return pair;
    }

    private static void fillSecondRow(Tensor tensor) {
        ByteBuffer data = tensor.data();
        for (int i = tensor.elementCount() / 2; i < tensor.elementCount(); i++) {
            switch (tensor.dataType()) {
                case BOOL, INT8, UINT8 -> data.put(i, (byte) 1);
                case INT16, UINT16 -> data.putShort(i * Short.BYTES, (short) 1);
                case INT32, UINT32 -> data.putInt(i * Integer.BYTES, 1);
                case INT64, UINT64 -> data.putLong(i * Long.BYTES, 1);
                case FP16 -> data.putShort(i * Short.BYTES, Float.floatToFloat16(1));
                case BF16 -> data.putShort(i * Short.BYTES, (short) (Float.floatToRawIntBits(1) >>> Short.SIZE));
                case FP32 -> data.putFloat(i * Float.BYTES, 1);
                case FP64 -> data.putDouble(i * Double.BYTES, 1);
                case BYTES -> tensor.strings()[i] = "1";
            }
        }
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
            String[] strings = new String[count];
            Arrays.fill(strings, "");
            return Tensor.ofStrings(shape, strings);
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
