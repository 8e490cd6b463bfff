package dev.serin.inference.onnx;

import dev.serin.inference.DataType;
import dev.serin.inference.InferenceException;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Native values on the Java heap, as copies; tensors of numbers also where they lie. The values stay the caller's to release. */
final class NativeValues {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** How many longs a copy needs for results. */
    static final int RESULTS = 3;

    private static final int TENSOR = 1; // ONNXType
    private static final int SEQUENCE = 2;
    private static final int MAP = 3;
    private static final int KEYS = 0; // parts of a map
    private static final int VALUES = 1;

    private static final byte[] NOTHING = {};

    private static final MethodHandle KIND = CApi.GET_VALUE_TYPE.handle(CApi.AT_ONCE);
    private static final MethodHandle TYPE_AND_SHAPE =
            CApi.GET_TENSOR_ELEMENT_TYPE_AND_SHAPE_DATA_REFERENCE.handle(CApi.AT_ONCE);
    private static final MethodHandle DATA = CApi.GET_TENSOR_MUTABLE_DATA.handle(CApi.AT_ONCE);
    private static final MethodHandle COUNT = CApi.GET_VALUE_COUNT.handle();
    private static final MethodHandle PART = CApi.GET_VALUE.handle();
    private static final MethodHandle RELEASE = CApi.RELEASE_VALUE.handle();

    private NativeValues() {}

    /** {@return a copy} */
    static Value copy(long value) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(LONG, RESULTS);
            OrtFailure.check((long) KIND.invokeExact(value, out.address()));
            int kind = out.get(ValueLayout.JAVA_INT, 0);
            return switch (kind) {
                case TENSOR -> tensor(value, out, 0, null);
                case SEQUENCE -> sequence(value, out);
                case MAP -> map(value, out);
                default ->
                    throw new InferenceException("The model gave a value of the type %d of ONNX".formatted(kind));
            };
        }
    }

    /**
     * {@return a value that is a tensor}
     *
     * @param out has {@value #RESULTS} longs for results
     * @param first which of its longs is the first of those
     * @param lent for how long numbers are shown where they lie; null to copy them
     */
    static Tensor tensor(long value, MemorySegment out, int first, @Nullable Arena lent) throws Throwable {
        long address = out.address() + first * LONG.byteSize();
        OrtFailure.check(
                (long) TYPE_AND_SHAPE.invokeExact(value, address, address + Long.BYTES, address + 2 * Long.BYTES));
        int number = out.get(ValueLayout.JAVA_INT, first * LONG.byteSize());
        DataType type = DataType.ofOnnxNumber(number)
                .orElseThrow(() -> new InferenceException("The model gave a tensor of the element type " + number));
        long[] shape = shape(out.getAtIndex(LONG, first + 1), Math.toIntExact(out.getAtIndex(LONG, first + 2)));
        int elements = elements(shape, type);
        if (type == DataType.BYTES) {
            return Tensor.ofStrings(shape, NativeStrings.read(value, elements));
        }
        MemorySegment data = data(value, elements * type.byteSize(), out, first);
        ByteBuffer bytes = lent == null ? ByteBuffer.wrap(data.toArray(ValueLayout.JAVA_BYTE)) : lent(data, lent);
        return Tensor.of(type, shape, bytes.order(ByteOrder.nativeOrder()));
    }

    @SuppressWarnings("restricted") // no larger than it was
    private static ByteBuffer lent(MemorySegment data, Arena arena) {
        MemorySegment guarded = data.isNative() ? data.reinterpret(arena, null) : data;
        return guarded.asReadOnly().asByteBuffer();
    }

    @SuppressWarnings("restricted") // as long as the rank says
    private static long[] shape(long address, int rank) {
        long[] shape = new long[rank];
        if (rank > 0) {
            MemorySegment dimensions = MemorySegment.ofAddress(address).reinterpret(rank * LONG.byteSize());
            MemorySegment.copy(dimensions, LONG, 0, shape, 0, rank);
        }
        return shape;
    }

    private static int elements(long[] shape, DataType type) {
        long elements = 1;
        for (long dimension : shape) {
            elements = Math.multiplyExact(elements, dimension);
        }
        if (elements > Integer.MAX_VALUE / Math.max(1, type.byteSize())) {
            throw new InferenceException("The model gave a tensor of %d elements".formatted(elements));
        }
        return (int) elements;
    }

    @SuppressWarnings("restricted") // as many bytes as the tensor has by its type and shape
    private static MemorySegment data(long value, int length, MemorySegment out, int first) throws Throwable {
        if (length == 0) { // there may be nothing to point at
            return MemorySegment.ofArray(NOTHING);
        }
        OrtFailure.check((long) DATA.invokeExact(value, out.address() + first * LONG.byteSize()));
        return MemorySegment.ofAddress(out.getAtIndex(LONG, first)).reinterpret(length);
    }

    private static Value.Sequence sequence(long value, MemorySegment out) throws Throwable {
        OrtFailure.check((long) COUNT.invokeExact(value, out.address()));
        long count = out.get(LONG, 0);
        List<Value> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(part(value, i, out));
        }
        return new Value.Sequence(elements);
    }

    private static Value.Mapping map(long value, MemorySegment out) throws Throwable {
        Tensor keys = (Tensor) part(value, KEYS, out);
        Tensor values = (Tensor) part(value, VALUES, out);
        SortedMap<Object, Object> entries = new TreeMap<>();
        for (int i = 0; i < keys.elementCount(); i++) {
            entries.put(boxed(keys, i), boxed(values, i));
        }
        return new Value.Mapping(keys.dataType(), values.dataType(), entries);
    }

    private static Value part(long value, int index, MemorySegment out) throws Throwable {
        OrtFailure.check((long) PART.invokeExact(value, index, NativeStrings.ALLOCATOR, out.address()));
        long part = out.get(LONG, 0);
        try {
            return copy(part);
        } finally {
            RELEASE.invokeExact(part);
        }
    }

    /** {@return an element as maps have it: of these types alone ONNX makes them} */
    private static Object boxed(Tensor tensor, int index) {
        return switch (tensor.dataType()) {
            case INT64 -> tensor.data().getLong(index * Long.BYTES);
            case FP32 -> tensor.data().getFloat(index * Float.BYTES);
            case FP64 -> tensor.data().getDouble(index * Double.BYTES);
            case BYTES -> tensor.strings().get(index);
            case BOOL, INT8, INT16, INT32, UINT8, UINT16, UINT32, UINT64, FP16, BF16 ->
                throw new InferenceException("The model gave a map of " + tensor.dataType());
        };
    }
}
