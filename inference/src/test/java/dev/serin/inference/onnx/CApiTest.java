package dev.serin.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Session;
import dev.serin.inference.Signature.Dimension.Fixed;
import dev.serin.inference.Signature.Dimension.Symbol;
import dev.serin.inference.Signature.Dimension.Unknown;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.MapType;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.testing.OnnxWriter;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each function of the C API, by something that would come out otherwise if another one stood in its place; those of which nothing
 * comes that could be seen (levels of logs and optimisations, spinning, releases) by being called.
 */
@Timeout(60)
class CApiTest {
    private static final OnnxRuntime RUNTIME = OnnxRuntime.start(1);
    private static final Deadline PLENTY = Deadline.after(Duration.ofSeconds(60));

    @TempDir
    private Path folder;

    @AfterAll
    static void stop() {
        RUNTIME.close();
    }

    @ParameterizedTest
    @EnumSource
    void everyFunctionIsAtItsPlace(CApi function) throws IOException {
        switch (function) {
            case GET_ERROR_CODE, GET_ERROR_MESSAGE, RELEASE_STATUS -> failuresHaveACodeAndAText();
            case CREATE_ENV_WITH_GLOBAL_THREAD_POOLS,
                    CREATE_THREADING_OPTIONS,
                    RELEASE_THREADING_OPTIONS,
                    SET_GLOBAL_INTRA_OP_NUM_THREADS,
                    SET_GLOBAL_INTER_OP_NUM_THREADS,
                    SET_GLOBAL_SPIN_CONTROL,
                    CREATE_SESSION,
                    RELEASE_SESSION,
                    CREATE_SESSION_OPTIONS,
                    RELEASE_SESSION_OPTIONS,
                    DISABLE_PER_SESSION_THREADS,
                    SET_INTRA_OP_NUM_THREADS,
                    DISABLE_CPU_MEM_ARENA,
                    DISABLE_MEM_PATTERN,
                    SET_SESSION_LOG_SEVERITY_LEVEL -> sessionsBringNoThreads();
            case SET_SESSION_GRAPH_OPTIMIZATION_LEVEL,
                    RUN,
                    CREATE_TENSOR_WITH_DATA_AS_ORT_VALUE,
                    CREATE_CPU_MEMORY_INFO,
                    GET_TENSOR_ELEMENT_TYPE_AND_SHAPE_DATA_REFERENCE,
                    GET_TENSOR_MUTABLE_DATA,
                    RELEASE_VALUE -> numbersGoThrough();
            case SESSION_GET_INPUT_COUNT,
                    SESSION_GET_OUTPUT_COUNT,
                    SESSION_GET_INPUT_TYPE_INFO,
                    SESSION_GET_OUTPUT_TYPE_INFO,
                    SESSION_GET_INPUT_NAME,
                    SESSION_GET_OUTPUT_NAME,
                    ALLOCATOR_FREE,
                    GET_ALLOCATOR_WITH_DEFAULT_OPTIONS -> portsAreTold();
            case CAST_TYPE_INFO_TO_TENSOR_INFO,
                    GET_ONNX_TYPE_FROM_TYPE_INFO,
                    GET_TENSOR_ELEMENT_TYPE,
                    GET_DIMENSIONS_COUNT,
                    GET_DIMENSIONS,
                    GET_SYMBOLIC_DIMENSIONS,
                    RELEASE_TYPE_INFO -> dimensionsAreTold();
            case CAST_TYPE_INFO_TO_MAP_TYPE_INFO,
                    CAST_TYPE_INFO_TO_SEQUENCE_TYPE_INFO,
                    GET_MAP_KEY_TYPE,
                    GET_MAP_VALUE_TYPE,
                    GET_SEQUENCE_ELEMENT_TYPE,
                    GET_VALUE,
                    GET_VALUE_COUNT,
                    GET_VALUE_TYPE -> sequencesOfMapsComeOut();
            case CREATE_RUN_OPTIONS,
                    RELEASE_RUN_OPTIONS,
                    RUN_OPTIONS_SET_RUN_LOG_SEVERITY_LEVEL,
                    RUN_OPTIONS_SET_TERMINATE,
                    RUN_OPTIONS_UNSET_TERMINATE -> runsAreCutOffAndOthersAreNot();
            case CREATE_TENSOR_AS_ORT_VALUE,
                    GET_RESIZED_STRING_TENSOR_ELEMENT_BUFFER,
                    GET_STRING_TENSOR_DATA_LENGTH,
                    GET_STRING_TENSOR_CONTENT -> stringsGoThrough();
        }
    }

    @Test
    void theLibraryDoesWhatItsHeaderSays() {
        AbiCheck.run();
    }

