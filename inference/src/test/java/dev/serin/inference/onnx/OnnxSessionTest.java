package dev.serin.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Session;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension.Fixed;
import dev.serin.inference.Signature.Dimension.Symbol;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.MapType;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.testing.OnnxWriter;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class OnnxSessionTest {
    private static final Duration PLENTY = Duration.ofSeconds(30);
    /** Of the slow model: more than two seconds, so that a run that nobody cuts off fails the test instead of hanging it. */
    private static final float ROUNDS = 3e6f;

    private static final OnnxRuntime RUNTIME = OnnxRuntime.start(1);

    @TempDir
    private Path folder;

    @AfterAll
    static void stop() {
        RUNTIME.close();
    }

    @Test
    void saysItsVersion() {
        assertThat(RUNTIME.version()).isEqualTo("1.29.0");
    }

    @Test
    void knowsNamesTypesAndShapesOfItsModel() {
        try (Session session = load(TestModels.zipMap())) {
            assertThat(session.signature())
                    .isEqualTo(new Signature(
                            List.of(new Port(
                                    "x", new TensorType(DataType.FP32, List.of(new Symbol("batch"), new Fixed(4))))),
                            List.of(
                                    new Port("label", new TensorType(DataType.INT64, List.of(new Symbol("batch")))),
                                    new Port(
                                            "probabilities",
                                            new SequenceType(new MapType(DataType.INT64, DataType.FP32))))));
        }
    }

    @ParameterizedTest
    @EnumSource(value = DataType.class, mode = EnumSource.Mode.EXCLUDE, names = "BYTES")
    void passesEveryElementTypeThroughUnchanged(DataType type) {
        ByteBuffer data = direct(3 * type.byteSize());
        for (int i = 0; i < data.capacity(); i++) {
            data.put(i, (byte) (type == DataType.BOOL ? i % 2 : i + 1));
        }

        try (Session session = load(TestModels.identity(type, "n"))) {
            Tensor output = tensor(run(session, Tensor.of(type, new long[] {3}, data)));

            assertThat(output.dataType()).isEqualTo(type);
            assertThat(output.shape()).containsExactly(3);
            assertThat(output.data()).isEqualTo(data.position(0));
        }
    }

    @Test
    void takesAndGivesStringsOfAllPlanes() {
        String[] strings = {"", "a", "é", "漢", "😀", "a\nb", "0", "\"", "\\", "-", " ", "x"};

        try (Session session = load(TestModels.identity(DataType.BYTES, "n", 3))) {
            Tensor output = tensor(run(session, Tensor.ofStrings(new long[] {4, 3}, PackedStrings.of(strings))));

            assertThat(output.strings()).containsExactly(strings);
            assertThat(output.shape()).containsExactly(4, 3);
        }
    }

    @Test
    void stringsReachTheModelAndComeBackAsUtf8() {
        byte[] encoder = new OnnxWriter()
                .input("x", DataType.BYTES, "n")
                .node(
                        "ai.onnx.ml",
                        "LabelEncoder",
                        List.of("x"),
                        List.of("codes"),
                        OnnxWriter.texts("keys_strings", "😀", "ä"),
                        OnnxWriter.integers("values_int64s", 1, 2))
                .node(
                        "ai.onnx.ml",
                        "LabelEncoder",
                        List.of("codes"),
                        List.of("y"),
                        OnnxWriter.integers("keys_int64s", 1, 2),
                        OnnxWriter.texts("values_strings", "🙂 yes", "漢"))
                .output("y", DataType.BYTES, "n")
                .toBytes();

        try (Session session = load(encoder)) {
            Tensor answer = tensor(run(session, Tensor.ofStrings(new long[] {2}, PackedStrings.of("😀", "ä"))));

            assertThat(answer.strings()).containsExactly("🙂 yes", "漢");
        }
    }

    @Test
    void stringsWithNulGoThroughWhole() {
        try (Session session = load(TestModels.identity(DataType.BYTES, "n"))) {
            Tensor output = tensor(run(session, Tensor.ofStrings(new long[] {2}, PackedStrings.of("a\0b", "\0"))));

            assertThat(output.strings()).containsExactly("a\0b", "\0");
        }
    }

    @Test
    void refusesMapsAndSequencesAndOptionalsAsInputs() {
        byte[] optional = new OnnxWriter()
                .input("x", OnnxWriter.optionalType(OnnxWriter.tensorType(DataType.FP32, "n")))
                .node("OptionalHasElement", List.of("x"), List.of("y"))
                .output("y", DataType.BOOL)
                .toBytes();

        assertThatThrownBy(() -> load(TestModels.mapInput()))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageContaining("input 'x' is a map");
        assertThatThrownBy(() -> load(TestModels.sequenceInput()))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageContaining("input 'x' is a sequence");
        assertThatThrownBy(() -> load(optional))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageContaining("input 'x' has the type 6 of ONNX");
    }

    @Test
    void givesSequencesAndMaps() {
        try (Session session = load(TestModels.zipMap())) {
            List<Value> outputs = run(session, floats(new long[] {2, 4}, 9, 1, 1, 0, 1, 9, 1, 0));

            assertThat(((Tensor) outputs.get(0)).data().getLong(8)).isEqualTo(1);
            Value.Sequence rows = (Value.Sequence) outputs.get(1);
            assertThat(rows.elements()).hasSize(2);
            Value.Mapping row = (Value.Mapping) rows.elements().getFirst();
            assertThat(row.keyType()).isEqualTo(DataType.INT64);
            assertThat(row.valueType()).isEqualTo(DataType.FP32);
            assertThat(new ArrayList<Object>(row.entries().keySet())).containsExactly(0L, 1L, 2L);
            assertThat((Float) row.entries().get(0L)).isCloseTo(0.9993f, within(0.001f));
        }
    }

    @Test
    void givesSequencesOfTensors() {
        try (Session session = load(TestModels.sequenceOutput(DataType.FP32, "n"))) {
            Value.Sequence sequence =
                    (Value.Sequence) run(session, floats(new long[] {1}, 7)).getFirst();

            assertThat(sequence.elements())
                    .hasSize(2)
                    .allSatisfy(element ->
                            assertThat(((Tensor) element).data().getFloat(0)).isEqualTo(7f));
        }
    }

    @Test
    void takesScalarsAndEmptyTensors() {
        try (Session session = load(TestModels.scalar())) {
            assertThat(tensor(run(session, floats(new long[] {}, 7))).shape()).isEmpty();
        }
        try (Session session = load(TestModels.identity(DataType.FP32, "n", 4))) {
            assertThat(tensor(run(session, floats(new long[] {0, 4}))).shape()).containsExactly(0, 4);
        }
        try (Session session = load(TestModels.identity(DataType.BYTES, "n"))) {
            assertThat(tensor(run(session, Tensor.ofStrings(new long[] {0}, PackedStrings.of())))
                            .strings())
                    .isEmpty();
        }
        try (Session session = load(TestModels.identity(DataType.BYTES))) {
            assertThat(tensor(run(session, Tensor.ofStrings(new long[] {}, PackedStrings.of("one"))))
                            .strings())
                    .containsExactly("one");
        }
    }

    @Test
    void takesSeveralInputsInTheOrderOfTheSignature() {
        try (Session session = load(TestModels.concat())) {
            List<Value> outputs = session.run(
                    List.of(
                            floats(new long[] {1, 2}, 1, 2),
                            floats(new long[] {1, 1}, 3),
                            Tensor.ofStrings(new long[] {1, 1}, PackedStrings.of("s")),
                            Tensor.ofStrings(new long[] {1, 1}, PackedStrings.of("t"))),
                    Deadline.after(PLENTY));

            assertThat(((Tensor) outputs.get(0)).data().getFloat(8)).isEqualTo(3f);
            assertThat(((Tensor) outputs.get(1)).strings()).containsExactly("s", "t");
        }
    }

    @Test
    void lendsNumbersWhereTheyLieUntilTheyAreTaken() {
        try (Session session = load(TestModels.identity(DataType.FP32, "n"))) {
            ByteBuffer own = ByteBuffer.allocate(8);

            ByteBuffer kept = session.run(List.of(floats(new long[] {3}, 1, 2, 3)), Deadline.after(PLENTY), outputs -> {
                ByteBuffer lent = tensor(outputs).data();
                own.put(0, lent, 4, 8);
                return lent;
            });

            assertThat(kept.isDirect()).isTrue();
            assertThatThrownBy(() -> kept.get(0)).isInstanceOf(IllegalStateException.class);
            assertThat(own.order(ByteOrder.nativeOrder()).getFloat(4)).isEqualTo(3f);
            assertThatThrownBy(() -> session.run(List.of(floats(new long[] {1}, 1)), Deadline.after(PLENTY), _ -> {
                        throw new InferenceException("cannot be divided");
                    }))
                    .isInstanceOf(InferenceException.class)
                    .hasMessage("cannot be divided");
            assertThat(session.<Integer>run(
                            List.of(floats(new long[] {0})),
                            Deadline.after(PLENTY),
                            outputs -> tensor(outputs).elementCount()))
                    .isZero();
        }
    }

    @Test
    void takesHeapBuffersAndBuffersThatAreLongerThanTheirTensor() {
        ByteBuffer heap = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder()).putFloat(0, 5);

        try (Session session = load(TestModels.identity(DataType.FP32, "n"))) {
            Tensor output = tensor(run(session, Tensor.of(DataType.FP32, new long[] {1}, heap)));

            assertThat(output.data().remaining()).isEqualTo(4);
            assertThat(output.data().getFloat(0)).isEqualTo(5f);
        }
    }

    @Test
    void readsExternalDataBesideTheModel() throws IOException {
        Files.write(folder.resolve("weights.bin"), TestModels.externalWeights());

        try (Session session = load(TestModels.externalData("weights.bin"))) {
            Tensor output = tensor(run(session, floats(new long[] {1, 4}, 1, 1, 1, 1)));

            assertThat(output.data().getFloat(12)).isEqualTo(5f);
        }
    }

    @Test
    void failsWithWhatTheModelSaidAndGoesOnWorking() {
        try (Session session = load(TestModels.failing())) {
            assertThatThrownBy(() -> run(session, floats(new long[] {3}, 1, 2, 3)))
                    .isExactlyInstanceOf(InferenceException.class);

            assertThat(tensor(run(session, floats(new long[] {4}, 1, 2, 3, 4))).shape())
                    .containsExactly(2, 2);
        }
    }

    @Test
    void aFailureThatNamesANodeOfAnyLengthIsStillThatFailure() {
        String name = "n".repeat(10_000);
        byte[] failing = new OnnxWriter()
                .input("x", DataType.FP32, "n")
                .integers(name, new long[] {2}, 2, 2)
                .node("Reshape", List.of("x", name), List.of("y"))
                .output("y", DataType.FP32, 2, 2)
                .toBytes();
        byte[] refused = new OnnxWriter()
                .input("x", DataType.FP32, "n")
                .node("Add", List.of("x", name), List.of("y"))
                .output("y", DataType.FP32, "n")
                .toBytes();

        assertThatThrownBy(() -> load(refused))
                .isInstanceOf(ModelRefusedException.class)
                .cause()
                .hasMessageContaining("nnnnn");
        try (Session session = load(failing)) {
            assertThatThrownBy(() -> run(session, floats(new long[] {3}, 1, 2, 3)))
                    .isExactlyInstanceOf(InferenceException.class);
        }
    }

    @Test
    void doesNotRunWhenTheDeadlineHasPassed() {
        try (Session session = load(TestModels.failing())) {
            assertThatThrownBy(() ->
                            session.run(List.of(floats(new long[] {3}, 1, 2, 3)), Deadline.after(Duration.ZERO)))
                    .isInstanceOf(DeadlineExceededException.class);
        }
    }

    @Test
    void cutsOffARunSoonAfterItsDeadline() {
        try (Session session = load(TestModels.slow())) {
            long begin = System.nanoTime();

            assertThatThrownBy(() ->
                            session.run(List.of(floats(new long[] {1}, ROUNDS)), Deadline.after(Duration.ofMillis(50))))
                    .isInstanceOf(DeadlineExceededException.class);

            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(Duration.ofMillis(50), Duration.ofSeconds(2));
        }
    }

    @RepeatedTest(10)
    void aRunAfterOneThatWasCutOffIsNotCutOff() {
        try (Session session = load(TestModels.slow())) {
            assertThatThrownBy(() ->
                            session.run(List.of(floats(new long[] {1}, ROUNDS)), Deadline.after(Duration.ofMillis(1))))
                    .isInstanceOf(DeadlineExceededException.class);

            assertThat(tensor(run(session, floats(new long[] {1}, 100))).data().getFloat(0))
                    .isEqualTo(200f);
        }
    }

    @Test
    void runsWithoutHasteAreNeverCutOffWhileOthersAre() throws Exception {
        try (Session session = load(TestModels.slow());
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            CountDownLatch go = new CountDownLatch(1);
            List<Future<Boolean>> futures = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                boolean hasty = i % 2 == 0;
                Callable<Boolean> caller = () -> {
                    go.await();
                    for (int n = 0; n < 100; n++) {
                        if (hasty != isCutOff(session, hasty)) {
                            return false;
                        }
                    }
                    return true;
                };
                futures.add(threads.submit(caller));
            }
            go.countDown();

            assertThat(futures).allMatch(OnnxSessionTest::get);
        }
    }

    @Test
    void closingTwiceDoesNothing() {
        Session session = load(TestModels.scalar());

        session.close();
        session.close();
    }

    private static boolean isCutOff(Session session, boolean hasty) {
        float rounds = hasty ? ROUNDS : 1000;
        Duration patience = hasty ? Duration.ofMillis(1) : PLENTY;
        try {
            session.run(List.of(floats(new long[] {1}, rounds)), Deadline.after(patience));
            return false;
        } catch (DeadlineExceededException e) {
            return true;
        }
    }

    private static boolean get(Future<Boolean> future) {
        try {
            return future.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private Session load(byte[] model) {
        try {
            return RUNTIME.load(Files.write(folder.resolve("model.onnx"), model));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Value> run(Session session, Tensor input) {
        return session.run(List.of(input), Deadline.after(PLENTY));
    }

    private static Tensor tensor(List<Value> outputs) {
        return (Tensor) outputs.getFirst();
    }

    private static Tensor floats(long[] shape, float... values) {
        ByteBuffer data = direct(values.length * 4);
        data.asFloatBuffer().put(values);
        return Tensor.of(DataType.FP32, shape, data);
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
