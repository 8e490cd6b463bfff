package dev.serin.inference.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import dev.serin.inference.InferenceException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;

/**
 * Strings of tensors as UTF-8. The Java binding 1.29.0 hands them to JNI's "modified UTF-8", in which characters beyond
 * U+FFFF reach the model as six bytes that are no UTF-8, and come back from it cut to one wrong letter. So strings go by
 * three functions of the C API, whose table the binding holds: the order of that table is part of the API's promise.
 * Strings with U+0000 cannot be fed: the C API takes them as ended there.
 */
final class NativeStrings {
    private static final int FILL_STRING_TENSOR = 52;
    private static final int GET_STRING_TENSOR_DATA_LENGTH = 53;
    private static final int GET_STRING_TENSOR_CONTENT = 54;

    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

    private static final Field TENSOR_HANDLE = field(OnnxTensorLike.class, "nativeHandle");
    private static final MethodHandle FILL =
            function(FILL_STRING_TENSOR, FunctionDescriptor.of(POINTER, POINTER, POINTER, SIZE));
    private static final MethodHandle DATA_LENGTH =
            function(GET_STRING_TENSOR_DATA_LENGTH, FunctionDescriptor.of(POINTER, POINTER, POINTER));
    private static final MethodHandle CONTENT =
            function(GET_STRING_TENSOR_CONTENT, FunctionDescriptor.of(POINTER, POINTER, POINTER, SIZE, POINTER, SIZE));

    private NativeStrings() {}

    /** Replaces all strings of a tensor. */
    static void fill(OnnxTensor tensor, String[] strings) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointers = arena.allocate(POINTER, Math.max(1, strings.length));
            for (int i = 0; i < strings.length; i++) {
                pointers.setAtIndex(POINTER, i, arena.allocateFrom(checked(strings[i]), StandardCharsets.UTF_8));
            }
            check((MemorySegment) FILL.invokeExact(handle(tensor), pointers, (long) strings.length));
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
            check((MemorySegment) DATA_LENGTH.invokeExact(value, length));
            MemorySegment content = arena.allocate(Math.max(1, length.get(SIZE, 0)));
            MemorySegment offsets = arena.allocate(SIZE, count);
            check((MemorySegment) CONTENT.invokeExact(value, content, length.get(SIZE, 0), offsets, (long) count));
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

    private static void check(MemorySegment status) {
        if (status.address() != 0) {
            throw new InferenceException("ONNX Runtime refused the strings of a tensor");
        }
    }

    private static InferenceException failure(String what, Throwable e) {
        return e instanceof InferenceException known
                ? known
                : new InferenceException("Cannot %s the strings of a tensor".formatted(what), e);
    }

    private static MemorySegment handle(OnnxTensor tensor) throws IllegalAccessException {
        return MemorySegment.ofAddress(TENSOR_HANDLE.getLong(tensor));
    }

    @SuppressWarnings("restricted") // the table is as long as the API's version says, and only read
    private static MethodHandle function(int index, FunctionDescriptor type) {
        try {
            long table = field(Class.forName("ai.onnxruntime.OnnxRuntime"), "ortApiHandle")
                    .getLong(null);
            MemorySegment function = MemorySegment.ofAddress(table)
                    .reinterpret(POINTER.byteSize() * (GET_STRING_TENSOR_CONTENT + 1))
                    .getAtIndex(POINTER, index);
            return Linker.nativeLinker().downcallHandle(function, type);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("This is not the binding of ONNX Runtime that Serin was built for", e);
        }
    }

    private static Field field(Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new LinkageError("This is not the binding of ONNX Runtime that Serin was built for", e);
        }
    }
}