    private void failuresHaveACodeAndAText() {
        assertThatThrownBy(() -> RUNTIME.load(folder.resolve("none.onnx")))
                .hasRootCauseInstanceOf(OrtFailure.class)
                .rootCause()
                .hasMessageContaining("none.onnx")
                .extracting(failure -> ((OrtFailure) failure).code())
                .isEqualTo(OrtFailure.Code.NO_SUCHFILE);
    }

    private void sessionsBringNoThreads() throws IOException {
        Path threads = Path.of("/proc/self/task");
        try (Session first = load(TestModels.scalar())) {
            long before = Files.exists(threads) ? count(threads) : 0;
            try (Session second = load(TestModels.scalar());
                    Session third = RUNTIME.load(folder.resolve("model.onnx"), OnnxRuntime.Threads.CALLERS)) {
                assertThat(Files.exists(threads) ? count(threads) : 0).isEqualTo(before);
                assertThat(run(second, floats(new long[] {}, 7))).hasSize(1);
                assertThat(run(third, floats(new long[] {}, 7))).hasSize(1);
            }
            assertThat(run(first, floats(new long[] {}, 7))).hasSize(1);
        }
    }

    private static long count(Path threads) throws IOException {
        try (var list = Files.list(threads)) {
            return list.count();
        }
    }

    private void numbersGoThrough() throws IOException {
        try (Session session = load(TestModels.addOne("n", 3))) {
            Tensor output = (Tensor) run(session, floats(new long[] {2, 3}, 1, 2, 3, 4, 5, 6))
                    .getFirst();

            assertThat(output.dataType()).isEqualTo(DataType.FP32);
            assertThat(output.shape()).containsExactly(2, 3);
            assertThat(output.data().getFloat(20)).isEqualTo(7);
        }
    }

    private void portsAreTold() throws IOException {
        try (Session session = load(TestModels.concat())) {
            assertThat(session.signature().inputs()).extracting(Port::name).containsExactly("a", "b", "s", "t");
            assertThat(session.signature().outputs()).extracting(Port::name).containsExactly("numbers", "texts");
        }
    }

    private void dimensionsAreTold() throws IOException {
        try (Session session = load(TestModels.identity(DataType.UINT16, "rows", OnnxWriter.UNKNOWN, 7))) {
            assertThat(session.signature().inputs().getFirst().type())
                    .isEqualTo(
                            new TensorType(DataType.UINT16, List.of(new Symbol("rows"), new Unknown(), new Fixed(7))));
        }
    }

    private void sequencesOfMapsComeOut() throws IOException {
        try (Session session = load(TestModels.zipMap())) {
            assertThat(session.signature().outputs().getLast().type())
                    .isEqualTo(new SequenceType(new MapType(DataType.INT64, DataType.FP32)));

            Value.Sequence rows = (Value.Sequence) run(session, floats(new long[] {2, 4}, 9, 1, 1, 0, 1, 9, 1, 0))
                    .getLast();

            assertThat(rows.elements()).hasSize(2).allSatisfy(row -> {
                assertThat(((Value.Mapping) row).entries()).hasSize(3);
            });
        }
    }

    private void runsAreCutOffAndOthersAreNot() throws IOException {
        try (Session session = load(TestModels.slow())) {
            List<Tensor> many = List.of(floats(new long[] {1}, 3e6f));
            assertThatThrownBy(() -> session.run(many, Deadline.after(Duration.ofMillis(5))))
                    .isInstanceOf(DeadlineExceededException.class);

            assertThat(run(session, floats(new long[] {1}, 10))).hasSize(1);
        }
        try (Session session = load(TestModels.failing())) {
            assertThatThrownBy(() -> run(session, floats(new long[] {3}, 1, 2, 3)))
                    .isInstanceOf(InferenceException.class);
        }
    }

    private void stringsGoThrough() throws IOException {
        String[] strings = {"", "漢", "a longer one than fits into a short string of C++", "x\0y"};
        try (Session session = load(TestModels.identity(DataType.BYTES, 2, 2))) {
            Tensor output = (Tensor) run(session, Tensor.ofStrings(new long[] {2, 2}, PackedStrings.of(strings)))
                    .getFirst();

            assertThat(output.strings()).containsExactly(strings);
        }
    }

    private Session load(byte[] model) throws IOException {
        return RUNTIME.load(Files.write(folder.resolve("model.onnx"), model));
    }

    private static List<Value> run(Session session, Tensor input) {
        return session.run(List.of(input), PLENTY);
    }

    private static Tensor floats(long[] shape, float... values) {
        ByteBuffer data = ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
        data.asFloatBuffer().put(values);
        return Tensor.of(DataType.FP32, shape, data);
    }
}
