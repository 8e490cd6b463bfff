package dev.serin.inference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Elements of one type in row-major order. Numbers lie in a native-order buffer, strings packed in an array. Not thread-safe;
 * the buffer and the arrays are shared, not copied. Whoever holds a tensor closes it, which gives the buffer back to its
 * owner; tensors without an owner need no closing.
 */
public final class Tensor implements Value, AutoCloseable {
    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);
    private static final PackedStrings NO_STRINGS = PackedStrings.of();

    private final DataType dataType;
    private final long[] shape;
    private final int elementCount;
    private final ByteBuffer data;
    private final PackedStrings strings;
    private Runnable release;

    private Tensor(DataType dataType, long[] shape, ByteBuffer data, PackedStrings strings, Runnable release) {
        this.dataType = dataType;
        this.shape = shape;
        this.elementCount = elementCount(shape);
        this.data = data;
        this.strings = strings;
        this.release = release;
    }

    /**
     * A tensor of numbers or booleans.
     *
     * @param data in native order, from position 0 to its limit; at least {@code elements × size} bytes long
     * @param release gives the buffer back to its owner; run once
     */
    public static Tensor of(DataType dataType, long[] shape, ByteBuffer data, Runnable release) {
        int needed = Math.multiplyExact(elementCount(shape), dataType.byteSize());
        if (dataType == DataType.BYTES || data.order() != ByteOrder.nativeOrder() || data.limit() < needed) {
            throw new IllegalArgumentException("%s%s needs %d bytes in native order, got %s"
                    .formatted(dataType, Arrays.toString(shape), needed, data));
        }
        return new Tensor(dataType, shape, data, NO_STRINGS, release);
    }

    /** A tensor of numbers or booleans whose buffer belongs to nobody. */
    public static Tensor of(DataType dataType, long[] shape, ByteBuffer data) {
        return of(dataType, shape, data, () -> {});
    }

    /** A tensor of strings. */
    public static Tensor ofStrings(long[] shape, PackedStrings strings) {
        if (strings.size() != elementCount(shape)) {
            throw new IllegalArgumentException("Shape %s needs %d strings, got %d"
                    .formatted(Arrays.toString(shape), elementCount(shape), strings.size()));
        }
        return new Tensor(DataType.BYTES, shape, NO_BYTES, strings, () -> {});
    }

    /**
     * {@return the product of the dimensions}
     *
     * @throws ArithmeticException when it exceeds 2^31 - 1
     */
    public static int elementCount(long[] shape) {
        long count = 1;
        for (long dimension : shape) {
            count = Math.multiplyExact(count, dimension);
        }
        return Math.toIntExact(count);
    }

    public DataType dataType() {
        return dataType;
    }

    /** {@return the dimensions; not to be changed} */
    public long[] shape() {
        return shape;
    }

    public int elementCount() {
        return elementCount;
    }

    /** {@return the elements, native order, row-major; empty for {@link DataType#BYTES}} */
    public ByteBuffer data() {
        return data;
    }

    /** {@return the elements of a {@link DataType#BYTES} tensor, else none} */
    public PackedStrings strings() {
        return strings;
    }

    /**
     * {@return an element of a tensor of floating-point numbers}
     *
     * @throws IllegalArgumentException when its type is another one
     */
    public double real(int index) {
        return switch (dataType) {
            case FP64 -> data.getDouble(index * Double.BYTES);
            case FP32 -> data.getFloat(index * Float.BYTES);
            case FP16 -> Float.float16ToFloat(data.getShort(index * Short.BYTES));
            case BF16 -> Float.intBitsToFloat(data.getShort(index * Short.BYTES) << Short.SIZE);
            case BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BYTES ->
                throw new IllegalArgumentException(dataType + " is not real");
        };
    }

    @Override
    public void close() {
        Runnable once = release;
        release = () -> {};
        once.run();
    }
}
