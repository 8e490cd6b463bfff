package dev.serin.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.onnx.NativeHeap;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.inference.testing.OnnxWriter;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.Digest;
import dev.serin.registry.store.StoredVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ServableLoaderTest {
    @TempDir
    Path folder;

    private final ServableLoader loader = new ServableLoader(OnnxRuntime.start(1), () -> {});

    @Test
    void aGoodModelIsWarmedAndChecked() throws IOException {
        model(TestModels.identity(DataType.FP32, "batch", 2));
        goldens("""
            {"request": {"instances": [[1, 2]]}, "response": {"predictions": [[1.0, 2.00001]]}}

            {"name": "two", "request": {"inputs": [[1, 2], [3, 4]]}, "response": {"outputs": {"y": [[1, 2], [3, 4]]}}}
            """);

        try (Servable servable = load()) {
            assertThat(servable.report().goldens()).isEqualTo(2);
            assertThat(servable.report().batchable()).isTrue();
            assertThat(servable.report().typicalRunNanos()).isPositive();
            assertThat(servable.report().example()).isEqualTo("{\"instances\":[[1,2]]}");
        }
    }

    @Test
    void aModelWithoutGoldensGetsAnExampleFromItsSignature() throws IOException {
        model(TestModels.identity(DataType.FP32, "batch", 2));

        try (Servable servable = load()) {
            assertThat(servable.report().goldens()).isZero();
            assertThat(servable.report().example()).isEqualTo("{\"instances\":[[0.0,0.0]]}");
        }
    }

    @Test
    void aGoldenThatDoesNotAgreeRefusesTheModelAndSaysWhere() throws IOException {
        model(TestModels.identity(DataType.FP32, "batch", 2));
        goldens("""
            {"request": {"instances": [[1, 2]]}, "response": {"predictions": [[1.0, 2.0]]}}
            {"name": "off", "request": {"instances": [[1, 2]]}, "response": {"predictions": [[1.0, 2.5]]}}
            """);

        assertThatThrownBy(this::load)
                .isInstanceOf(ModelRefusedException.class)
                .hasMessage(
                        "golden 'off' does not agree: /predictions/0/1 is 2.0, expected 2.5 (1 of 2 agreed before it)");
    }

    @Test
    void moreGoldensThanAModelMayBringAreRefused() throws IOException {
        model(TestModels.identity(DataType.FP32, "batch", 2));
        goldens("{\"request\": {}, \"response\": {}}\n".repeat(1_001));

        assertThatThrownBy(this::load)
                .isInstanceOf(ModelRefusedException.class)
                .hasMessage("goldens.ndjson has 1001 goldens, more than the 1000 allowed");
    }

    @Test
    void aGoldensOwnToleranceHolds() throws IOException {
        model(TestModels.identity(DataType.FP32, "batch", 2));
        goldens("{\"request\": {\"instances\": [[1, 2]]}, \"response\": {\"predictions\": [[1.0, 2.5]]},"
                + " \"absolute-tolerance\": 1}");

        load().close();
    }

    @Test
    void aGoldenThatDoesNotFitTheModelSaysSo() throws IOException {
        model(TestModels.identity(DataType.FP32, "batch", 2));
        goldens("{\"request\": {\"instances\": [[1]]}, \"response\": {\"predictions\": [[1]]}}");

        assertThatThrownBy(this::load).hasMessageContaining("its request does not fit the model");
    }

    @Test
    void aModelThatFailsOnItsOwnInputsIsRefused() throws IOException {
        model(TestModels.failing());

        assertThatThrownBy(this::load).isInstanceOf(ModelRefusedException.class);
    }

    @Test
    void aModelThatTakesLongerThanTheLoadMayIsToldSo() throws IOException {
        model(TestModels.slow());
        goldens("{\"request\": {\"instances\": [4e18]}, \"response\": {\"predictions\": [1]}}");

        assertThatThrownBy(() -> loader.load(stored(), Optional.empty(), Deadline.after(Duration.ofSeconds(3))))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessage("it was not loaded and warmed within 3 s, sessions.load-timeout");
        assertThatThrownBy(() -> loader.load(stored(), Optional.empty(), Deadline.after(Duration.ZERO)))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessage("it was not loaded and warmed within 0 s, sessions.load-timeout");
    }

    @Test
    void aModelOfFixedBatchIsNotBatchableAndSaysWhy() throws IOException {
        model(TestModels.fixedBatch());

        try (Servable servable = load()) {
            assertThat(servable.report().batchable()).isFalse();
            assertThat(servable.report().whyNotBatchable()).contains("no dynamic first dimension");
        }
    }

    @Test
    void aModelWhoseRowsDependOnEachOtherIsNotBatchableAndSaysSo() throws IOException {
        model(TestModels.mixingRows());

        try (Servable servable = load()) {
            assertThat(servable.report().batchable()).isFalse();
            assertThat(servable.report().whyNotBatchable())
                    .isEqualTo("a row's answer depends on the other rows of its batch");
        }
    }

    @Test
    void aModelThatMeasuresAllRowsByTheLargestIsNotBatchable() throws IOException {
        model(TestModels.quantizingRows());

        try (Servable servable = load()) {
            assertThat(servable.report().whyNotBatchable())
                    .isEqualTo("a row's answer depends on the other rows of its batch");
        }
    }

    @Test
    void aModelWhoseAnswersAreNoisyIsNotBatchableAndOtherRowsAreNotBlamed() throws IOException {
        model(TestModels.noisy());

        try (Servable servable = load()) {
            assertThat(servable.report().whyNotBatchable())
                    .isEqualTo("its answer to one and the same row differs from run to run");
        }
    }

    @Test
    void aModelOfWhichSeveralRowsAreTooLargeRunsAlone() throws IOException {
        model(TestModels.identity(DataType.INT8, "batch", 6 << 20));

        try (Servable servable = load()) {
            assertThat(servable.report().whyNotBatchable())
                    .isEqualTo("a batch of 3 rows is larger than a request may be");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FP16", "FP32", "FP64", "BOOL", "INT64", "BYTES"})
    void aModelThatKeepsItsRowsApartIsBatchableWhateverItsType(DataType type) throws IOException {
        model(TestModels.identity(type, "batch", 4));

        try (Servable servable = load()) {
            assertThat(servable.report().whyNotBatchable()).isEmpty();
        }
    }

    @Test
    void aSignatureThatDiffersFromTheGraphIsRefused() throws IOException {
        model(TestModels.identity(DataType.FP32, "batch", 2));
        JsonNode declared = new ObjectMapper().readTree("""
            {"inputs": [{"name": "x", "datatype": "FP32", "shape": ["batch", 3]}],
             "outputs": [{"name": "y", "datatype": "FP32", "shape": ["batch", 3]}]}
            """);

        assertThatThrownBy(() -> loader.load(stored(), Optional.of(declared), soon()))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageStartingWith("model.onnx differs from the manifest's signature: ");
    }

    @Test
    void eachRunThatIsMeasuredGivesWayFirstWhichIsNoPartOfWhatItTakes() throws IOException {
        long pause = 1_000_000; // what is no short run
        AtomicInteger times = new AtomicInteger();
        ServableLoader patient = new ServableLoader(OnnxRuntime.start(1), () -> {
            times.incrementAndGet();
            LockSupport.parkNanos(pause);
        });
        model(TestModels.identity(DataType.FP32, "batch", 2));

        try (Servable servable = patient.load(stored(), Optional.empty(), soon())) {
            assertThat(times)
                    .as("one to see whether it is short, and those of the warmup")
                    .hasValueGreaterThanOrEqualTo(17);
            assertThat(servable.report().typicalRunNanos()).isLessThan(pause);
        }
    }

    /** What a whole process takes and gives back meanwhile is megabytes; so the heap is one that grows at each look. */
    @Test
    void aLoadWeighsWhatTheNativeHeapGrewByMeanwhile() throws IOException {
        AtomicLong inUse = new AtomicLong();
        ServableLoader weighing =
                new ServableLoader(OnnxRuntime.start(1), () -> {}, () -> OptionalLong.of(inUse.addAndGet(1_000)));
        model(TestModels.identity(DataType.FP32, "batch", 2));

        try (Servable servable = weighing.load(stored(), Optional.empty(), soon())) {
            assertThat(servable.report().memoryBytes()).hasValue(1_000);
        }
    }

    @Test
    void aLoadWeighsWhatOnnxRuntimeTakesForTheWeights() throws IOException {
        assumeTrue(NativeHeap.inUse().isPresent(), "only glibc tells");
        int floats = 20_000_000; // of a size that no compiler of the JVM takes meanwhile
        model(new OnnxWriter()
                .input("x", DataType.INT64, "batch")
                .floats("w", new long[] {floats}, new float[floats])
                .node("Gather", List.of("w", "x"), List.of("y"))
                .output("y", DataType.FP32, "batch")
                .toBytes());

        try (Servable servable = load()) {
            assertThat(servable.report().memoryBytes().orElseThrow()).isBetween(40_000_000L, 120_000_000L);
        }
    }

    private Servable load() {
        return loader.load(stored(), Optional.empty(), soon());
    }

    private StoredVersion stored() {
        return new StoredVersion(new Digest("0".repeat(64)), folder, List.of(), Duration.ZERO, Duration.ZERO);
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    private void model(byte[] bytes) throws IOException {
        Files.write(folder.resolve("model.onnx"), bytes);
    }

    private void goldens(String lines) throws IOException {
        Files.writeString(folder.resolve("goldens.ndjson"), lines, StandardCharsets.UTF_8);
    }
}
