package dev.serin.inference.onnx;

import dev.serin.inference.InferenceException;
import dev.serin.inference.PackedStrings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Strings of native tensors, as UTF-8. */
final class NativeStrings {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final MethodHandle BUFFER = CApi.GET_RESIZED_STRING_TENSOR_ELEMENT_BUFFER.handle();
    private static final MethodHandle DATA_LENGTH = CApi.GET_STRING_TENSOR_DATA_LENGTH.handle();
    private static final MethodHandle CONTENT = CApi.GET_STRING_TENSOR_CONTENT.handle();

    /** Of the process: what makes native objects on the heap of C, and frees them. */
    static final long ALLOCATOR = allocator();

    private NativeStrings() {}

    private static long allocator() {
        MethodHandle get = CApi.GET_ALLOCATOR_WITH_DEFAULT_OPTIONS.handle();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(LONG);
            OrtFailure.check((long) get.invokeExact(out.address()));
            return out.get(LONG, 0);
        } catch (Throwable e) { // method handles declare no less
            throw OrtFailure.unchecked(e);
        }
    }

    /**
     * Sets all strings of a tensor.
     *
     * @param out has a long for results
     * @param first which of its longs that is
     */
    @SuppressWarnings("restricted") // as many bytes as have been asked for
    static void fill(long value, PackedStrings strings, MemorySegment out, int first) throws Throwable {
        long address = out.address() + first * LONG.byteSize();
        for (int i = 0; i < strings.size(); i++) {
            int begin = strings.begin(i);
            int length = strings.end(i) - begin;
            OrtFailure.check((long) BUFFER.invokeExact(value, (long) i, (long) length, address));
            MemorySegment to =
                    MemorySegment.ofAddress(out.getAtIndex(LONG, first)).reinterpret(length);
            MemorySegment.copy(strings.utf8(), begin, to, ValueLayout.JAVA_BYTE, 0, length);
        }
    }

    /** {@return the strings of a tensor that has so many} */
    static PackedStrings read(long value, int count) throws Throwable {
        if (count == 0) {
            return PackedStrings.of();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(LONG);
            OrtFailure.check((long) DATA_LENGTH.invokeExact(value, out.address()));
            long length = out.get(LONG, 0);
            if (length > Integer.MAX_VALUE) {
                throw new InferenceException("The model gave strings of %d bytes".formatted(length));
            }
            MemorySegment content = arena.allocate(Math.max(1, length));
            MemorySegment offsets = arena.allocate(LONG, count);
            OrtFailure.check(
                    (long) CONTENT.invokeExact(value, content.address(), length, offsets.address(), (long) count));
            byte[] utf8 = content.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            return PackedStrings.ofUtf8(utf8, ends(offsets, count, utf8.length));
        }
    }

    /** {@return where each ends, which is where the next begins} */
    private static int[] ends(MemorySegment begins, int count, int length) {
        int[] ends = new int[count];
        for (int i = 0; i + 1 < count; i++) {
            ends[i] = (int) begins.getAtIndex(LONG, i + 1);
        }
        ends[count - 1] = length;
        return ends;
    }
}
