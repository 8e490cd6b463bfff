package dev.serin.inference.onnx;

import dev.serin.inference.InferenceException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;

/**
 * Functions of ONNX Runtime's C API, by their place in the table whose address the Java binding holds. The order of that
 * table is part of the API's promise: a later version only adds at its end. Addresses travel as longs.
 */
final class CApi {
    static final int GET_ERROR_MESSAGE = 2;
    static final int RUN = 9;
    static final int CREATE_TENSOR_WITH_DATA = 49;
    static final int GET_TENSOR_MUTABLE_DATA = 51;
    static final int FILL_STRING_TENSOR = 52;
    static final int GET_STRING_TENSOR_DATA_LENGTH = 53;
    static final int GET_STRING_TENSOR_CONTENT = 54;
    static final int GET_TENSOR_ELEMENT_TYPE = 60;
    static final int GET_DIMENSIONS_COUNT = 61;
    static final int GET_DIMENSIONS = 62;
    static final int GET_TENSOR_TYPE_AND_SHAPE = 65;
    static final int CREATE_CPU_MEMORY_INFO = 69;
    static final int RELEASE_STATUS = 93;
    static final int RELEASE_VALUE = 96;
    static final int RELEASE_TENSOR_TYPE_AND_SHAPE_INFO = 99;

    private static final int LAST = RELEASE_TENSOR_TYPE_AND_SHAPE_INFO;
    private static final int MAX_MESSAGE = 4_096;

    private static final MethodHandle ERROR_MESSAGE =
            function(GET_ERROR_MESSAGE, FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE_STATUS =
            function(RELEASE_STATUS, FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

    private CApi() {}

    /** {@return a function of the table} */
    @SuppressWarnings("restricted") // the table is as long as the API's version says, and only read
    static MethodHandle function(int index, FunctionDescriptor type, Linker.Option... options) {
        try {
            long table = field(Class.forName("ai.onnxruntime.OnnxRuntime"), "ortApiHandle")
                    .getLong(null);
            MemorySegment function = MemorySegment.ofAddress(table)
                    .reinterpret(ValueLayout.ADDRESS.byteSize() * (LAST + 1))
                    .getAtIndex(ValueLayout.ADDRESS, index);
            return Linker.nativeLinker().downcallHandle(function, type, options);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("This is not the binding of ONNX Runtime that Serin was built for", e);
        }
    }

    /** {@return a field of the binding, in which it keeps the address of a native object} */
    static Field field(Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new LinkageError("This is not the binding of ONNX Runtime that Serin was built for", e);
        }
    }

    /**
     * Takes the status that a function returned.
     *
     * @throws InferenceException with the library's words, when it is one of a failure
     */
    static void check(long status) throws Throwable {
        if (status != 0) {
            throw failure(status);
        }
    }

    @SuppressWarnings("restricted") // a string of C, read to its end or so far
    private static InferenceException failure(long status) throws Throwable {
        try {
            long text = (long) ERROR_MESSAGE.invokeExact(status);
            return new InferenceException("The model failed: "
                    + MemorySegment.ofAddress(text).reinterpret(MAX_MESSAGE).getString(0));
        } finally {
            FREE_STATUS.invokeExact(status);
        }
    }
}
