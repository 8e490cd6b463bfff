package dev.serin.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.serin.inference.DataType;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.testing.OnnxWriter;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RefusalsTest {
    private static final OnnxRuntime RUNTIME = OnnxRuntime.start(1);

    @TempDir
    private Path folder;

    @AfterAll
    static void stop() {
        RUNTIME.close();
    }

    static Stream<Arguments> refusals() {
        byte[] good = TestModels.addOne("n", 4);
        String noModel =
                "model.onnx is not an ONNX model, or was not copied to its end; compare its size with the original";
        String check = "; onnx.checker.check_model(model, full_check=True) tells more";
        return Stream.of(
                arguments("garbage", new byte[] {1, 2, 3}, noModel),
                arguments("a page", "<html>not found".getBytes(StandardCharsets.UTF_8), noModel),
                arguments("half a model", Arrays.copyOf(good, good.length / 2), noModel),
                arguments("nothing", new byte[0], "model.onnx has no graph; was it copied to its end?"),
                arguments(
                        "an operator that nobody knows",
                        unary("", "Frobnicate", DataType.FP32, DataType.FP32).toBytes(),
                        "model.onnx uses the operator Frobnicate of operator set 17, which this build does not have;"
                                + " export it with operators of ai.onnx and ai.onnx.ml"),
                arguments(
                        "an operator of somebody's own",
                        unary("com.acme", "Frob", DataType.FP32, DataType.FP32)
                                .domain("com.acme")
                                .toBytes(),
                        "model.onnx uses the operator com.acme:Frob, which this build does not have; export it with"
                                + " operators of ai.onnx and ai.onnx.ml"),
                arguments(
                        "a domain without version",
                        unary("com.acme", "Frob", DataType.FP32, DataType.FP32).toBytes(),
                        "model.onnx uses operators of com.acme without naming the version of that operator set"),
                arguments(
                        "a type that an operator does not take",
                        unary("", "Sqrt", DataType.BYTES, DataType.BYTES).toBytes(),
                        "model.onnx is not a valid graph: 'x' is tensor(string), which the operator Sqrt does not take"
                                + check),
                arguments(
                        "an output of another type",
                        unary("", "Identity", DataType.FP32, DataType.INT64).toBytes(),
                        "model.onnx is not a valid graph: 'y' is declared as tensor(int64) and comes out as"
                                + " tensor(float)"
                                + check),
                arguments(
                        "an input from nowhere",
                        new OnnxWriter()
                                .input("x", DataType.FP32, "n")
                                .node("Add", List.of("x", "nowhere"), List.of("y"))
                                .output("y", DataType.FP32, "n")
                                .toBytes(),
                        "model.onnx is not a valid graph: a node takes 'nowhere', which no other gives" + check),
                arguments(
                        "a name that is no plain word",
                        unary("", "<b>/etc/passwd</b>", DataType.FP32, DataType.FP32)
                                .toBytes(),
                        "model.onnx is not a valid graph" + check),
                arguments(
                        "external data outside",
                        TestModels.externalData("../weights.bin"),
                        "model.onnx names external data that cannot be read; they must be regular files of the same"
                                + " version, beside it"),
                arguments(
                        "a ring",
                        new OnnxWriter()
                                .input("x", DataType.FP32, "n")
                                .node("Add", List.of("x", "z"), List.of("y"))
                                .node("Add", List.of("x", "y"), List.of("z"))
                                .output("y", DataType.FP32, "n")
                                .toBytes(),
                        "model.onnx is not a valid graph" + check));
    }

    private static OnnxWriter unary(String domain, String operator, DataType from, DataType to) {
        return new OnnxWriter()
                .input("x", from, "n")
                .node(domain, operator, List.of("x"), List.of("y"))
                .output("y", to, "n");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void saysWhatIsWrongInOurWordsAndKeepsTheNativeOnesAsTheCause(String what, byte[] model, String sentence)
            throws IOException {
        Path file = Files.write(folder.resolve("model.onnx"), model);

        ModelRefusedException refusal = catchThrowableOfType(ModelRefusedException.class, () -> RUNTIME.load(file));

        assertThat(refusal)
                .hasMessage(sentence)
                .hasCauseInstanceOf(OrtFailure.class)
                .message()
                .doesNotContain(folder.toString(), "/", "onnxruntime", "Status Message", "Error code");
    }

    @Test
    void aFileThatIsNotThereIsSaidToBeSo() {
        assertThatThrownBy(() -> RUNTIME.load(folder.resolve("none.onnx"))).hasMessage("none.onnx is not there");
    }

    /** Wording of another version must cost the detail and nothing else. */
    @ParameterizedTest
    @EnumSource(OrtFailure.Code.class)
    void everyKindHasASentenceWhateverTheLibrarySays(OrtFailure.Code code) {
        String said = "Status Message: /onnxruntime_src/core/graph.cc:177 /srv/x/model.onnx is odd";

        assertThat(Refusals.of("model.onnx", new OrtFailure(code, said)).getMessage())
                .startsWith("model.onnx ")
                .doesNotContain("Status", "/");
    }
}
