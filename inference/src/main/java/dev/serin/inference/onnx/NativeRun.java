package dev.serin.inference.onnx;

import dev.serin.inference.DataType;
import dev.serin.inference.InferenceException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.MapType;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs of one session. Direct buffers are lent to a run, not copied; what it gives is copied once, whole or in parts. Thread-safe. */
final class NativeRun {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int ALLOCATED_PLAINLY = 0; // OrtDeviceAllocator
    private static final int FOR_THE_CPU = 0; // OrtMemTypeDefault

    private static final MethodHandle RUN = CApi.RUN.handle();
    private static final MethodHandle CREATE_OVER = CApi.CREATE_TENSOR_WITH_DATA_AS_ORT_VALUE.handle();
    private static final MethodHandle CREATE = CApi.CREATE_TENSOR_AS_ORT_VALUE.handle();
    private static final MethodHandle RELEASE = CApi.RELEASE_VALUE.handle();

    /** Of the process: where the buffers lie that inputs are lent in. */
    static final long CPU = cpuMemory();

    private final long session;
    private final Signature signature;
    private final MemorySegment inputNames;
    private final MemorySegment outputNames;

    NativeRun(long session, Signature signature) {
        this.session = session;
        this.signature = signature;
        Arena arena = Arena.ofAuto(); // as long as this
        this.inputNames = names(arena, signature.inputs());
        this.outputNames = names(arena, signature.outputs());
    }

    private static MemorySegment names(Arena arena, List<Port> ports) {
        MemorySegment names = arena.allocate(LONG, Math.max(1, ports.size()));
        for (int i = 0; i < ports.size(); i++) {
            names.setAtIndex(LONG, i, arena.allocateFrom(ports.get(i).name()).address());
        }
        return names;
    }

    /**
     * {@return what was taken of the outputs}
     *
     * @param inputs as many as the signature has
     * @param options address of the run's options
     * @param scratch a native segment for this run alone, of at least {@link #scratchLongs} longs
     * @param lent for how long tensors of numbers are shown where they lie; null to copy them
     * @param taking gets the outputs, in the order of the signature
     * @throws OrtFailure when the run fails, or was cut off
     */
    <T> T run(
            List<Tensor> inputs,
            long options,
            MemorySegment scratch,
            @Nullable Arena lent,
            Function<List<Value>, T> taking) {
        ByteBuffer[] fed = new ByteBuffer[inputs.size()];
        int outputs = signature.outputs().size();
        Frame frame = new Frame(scratch, inputs.size(), outputs);
        try {
            for (int i = 0; i < fed.length; i++) {
                fed[i] = feed(inputs.get(i), frame, i);
            }
            OrtFailure.check((long) RUN.invokeExact(
                    session,
                    options,
                    inputNames.address(),
                    frame.address(0),
                    (long) fed.length,
                    outputNames.address(),
                    (long) outputs,
                    frame.address(fed.length)));
            return taking.apply(outputs(frame, fed.length, lent));
        } catch (Throwable e) { // method handles declare no less
            throw OrtFailure.unchecked(e);
        } finally {
            frame.releaseValues();
            Reference.reachabilityFence(fed);
            Reference.reachabilityFence(this); // the names
        }
    }

    /** {@return how much of a scratch segment a run with these inputs takes} */
    int scratchLongs(List<Tensor> inputs) {
        int longs = inputs.size() + signature.outputs().size() + NativeValues.RESULTS;
        for (Tensor input : inputs) {
            longs += input.shape().length;
        }
        return longs;
    }

    /** Makes the native face of an input. {@return the buffer that must live as long} */
    private ByteBuffer feed(Tensor input, Frame frame, int index) throws Throwable {
        Port port = signature.inputs().get(index);
        if (!(port.type() instanceof TensorType(var dataType, var _)) || dataType != input.dataType()) {
            throw new IllegalArgumentException(
                    "Input '%s' is %s, got a tensor of %s".formatted(port.name(), port.type(), input.dataType()));
        }
        long shape = frame.put(input.shape());
        long rank = input.shape().length;
        int type = dataType.onnxNumber();
        if (dataType == DataType.BYTES) {
            OrtFailure.check(
                    (long) CREATE.invokeExact(NativeStrings.ALLOCATOR, shape, rank, type, frame.address(index)));
            NativeStrings.fill(frame.get(index), input.strings(), frame.longs, frame.values);
            return input.data();
        }
        ByteBuffer data = direct(input);
        OrtFailure.check((long) CREATE_OVER.invokeExact(
                CPU,
                MemorySegment.ofBuffer(data).address(),
                (long) input.elementCount() * dataType.byteSize(),
                shape,
                rank,
                type,
                frame.address(index)));
        return data;
    }

    /** {@return the elements from position 0 on, where native code can see them} */
    private static ByteBuffer direct(Tensor input) {
        ByteBuffer data = input.data();
        if (data.isDirect()) {
            return data.position() == 0 ? data : data.slice(0, data.limit());
        }
        int bytes = input.elementCount() * input.dataType().byteSize();
        return ByteBuffer.allocateDirect(bytes).put(0, data, 0, bytes);
    }

    private List<Value> outputs(Frame frame, int first, @Nullable Arena lent) throws Throwable {
        List<Port> ports = signature.outputs();
        if (ports.size() == 1) {
            return List.of(output(ports.getFirst(), frame, first, lent));
        }
        List<Value> values = new ArrayList<>(ports.size());
        for (int i = 0; i < ports.size(); i++) {
            values.add(output(ports.get(i), frame, first + i, lent));
        }
        return Collections.unmodifiableList(values);
    }

    private static Value output(Port port, Frame frame, int index, @Nullable Arena lent) throws Throwable {
        long value = frame.get(index);
        if (value == 0) {
            throw new InferenceException("The model gave no value for one of its outputs");
        }
        return switch (port.type()) {
            case TensorType _ -> NativeValues.tensor(value, frame.longs, frame.values, lent);
            case SequenceType _, MapType _ -> NativeValues.copy(value);
        };
    }

    /** The longs that a run exchanges with native code: inputs, outputs, results of single functions, shapes. */
    private static final class Frame {
        private final MemorySegment longs;
        private final int values; // inputs and outputs; results come next
        private int next;

        Frame(MemorySegment longs, int inputs, int outputs) {
            this.longs = longs;
            this.values = inputs + outputs;
            this.next = values + NativeValues.RESULTS;
            longs.asSlice(0, next * LONG.byteSize()).fill((byte) 0);
        }

        long address(int index) {
            return longs.address() + index * LONG.byteSize();
        }

        long get(int index) {
            return longs.getAtIndex(LONG, index);
        }

        long put(long[] shape) {
            long address = address(next);
            MemorySegment.copy(shape, 0, longs, LONG, next * LONG.byteSize(), shape.length);
            next += shape.length;
            return address;
        }

        void releaseValues() {
            try {
                for (int i = 0; i < values; i++) {
                    if (get(i) != 0) {
                        RELEASE.invokeExact(get(i));
                    }
                }
            } catch (Throwable e) { // as above
                throw OrtFailure.unchecked(e);
            }
        }
    }

    private static long cpuMemory() {
        MethodHandle create = CApi.CREATE_CPU_MEMORY_INFO.handle();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(LONG);
            OrtFailure.check((long) create.invokeExact(ALLOCATED_PLAINLY, FOR_THE_CPU, out.address()));
            return out.get(LONG, 0);
        } catch (Throwable e) { // as above
            throw OrtFailure.unchecked(e);
        }
    }
}
