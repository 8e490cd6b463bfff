package dev.serin.inference.modelfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.serin.inference.DataType;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Session;
import dev.serin.inference.Signature.Dimension.Unknown;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.inference.testing.OnnxWriter;
import dev.serin.inference.testing.Proto;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFileTest {
    @TempDir
    private Path folder;

    @Test
    void readsVersionsSignatureAndSize() {
        ModelFile file = read(TestModels.classifier());

        assertThat(file.irVersion()).isEqualTo(8);
        assertThat(file.opsets()).isEqualTo(Map.of("ai.onnx", 17L, "ai.onnx.ml", 3L));
        assertThat(file.nodeCount()).isEqualTo(3);
        assertThat(file.externalData()).isEmpty();
    }

    static Stream<byte[]> models() {
        return Stream.of(
                TestModels.classifier(),
                TestModels.zipMap(),
                TestModels.scalar(),
                TestModels.fixedBatch(),
                TestModels.slow(),
                TestModels.concat(),
                TestModels.transpose(),
                TestModels.mixingRows(),
                TestModels.zeros(),
                TestModels.failing(),
                TestModels.identity(DataType.BYTES, "n", OnnxWriter.UNKNOWN, 3),
                TestModels.sequenceOutput(DataType.FP64, "n"));
    }

    @ParameterizedTest
    @MethodSource("models")
    void agreesWithTheLibraryOnTheSignature(byte[] model) {
        try (OnnxRuntime runtime = OnnxRuntime.start(1);
                Session session = runtime.load(write(model))) {
            assertThat(read(model).signature()).isEqualTo(session.signature());
        }
    }

    @Test
    void doesNotTakeInitializersForInputs() {
        byte[] model = new OnnxWriter()
                .irVersion(3)
                .input("x", DataType.FP32, "n")
                .input("one", DataType.FP32, 1)
                .floats("one", new long[] {1}, 1)
                .node("Add", List.of("x", "one"), List.of("y"))
                .output("y", DataType.FP32, "n")
                .toBytes();

        assertThat(read(model).signature().inputs()).extracting(Port::name).containsExactly("x");
    }

    @Test
    void takesANegativeLengthForAnyLength() {
        assertThat(read(TestModels.identity(DataType.FP32, -1)).signature().inputs())
                .containsExactly(new Port("x", new TensorType(DataType.FP32, List.of(new Unknown()))));
    }

    @Test
    void countsTheNodesOfSubgraphsAndFunctions() {
        assertThat(read(TestModels.slow()).nodeCount()).isEqualTo(5);
        assertThat(read(withFunction(TestModels.scalar(), "my.functions")).nodeCount())
                .isEqualTo(2);
    }

    @Test
    void runsExactlyTheOperatorSetsAndFormatsThatTheLibraryRuns() {
        try (OnnxRuntime runtime = OnnxRuntime.start(1)) {
            for (long version = 7; version <= 40; version++) {
                assertAgreement(runtime, TestModels.withOpset(version));
                assertAgreement(runtime, TestModels.withIrVersion(version));
                assertAgreement(runtime, mlOpset(version - 6));
            }
        }
    }

    private void assertAgreement(OnnxRuntime runtime, byte[] model) {
        assertThat(isAccepted(() -> ModelFile.read(write(model))))
                .isEqualTo(isAccepted(() -> runtime.load(write(model)).close()));
    }

    private static boolean isAccepted(Runnable load) {
        try {
            load.run();
            return true;
        } catch (ModelRefusedException e) {
            return false;
        }
    }

    private static byte[] mlOpset(long version) {
        return new OnnxWriter()
                .mlOpset(version)
                .input("x", DataType.FP32)
                .node("Identity", List.of("x"), List.of("y"))
                .output("y", DataType.FP32)
                .toBytes();
    }

    static Stream<Arguments> refusals() {
        byte[] model = TestModels.classifier();
        return Stream.of(
                argumentSet("empty", new byte[0], "model.onnx is empty"),
                argumentSet(
                        "three bytes", new byte[] {1, 2, 3}, "is not an ONNX model: it begins with the bytes 01 02 03"),
                argumentSet("a page", bytes("<html>\n<body>404"), "is not an ONNX model: it begins with '<html>'"),
                argumentSet(
                        "a pointer",
                        bytes("version https://git-lfs.github.com/spec/v1"),
                        "is not an ONNX model: it begins with 'version https://'"),
                argumentSet(
                        "a picture",
                        new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0},
                        "is not an ONNX model: it begins with the bytes 89 50 4e 47 0d 0a 1a 0a"),
                argumentSet("zeros", new byte[1 << 20], "is not an ONNX model: it begins with the bytes 00 00"),
                argumentSet(
                        "cut", Arrays.copyOf(model, model.length / 2), "model.onnx ends in the middle of its graph"),
                argumentSet("head alone", Arrays.copyOf(model, 2), "model.onnx has no graph"),
                argumentSet(
                        "new operators",
                        TestModels.withOpset(99),
                        "model.onnx uses operator set 99 of ai.onnx; this build runs 7 to 26"),
                argumentSet(
                        "old operators", TestModels.withOpset(6), "uses operator set 6 of ai.onnx; this build runs 7"),
                argumentSet("new format", TestModels.withIrVersion(14), "has IR version 14; this build reads 1 to 13"),
                argumentSet(
                        "custom operator",
                        new OnnxWriter()
                                .domain("my.ops")
                                .input("x", DataType.FP32)
                                .node("my.ops", "Mine", List.of("x"), List.of("y"))
                                .output("y", DataType.FP32)
                                .toBytes(),
                        "uses the operator 'Mine' of 'my.ops', which is not built in"),
                argumentSet(
                        "declares more than it has",
                        weight(OnnxWriter.tensor("w", DataType.FP32, 1_000_000, 1_000_000)
                                .bytes(9, new byte[16])),
                        "declares 1000000000000 elements of FLOAT in its tensor 'w' but carries 16 bytes"),
                argumentSet(
                        "declares more numbers than it has",
                        weight(OnnxWriter.tensor("w", DataType.INT32, 1000).bytes(5, new byte[8])),
                        "declares 1000 elements of INT32"),
                argumentSet(
                        "declares more strings than it has",
                        weight(OnnxWriter.tensor("w", DataType.BYTES, 1000).text(6, "a")),
                        "declares 1000 elements of STRING"),
                argumentSet(
                        "declares more than a long holds",
                        weight(OnnxWriter.tensor("w", DataType.FP32, 1L << 40, 1L << 40)),
                        "declares more elements in its tensor 'w' than exist"),
                argumentSet(
                        "negative length",
                        weight(OnnxWriter.tensor("w", DataType.FP32, -1)),
                        "has a tensor '' with an impossible shape"),
                argumentSet(
                        "unknown element type",
                        weight(new Proto().number(1, 1).number(2, 99).bytes(9, new byte[4])),
                        "unknown element type 99"),
                argumentSet(
                        "large sparse tensor",
                        sparse(new Proto().number(3, 1L << 20).number(3, 1L << 20)),
                        "has a sparse tensor of more than 268435456 elements"),
                argumentSet(
                        "complex input",
                        model("x", OnnxWriter.elementType(14, "n")),
                        "has an input 'x' that is a tensor of COMPLEX64, which this build cannot serve"),
                argumentSet(
                        "optional input",
                        model("x", OnnxWriter.optionalType(OnnxWriter.tensorType(DataType.FP32))),
                        "has an input 'x' that is optional"),
                argumentSet(
                        "input without shape",
                        model("x", OnnxWriter.shapelessType(DataType.FP32)),
                        "declares no shape for its input 'x'; export it with one"),
                argumentSet(
                        "name with a line end",
                        model("x\ny", OnnxWriter.tensorType(DataType.FP32)),
                        "has an input with the name 'x?y'"),
                argumentSet(
                        "endless name",
                        model("x".repeat(1 << 20), OnnxWriter.tensorType(DataType.FP32)),
                        "has a text of 1048576 bytes in its input"),
                argumentSet("endless types", model("x", nested(10_000)), "nests its parts more than 64 deep"),
                argumentSet("endless subgraphs", nestedSubgraphs(1_000), "nests its parts more than 64 deep"),
                argumentSet("a hundred thousand inputs", inputs(100_000), "has more than 10000 inputs and outputs"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void refusesWithAReason(byte[] model, String reason) {
        assertThatThrownBy(() -> read(model))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageStartingWith("model.onnx ")
                .hasMessageContaining(reason);
    }

    @Test
    void refusesMoreNodesThanAnyModelHas() {
        Proto graph = new Proto();
        Proto node = new Proto().text(4, "Identity");
        for (int i = 0; i <= 1_000_000; i++) {
            graph.message(1, node);
        }

        assertThatThrownBy(() -> read(new Proto().number(1, 8).message(7, graph).toBytes()))
                .hasMessageContaining("has more than 1000000 nodes");
    }

    @Test
    void refusesAFileThatIsNotThere() {
        assertThatThrownBy(() -> ModelFile.read(folder.resolve("model.onnx")))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessage("model.onnx is not there");
    }

    @Test
    void acceptsDomainsThatTheModelsOwnFunctionsDefine() {
        byte[] model = new OnnxWriter()
                .domain("my.functions")
                .input("x", DataType.FP32)
                .node("my.functions", "Mine", List.of("x"), List.of("y"))
                .output("y", DataType.FP32)
                .toBytes();

        assertThatCode(() -> read(withFunction(model, "my.functions"))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"weights.bin", "a/b/c/weights.bin", "Model.onnx_data", "w-1.0.bin"})
    void acceptsExternalDataInsideTheVersion(String location) throws IOException {
        Path file = folder.resolve(location);
        Files.createDirectories(file.getParent());
        Files.write(file, TestModels.externalWeights());

        assertThat(read(TestModels.externalData(location)).externalData()).containsExactly(location);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../weights.bin",
                "a/../weights.bin",
                "/etc/passwd",
                "a\\b",
                "C:\\w",
                "./w",
                "a//b",
                ".w",
                "a/.w",
                "w..b",
                "a/b/c/d/e",
                "*/_ORT_MEM_ADDR_/*",
                "file:///w",
                "w\u0000",
                "w b",
                "ä"
            })
    void refusesExternalDataElsewhere(String location) {
        assertThatThrownBy(() -> read(TestModels.externalData(location)))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageContaining("it may only name files of its own version");
    }

    @Test
    void refusesExternalDataThatIsMissingShortOrALink() throws IOException {
        assertThatThrownBy(() -> read(TestModels.externalData("weights.bin")))
                .hasMessage("model.onnx takes external data from 'weights.bin', which is not there");

        Files.write(folder.resolve("weights.bin"), new byte[12]);
        assertThatThrownBy(() -> read(TestModels.externalData("weights.bin")))
                .hasMessage("model.onnx takes bytes 0 to 16 of weights.bin for its tensor 'w', but that file has 12");
        assertThatThrownBy(() -> read(TestModels.externalData("weights.bin", 13, -1)))
                .hasMessageContaining("but that file has 12");
        assertThatThrownBy(() -> read(TestModels.externalData("weights.bin", 0, 8)))
                .hasMessage("model.onnx declares 16 bytes for its tensor 'w', but weights.bin gives it 8");
        assertThatThrownBy(() -> read(TestModels.externalData("weights.bin", Long.MAX_VALUE, Long.MAX_VALUE)))
                .hasMessageContaining("but that file has 12");

        Files.createDirectory(folder.resolve("folder"));
        assertThatThrownBy(() -> read(TestModels.externalData("folder"))).hasMessageContaining("which is not there");
        Files.createSymbolicLink(folder.resolve("link"), folder.resolve("weights.bin"));
        Files.createSymbolicLink(folder.resolve("linked"), folder);
        assertThatThrownBy(() -> read(TestModels.externalData("link"))).hasMessageContaining("which is a link");
        assertThatThrownBy(() -> read(TestModels.externalData("linked/weights.bin")))
                .hasMessageContaining("which is a link");
    }

    @Test
    void findsExternalDataInSubgraphsToo() {
        OnnxWriter body = new OnnxWriter()
                .external("w", DataType.FP32, new long[] {1}, "../w", 0, 4)
                .output("w", DataType.FP32, 1);
        byte[] model = new OnnxWriter()
                .input("x", DataType.BOOL)
                .node("If", List.of("x"), List.of("y"), OnnxWriter.subgraph("then_branch", body))
                .output("y", DataType.FP32, 1)
                .toBytes();

        assertThatThrownBy(() -> read(model)).hasMessageContaining("external data from '../w'");
    }

    @Test
    void givesAModelOrARefusalWhateverTheBytes() throws IOException {
        Random random = new Random(42);
        Files.write(folder.resolve("weights.bin"), TestModels.externalWeights());
        List<byte[]> models = Stream.concat(models(), Stream.of(TestModels.externalData("weights.bin")))
                .toList();
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] model = models.get(i % models.size()).clone();
            byte[] mutant = i % 3 == 0 ? Arrays.copyOf(model, random.nextInt(model.length)) : flip(model, random);
            try {
                read(mutant);
            } catch (ModelRefusedException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1_000, 4_999);
    }

    private static byte[] flip(byte[] model, Random random) {
        for (int n = random.nextInt(4); n >= 0; n--) {
            model[random.nextInt(model.length)] = (byte) random.nextInt(256);
        }
        return model;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] weight(Proto tensor) {
        return new OnnxWriter()
                .initializer(tensor)
                .input("x", DataType.FP32)
                .output("y", DataType.FP32)
                .toBytes();
    }

    private static byte[] sparse(Proto tensor) {
        return new Proto()
                .number(1, 8)
                .message(7, new Proto().message(15, tensor))
                .toBytes();
    }

    private static byte[] model(String input, Proto type) {
        return new OnnxWriter()
                .input(input, type)
                .node("Identity", List.of(input), List.of("y"))
                .output("y", DataType.FP32)
                .toBytes();
    }

    private static Proto nested(int depth) {
        Proto type = OnnxWriter.tensorType(DataType.FP32);
        for (int i = 0; i < depth; i++) {
            type = OnnxWriter.sequenceType(type);
        }
        return type;
    }

    private static byte[] nestedSubgraphs(int depth) {
        OnnxWriter graph = new OnnxWriter().output("y", DataType.FP32);
        for (int i = 0; i < depth; i++) {
            graph = new OnnxWriter()
                    .input("x", DataType.BOOL)
                    .node("If", List.of("x"), List.of("y"), OnnxWriter.subgraph("then_branch", graph))
                    .output("y", DataType.FP32);
        }
        return graph.toBytes();
    }

    private static byte[] inputs(int count) {
        OnnxWriter model = new OnnxWriter();
        for (int i = 0; i < count; i++) {
            model.input("x" + i, DataType.FP32);
        }
        return model.toBytes();
    }

    private static byte[] withFunction(byte[] model, String domain) {
        Proto function = new Proto()
                .text(1, "Mine")
                .text(4, "a")
                .text(5, "b")
                .message(7, new Proto().text(1, "a").text(2, "b").text(4, "Identity"))
                .message(9, new Proto().text(1, "").number(2, 17))
                .text(10, domain);
        byte[] tail = new Proto().message(25, function).toBytes();
        byte[] both = Arrays.copyOf(model, model.length + tail.length);
        System.arraycopy(tail, 0, both, model.length, tail.length);
        return both;
    }

    private ModelFile read(byte[] model) {
        return ModelFile.read(write(model));
    }

    private Path write(byte[] model) {
        try {
            return Files.write(folder.resolve("model.onnx"), model);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
