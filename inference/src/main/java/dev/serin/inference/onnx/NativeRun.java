package dev.serin.inference.onnx;

import ai.onnxruntime.OrtSession;
import dev.serin.inference.DataType;
import dev.serin.inference.InferenceException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Runs of a session whose inputs and outputs are all tensors of numbers, by the C API. The Java binding looks classes up
 * by name and makes objects for each output, and a run of a small model costs it twice as much as the model itself;
 * docs/decisions.md has the figures. What is not a tensor of numbers goes by the binding. Thread-safe.
 */
final class NativeRun {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final DataType[] TYPES = DataType.values();
    private static final int ALLOCATED_PLAINLY = 0; // OrtDeviceAllocator
    private static final int FOR_THE_CPU = 0; // OrtMemTypeDefault

    private static final Field SESSION = CApi.field(OrtSession.class, "nativeHandle");

    /** Short, and never waiting: they need not tell the JVM that they are gone. */
    private static final Linker.Option AT_ONCE = Linker.Option.critical(false);

    private static final MethodHandle RUN =
            CApi.function(CApi.RUN, FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG));
    private static final MethodHandle CREATE_TENSOR = CApi.function(
            CApi.CREATE_TENSOR_WITH_DATA, FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, INT, LONG));
    private static final MethodHandle DATA =
            CApi.function(CApi.GET_TENSOR_MUTABLE_DATA, FunctionDescriptor.of(LONG, LONG, LONG), AT_ONCE);
    private static final MethodHandle INFO =
            CApi.function(CApi.GET_TENSOR_TYPE_AND_SHAPE, FunctionDescriptor.of(LONG, LONG, LONG));
    private static final MethodHandle ELEMENT_TYPE =
            CApi.function(CApi.GET_TENSOR_ELEMENT_TYPE, FunctionDescriptor.of(LONG, LONG, LONG), AT_ONCE);
    private static final MethodHandle RANK =
            CApi.function(CApi.GET_DIMENSIONS_COUNT, FunctionDescriptor.of(LONG, LONG, LONG), AT_ONCE);
    private static final MethodHandle DIMENSIONS =
            CApi.function(CApi.GET_DIMENSIONS, FunctionDescriptor.of(LONG, LONG, LONG, LONG), AT_ONCE);
    private static final MethodHandle RELEASE_INFO =
            CApi.function(CApi.RELEASE_TENSOR_TYPE_AND_SHAPE_INFO, FunctionDescriptor.ofVoid(LONG));
    private static final MethodHandle RELEASE_VALUE =
            CApi.function(CApi.RELEASE_VALUE, FunctionDescriptor.ofVoid(LONG));

    /** Of the process: where the buffers lie that inputs are lent in. */
    private static final long CPU = cpuMemory();

    private final long session;
    private final Signature signature;
    private final MemorySegment inputNames;
    private final MemorySegment outputNames;

    private NativeRun(long session, Signature signature) {
        this.session = session;
        this.signature = signature;
        Arena arena = Arena.ofAuto(); // as long as this
        this.inputNames = names(arena, signature.inputs());
        this.outputNames = names(arena, signature.outputs());
    }

    /** {@return a way to run the session; empty when something goes in or out that is no tensor of numbers} */
    static Optional<NativeRun> of(OrtSession session, Signature signature) {
        boolean suits = signature.inputs().stream().allMatch(NativeRun::isNumeric)
                && signature.outputs().stream().allMatch(NativeRun::isNumeric);
        try {
            return suits ? Optional.of(new NativeRun(SESSION.getLong(session), signature)) : Optional.empty();
        } catch (IllegalAccessException e) {
            throw new LinkageError("This is not the binding of ONNX Runtime that Serin was built for", e);
        }
    }

    private static boolean isNumeric(Port port) {
        return port.type() instanceof TensorType(var type, var _) && type != DataType.BYTES;
    }

    private static MemorySegment names(Arena arena, List<Port> ports) {
        MemorySegment names = arena.allocate(LONG, Math.max(1, ports.size()));
        for (int i = 0; i < ports.size(); i++) {
            names.setAtIndex(LONG, i, arena.allocateFrom(ports.get(i).name()).address());
        }
        return names;
    }

    /**
     * {@return copies of the outputs, in the order of the signature}
     *
     * @param scratch a native segment for this run alone, of at least {@link #scratchLongs} longs
     * @throws InferenceException when the run fails, or was cut off
     */
    List<Value> run(List<Tensor> inputs, long options, MemorySegment scratch) {
        ByteBuffer[] lent = new ByteBuffer[inputs.size()];
        int outputs = signature.outputs().size();
        Frame frame = new Frame(scratch, inputs.size(), outputs);
        try {
            for (int i = 0; i < lent.length; i++) {
                lent[i] = Feed.exact(checked(inputs.get(i), i));
                create(inputs.get(i), lent[i], frame, i);
            }
            CApi.check((long) RUN.invokeExact(
                    session,
                    options,
                    inputNames.address(),
                    frame.address(0),
                    (long) lent.length,
                    outputNames.address(),
                    (long) outputs,
                    frame.address(lent.length)));
            return copies(frame, lent.length, outputs);
        } catch (Throwable e) { // method handles declare no less
            throw unchecked(e);
        } finally {
            frame.releaseValues(lent.length + outputs);
            Reference.reachabilityFence(lent);
            Reference.reachabilityFence(this); // the names
        }
    }

    /** {@return how much of a scratch segment a run with these inputs takes} */
    int scratchLongs(List<Tensor> inputs) {
        int longs = inputs.size() + signature.outputs().size() + 1;
        for (Tensor input : inputs) {
            longs += input.shape().length;
        }
        return longs;
    }

    private Tensor checked(Tensor input, int index) {
        Port port = signature.inputs().get(index);
        if (!(port.type() instanceof TensorType(var dataType, var _)) || dataType != input.dataType()) {
            throw new IllegalArgumentException(
                    "Input '%s' is %s, got a tensor of %s".formatted(port.name(), port.type(), input.dataType()));
        }
        return input;
    }

    private static void create(Tensor input, ByteBuffer data, Frame frame, int index) throws Throwable {
        long shape = frame.put(input.shape());
        CApi.check((long) CREATE_TENSOR.invokeExact(
                CPU,
                MemorySegment.ofBuffer(data).address(),
                (long) input.elementCount() * input.dataType().byteSize(),
                shape,
                (long) input.shape().length,
                input.dataType().onnxNumber(),
                frame.address(index)));
    }

    private static List<Value> copies(Frame frame, int first, int count) throws Throwable {
        if (count == 1) {
            return List.of(copy(frame, first));
        }
        List<Value> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(copy(frame, first + i));
        }
        return Collections.unmodifiableList(values);
    }

    private static Tensor copy(Frame frame, int index) throws Throwable {
        long value = frame.get(index);
        if (value == 0) {
            throw new InferenceException("The model gave no value for one of its outputs");
        }
        CApi.check((long) INFO.invokeExact(value, frame.out()));
        long info = frame.result();
        DataType type;
        long[] shape;
        try {
            CApi.check((long) ELEMENT_TYPE.invokeExact(info, frame.out()));
            type = type(frame.resultInt());
            CApi.check((long) RANK.invokeExact(info, frame.out()));
            shape = dimensions(info, Math.toIntExact(frame.result()));
        } finally {
            RELEASE_INFO.invokeExact(info);
        }
        return Tensor.of(type, shape, bytes(value, frame, type, shape));
    }

    private static long[] dimensions(long info, int rank) throws Throwable {
        long[] shape = new long[rank];
        if (rank > 0) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment dimensions = arena.allocate(LONG, rank);
                CApi.check((long) DIMENSIONS.invokeExact(info, dimensions.address(), (long) rank));
                MemorySegment.copy(dimensions, LONG, 0, shape, 0, rank);
            }
        }
        return shape;
    }

    @SuppressWarnings("restricted") // as many bytes as the tensor has by its type and shape
    private static ByteBuffer bytes(long value, Frame frame, DataType type, long[] shape) throws Throwable {
        long elements = 1;
        for (long dimension : shape) {
            elements = Math.multiplyExact(elements, dimension);
        }
        if (elements > Integer.MAX_VALUE / type.byteSize()) {
            throw new InferenceException("The model gave a tensor of %d elements".formatted(elements));
        }
        byte[] bytes = new byte[(int) elements * type.byteSize()];
        if (bytes.length > 0) {
            CApi.check((long) DATA.invokeExact(value, frame.out()));
            MemorySegment data = MemorySegment.ofAddress(frame.result()).reinterpret(bytes.length);
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    /** The longs that a run exchanges with native code: inputs, outputs, one result, shapes. */
    private static final class Frame {
        private final MemorySegment longs;
        private final int result;
        private int next;

        Frame(MemorySegment longs, int inputs, int outputs) {
            this.longs = longs;
            this.result = inputs + outputs;
            this.next = result + 1;
            longs.asSlice(0, next * LONG.byteSize()).fill((byte) 0);
        }

        long address(int index) {
            return longs.address() + index * LONG.byteSize();
        }

        long get(int index) {
            return longs.getAtIndex(LONG, index);
        }

        /** {@return where a function puts its one result} */
        long out() {
            return address(result);
        }

        long result() {
            return get(result);
        }

        int resultInt() {
            return longs.get(INT, result * LONG.byteSize());
        }

        long put(long[] shape) {
            long address = address(next);
            MemorySegment.copy(shape, 0, longs, LONG, next * LONG.byteSize(), shape.length);
            next += shape.length;
            return address;
        }

        void releaseValues(int count) {
            try {
                for (int i = 0; i < count; i++) {
                    if (get(i) != 0) {
                        RELEASE_VALUE.invokeExact(get(i));
                    }
                }
            } catch (Throwable e) { // as above
                throw unchecked(e);
            }
        }
    }

    private static RuntimeException unchecked(Throwable e) {
        return switch (e) {
            case RuntimeException known -> known;
            case Error error -> throw error;
            default -> new IllegalStateException("A call to native code threw", e);
        };
    }

    private static long cpuMemory() {
        MethodHandle create = CApi.function(CApi.CREATE_CPU_MEMORY_INFO, FunctionDescriptor.of(LONG, INT, INT, LONG));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(LONG);
            CApi.check((long) create.invokeExact(ALLOCATED_PLAINLY, FOR_THE_CPU, out.address()));
            return out.get(LONG, 0);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static DataType type(int number) {
        for (DataType type : TYPES) {
            if (type.onnxNumber() == number) {
                return type;
            }
        }
        throw new InferenceException("The model gave a tensor of the element type " + number);
    }
}
