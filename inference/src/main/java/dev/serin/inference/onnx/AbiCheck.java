package dev.serin.inference.onnx;

import dev.serin.inference.DataType;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * Whether the library behaves as its header says: what each request needs to go in and out is tried at start on values of its
 * own, so that a table in another order shows there, and not in somebody's answer.
 */
final class AbiCheck {
    private static final long[] SHAPE = {1, 3};
    private static final float[] NUMBERS = {1.5f, -2, 0.25f};
    private static final PackedStrings TEXTS = PackedStrings.of("ü", "", "漢字");

    private static final MethodHandle CREATE_OVER = CApi.CREATE_TENSOR_WITH_DATA_AS_ORT_VALUE.handle();
    private static final MethodHandle CREATE = CApi.CREATE_TENSOR_AS_ORT_VALUE.handle();
    private static final MethodHandle COUNT = CApi.GET_VALUE_COUNT.handle();
    private static final MethodHandle RELEASE = CApi.RELEASE_VALUE.handle();

    private AbiCheck() {}

    /** @throws LinkageError when it does not */
    static void run() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG, NativeValues.RESULTS);
            MemorySegment shape = arena.allocateFrom(ValueLayout.JAVA_LONG, SHAPE);
            numbers(arena.allocateFrom(ValueLayout.JAVA_FLOAT, NUMBERS), shape, out);
            texts(shape, out);
        } catch (OrtFailure e) {
            throw new LinkageError(unfit(String.valueOf(e.getMessage())), e);
        } catch (Throwable e) { // method handles declare no less
            throw OrtFailure.unchecked(e);
        }
    }

    private static void numbers(MemorySegment data, MemorySegment shape, MemorySegment out) throws Throwable {
        OrtFailure.check((long) CREATE_OVER.invokeExact(
                NativeRun.CPU,
                data.address(),
                data.byteSize(),
                shape.address(),
                (long) SHAPE.length,
                DataType.FP32.onnxNumber(),
                out.address()));
        long value = out.get(ValueLayout.JAVA_LONG, 0);
        try {
            Tensor copy = NativeValues.tensor(value, out, 0, null);
            boolean same = copy.dataType() == DataType.FP32
                    && Arrays.equals(copy.shape(), SHAPE)
                    && MemorySegment.ofBuffer(copy.data()).mismatch(data) < 0;
            require(same, "a tensor of numbers came back as another one");
            refuses(value, out);
        } finally {
            RELEASE.invokeExact(value);
        }
    }

    /** Asks a tensor for the elements of a sequence. */
    private static void refuses(long tensor, MemorySegment out) throws Throwable {
        OrtFailure.Code code = OrtFailure.Code.OTHER;
        try {
            OrtFailure.check((long) COUNT.invokeExact(tensor, out.address()));
        } catch (OrtFailure e) {
            code = e.code();
        }
        require(code == OrtFailure.Code.FAIL, "a tensor was taken for a sequence");
    }

    private static void texts(MemorySegment shape, MemorySegment out) throws Throwable {
        OrtFailure.check((long) CREATE.invokeExact(
                NativeStrings.ALLOCATOR,
                shape.address(),
                (long) SHAPE.length,
                DataType.BYTES.onnxNumber(),
                out.address()));
        long value = out.get(ValueLayout.JAVA_LONG, 0);
        try {
            NativeStrings.fill(value, TEXTS, out, 0);
            Tensor copy = NativeValues.tensor(value, out, 0, null);
            require(copy.strings().equals(TEXTS), "a tensor of strings came back as another one");
        } finally {
            RELEASE.invokeExact(value);
        }
    }

    private static void require(boolean fits, String otherwise) {
        if (!fits) {
            throw new LinkageError(unfit(otherwise));
        }
    }

    private static String unfit(String why) {
        return "version %s does not behave as this build expects: %s".formatted(NativeLibrary.version(), why);
    }
}
