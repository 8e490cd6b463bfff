package dev.serin.inference.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import dev.serin.inference.InferenceException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;

/**
 * Strings of tensors as UTF-8. The Java binding 1.29.0 hands them to JNI's "modified UTF-8", in which characters beyond
 * U+FFFF reach the model as six bytes that are no UTF-8, and come back from it cut to one wrong letter. So strings go by
 * three functions of the C API.
 * Strings with U+0000 cannot be fed: the C API takes them as ended there.
 */
final class NativeStrings {
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

    private static final Field TENSOR_HANDLE = CApi.field(OnnxTensorLike.class, "nativeHandle");
    private static final MethodHandle FILL =
            CApi.function(CApi.FILL_STRING_TENSOR, FunctionDescriptor.of(POINTER, POINTER, POINTER, SIZE));
    private static final MethodHandle DATA_LENGTH =
            CApi.function(CApi.GET_STRING_TENSOR_DATA_LENGTH, FunctionDescriptor.of(POINTER, POINTER, POINTER));
    private static final MethodHandle CONTENT = CApi.function(
            CApi.GET_STRING_TENSOR_CONTENT, FunctionDescriptor.of(POINTER, POINTER, POINTER, SIZE, POINTER, SIZE));

    private NativeStrings() {}

    /** Replaces all strings of a tensor. */
    static void fill(OnnxTensor tensor, String[] strings) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointers = arena.allocate(POINTER, Math.max(1, strings.length));
            for (int i = 0; i < strings.length; i++) {
                pointers.setAtIndex(POINTER, i, arena.allocateFrom(checked(strings[i]), StandardCharsets.UTF_8));
            }
            CApi.check(((MemorySegment) FILL.invokeExact(handle(tensor), pointers, (long) strings.length)).address());
        } catch (Throwable e) {
            throw failure("feed", e);
        }
    }

    private static String checked(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new InferenceException("A string has the character U+0000, which cannot be fed");
        }
        return text;
    }

    /** {@return the strings of a tensor that has so many, at least one} */
    static String[] read(OnnxTensor tensor, int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = handle(tensor);
            MemorySegment length = arena.allocate(SIZE);
            CApi.check(((MemorySegment) DATA_LENGTH.invokeExact(value, length)).address());
            MemorySegment content = arena.allocate(Math.max(1, length.get(SIZE, 0)));
            MemorySegment offsets = arena.allocate(SIZE, count);
            CApi.check(((MemorySegment) CONTENT.invokeExact(value, content, length.get(SIZE, 0), offsets, (long) count))
                    .address());
            return split(content.asSlice(0, length.get(SIZE, 0)), offsets, count);
        } catch (Throwable e) {
            throw failure("read", e);
        }
    }

    private static String[] split(MemorySegment content, MemorySegment offsets, int count) {
        String[] strings = new String[count];
        for (int i = 0; i < count; i++) {
            long begin = offsets.getAtIndex(SIZE, i);
            long end = i + 1 < count ? offsets.getAtIndex(SIZE, i + 1) : content.byteSize();
            byte[] bytes = content.asSlice(begin, end - begin).toArray(ValueLayout.JAVA_BYTE);
            strings[i] = new String(bytes, StandardCharsets.UTF_8);
        }
        return strings;
    }

    private static InferenceException failure(String what, Throwable e) {
        return e instanceof InferenceException known
                ? known
                : new InferenceException("Cannot %s the strings of a tensor".formatted(what), e);
    }

    private static MemorySegment handle(OnnxTensor tensor) throws IllegalAccessException {
        return MemorySegment.ofAddress(TENSOR_HANDLE.getLong(tensor));
    }
}
