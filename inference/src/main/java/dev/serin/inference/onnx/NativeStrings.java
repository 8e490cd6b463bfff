package dev.serin.inference.onnx;

import dev.serin.inference.InferenceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

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
    static void fill(long value, String[] strings, MemorySegment out, int first) throws Throwable {
        long address = out.address() + first * LONG.byteSize();
        for (int i = 0; i < strings.length; i++) {
            byte[] text = strings[i].getBytes(StandardCharsets.UTF_8);
            OrtFailure.check((long) BUFFER.invokeExact(value, (long) i, (long) text.length, address));
            MemorySegment.copy(
                    text,
                    0,
                    MemorySegment.ofAddress(out.getAtIndex(LONG, first)).reinterpret(text.length),
                    ValueLayout.JAVA_BYTE,
                    0,
                    text.length);
        }
    }

    /** {@return the strings of a tensor that has so many} */
    static String[] read(long value, int count) throws Throwable {
        if (count == 0) {
            return new String[0];
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
            return split(content.asSlice(0, length), offsets, count);
        }
    }

    private static String[] split(MemorySegment content, MemorySegment offsets, int count) {
        String[] strings = new String[count];
        for (int i = 0; i < count; i++) {
            long begin = offsets.getAtIndex(LONG, i);
            long end = i + 1 < count ? offsets.getAtIndex(LONG, i + 1) : content.byteSize();
            byte[] bytes = content.asSlice(begin, end - begin).toArray(ValueLayout.JAVA_BYTE);
            strings[i] = new String(bytes, StandardCharsets.UTF_8);
        }
        return strings;
    }
}
