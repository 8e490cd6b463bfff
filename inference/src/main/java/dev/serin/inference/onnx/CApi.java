package dev.serin.inference.onnx;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The functions of ONNX Runtime's C API that we call, by their place in its table. The order of that table is part of the
 * API's promise: a later version only adds at its end. Addresses and sizes travel as longs.
 *
 * @see <a href="https://github.com/microsoft/onnxruntime/blob/v1.29.0/include/onnxruntime/core/session/onnxruntime_c_api.h">
 *     onnxruntime_c_api.h, struct OrtApi</a>
 */
@SuppressWarnings("ImmutableEnumChecker") // descriptors are immutable and do not say so
enum CApi {
    GET_ERROR_CODE(1, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG)),
    GET_ERROR_MESSAGE(2, FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG)),
    CREATE_SESSION(7, status(Arg.POINTER, Arg.POINTER, Arg.POINTER, Arg.OUT)),
    RUN(9, status(Arg.POINTER, Arg.POINTER, Arg.POINTER, Arg.POINTER, Arg.SIZE, Arg.POINTER, Arg.SIZE, Arg.POINTER)),
    CREATE_SESSION_OPTIONS(10, status(Arg.OUT)),
    DISABLE_MEM_PATTERN(17, status(Arg.POINTER)),
    DISABLE_CPU_MEM_ARENA(19, status(Arg.POINTER)),
    SET_SESSION_LOG_SEVERITY_LEVEL(22, status(Arg.POINTER, Arg.INT)),
    SET_SESSION_GRAPH_OPTIMIZATION_LEVEL(23, status(Arg.POINTER, Arg.INT)),
    SET_INTRA_OP_NUM_THREADS(24, status(Arg.POINTER, Arg.INT)),
    SESSION_GET_INPUT_COUNT(30, status(Arg.POINTER, Arg.OUT)),
    SESSION_GET_OUTPUT_COUNT(31, status(Arg.POINTER, Arg.OUT)),
    SESSION_GET_INPUT_TYPE_INFO(33, status(Arg.POINTER, Arg.SIZE, Arg.OUT)),
    SESSION_GET_OUTPUT_TYPE_INFO(34, status(Arg.POINTER, Arg.SIZE, Arg.OUT)),
    SESSION_GET_INPUT_NAME(36, status(Arg.POINTER, Arg.SIZE, Arg.POINTER, Arg.OUT)),
    SESSION_GET_OUTPUT_NAME(37, status(Arg.POINTER, Arg.SIZE, Arg.POINTER, Arg.OUT)),
    CREATE_RUN_OPTIONS(39, status(Arg.OUT)),
    RUN_OPTIONS_SET_RUN_LOG_SEVERITY_LEVEL(41, status(Arg.POINTER, Arg.INT)),
    RUN_OPTIONS_SET_TERMINATE(46, status(Arg.POINTER)),
    RUN_OPTIONS_UNSET_TERMINATE(47, status(Arg.POINTER)),
    CREATE_TENSOR_AS_ORT_VALUE(48, status(Arg.POINTER, Arg.POINTER, Arg.SIZE, Arg.INT, Arg.OUT)),
    CREATE_TENSOR_WITH_DATA_AS_ORT_VALUE(
            49, status(Arg.POINTER, Arg.POINTER, Arg.SIZE, Arg.POINTER, Arg.SIZE, Arg.INT, Arg.OUT)),
    GET_TENSOR_MUTABLE_DATA(51, status(Arg.POINTER, Arg.OUT)),
    GET_STRING_TENSOR_DATA_LENGTH(53, status(Arg.POINTER, Arg.OUT)),
    GET_STRING_TENSOR_CONTENT(54, status(Arg.POINTER, Arg.POINTER, Arg.SIZE, Arg.POINTER, Arg.SIZE)),
    CAST_TYPE_INFO_TO_TENSOR_INFO(55, status(Arg.POINTER, Arg.OUT)),
    GET_ONNX_TYPE_FROM_TYPE_INFO(56, status(Arg.POINTER, Arg.OUT)),
    GET_TENSOR_ELEMENT_TYPE(60, status(Arg.POINTER, Arg.OUT)),
    GET_DIMENSIONS_COUNT(61, status(Arg.POINTER, Arg.OUT)),
    GET_DIMENSIONS(62, status(Arg.POINTER, Arg.POINTER, Arg.SIZE)),
    GET_SYMBOLIC_DIMENSIONS(63, status(Arg.POINTER, Arg.POINTER, Arg.SIZE)),
    GET_VALUE_TYPE(67, status(Arg.POINTER, Arg.OUT)),
    CREATE_CPU_MEMORY_INFO(69, status(Arg.INT, Arg.INT, Arg.OUT)),
    ALLOCATOR_FREE(76, status(Arg.POINTER, Arg.POINTER)),
    GET_ALLOCATOR_WITH_DEFAULT_OPTIONS(78, status(Arg.OUT)),
    GET_VALUE(80, status(Arg.POINTER, Arg.INT, Arg.POINTER, Arg.OUT)),
    GET_VALUE_COUNT(81, status(Arg.POINTER, Arg.OUT)),
    RELEASE_STATUS(93, release()),
    RELEASE_SESSION(95, release()),
    RELEASE_VALUE(96, release()),
    RELEASE_RUN_OPTIONS(97, release()),
    RELEASE_TYPE_INFO(98, release()),
    RELEASE_SESSION_OPTIONS(100, release()),
    CAST_TYPE_INFO_TO_MAP_TYPE_INFO(103, status(Arg.POINTER, Arg.OUT)),
    CAST_TYPE_INFO_TO_SEQUENCE_TYPE_INFO(104, status(Arg.POINTER, Arg.OUT)),
    GET_MAP_KEY_TYPE(105, status(Arg.POINTER, Arg.OUT)),
    GET_MAP_VALUE_TYPE(106, status(Arg.POINTER, Arg.OUT)),
    GET_SEQUENCE_ELEMENT_TYPE(107, status(Arg.POINTER, Arg.OUT)),
    CREATE_ENV_WITH_GLOBAL_THREAD_POOLS(119, status(Arg.INT, Arg.POINTER, Arg.POINTER, Arg.OUT)),
    DISABLE_PER_SESSION_THREADS(120, status(Arg.POINTER)),
    CREATE_THREADING_OPTIONS(121, status(Arg.OUT)),
    RELEASE_THREADING_OPTIONS(122, release()),
    SET_GLOBAL_INTRA_OP_NUM_THREADS(147, status(Arg.POINTER, Arg.INT)),
    SET_GLOBAL_INTER_OP_NUM_THREADS(148, status(Arg.POINTER, Arg.INT)),
    SET_GLOBAL_SPIN_CONTROL(149, status(Arg.POINTER, Arg.INT)),
    GET_RESIZED_STRING_TENSOR_ELEMENT_BUFFER(252, status(Arg.POINTER, Arg.SIZE, Arg.SIZE, Arg.OUT)),
    GET_TENSOR_ELEMENT_TYPE_AND_SHAPE_DATA_REFERENCE(414, status(Arg.POINTER, Arg.OUT, Arg.OUT, Arg.OUT));

    /** The version of the table that is asked for: the first with all of these. */
    static final int TABLE_VERSION = 24;

    /** How far we look into it. */
    static final int TABLE_LENGTH = 415;

    /** For functions that are short and never wait: they need not tell the JVM that they are gone. */
    static final Linker.Option AT_ONCE = Linker.Option.critical(false);

    private final int index;
    private final FunctionDescriptor type;

    CApi(int index, FunctionDescriptor type) {
        this.index = index;
        this.type = type;
    }

    /** {@return the function, to be kept in a constant, where the compiler sees through it} */
    @SuppressWarnings("restricted") // index and type are those of the header
    MethodHandle handle(Linker.Option... options) {
        return Linker.nativeLinker()
                .downcallHandle(NativeLibrary.table().getAtIndex(ValueLayout.ADDRESS, index), type, options);
    }

    private static FunctionDescriptor status(MemoryLayout... arguments) {
        return FunctionDescriptor.of(ValueLayout.JAVA_LONG, arguments);
    }

    private static FunctionDescriptor release() {
        return FunctionDescriptor.ofVoid(Arg.POINTER);
    }

    /** What functions take. */
    private static final class Arg {
        static final MemoryLayout POINTER = ValueLayout.JAVA_LONG;
        static final MemoryLayout OUT = ValueLayout.JAVA_LONG; // where to put a result
        static final MemoryLayout SIZE = ValueLayout.JAVA_LONG;
        static final MemoryLayout INT = ValueLayout.JAVA_INT; // enumerations, too

        private Arg() {}
    }
}
