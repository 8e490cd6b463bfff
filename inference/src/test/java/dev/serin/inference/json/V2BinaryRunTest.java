package dev.serin.inference.json;

import static dev.serin.inference.json.Signatures.port;
import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.Session;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tensors that lie in a body's buffer go through ONNX Runtime. */
class V2BinaryRunTest {
    private static final OnnxRuntime RUNTIME = OnnxRuntime.start(1);

    @TempDir
    private Path folder;

    private final BufferPool pool = new BufferPool();

    @AfterAll
    static void stop() {
        RUNTIME.close();
    }

    @ParameterizedTest
    @EnumSource
    void whatAModelIsFedInBytesItGivesBackInBytes(DataType type) throws IOException {
        byte[] blob = type == DataType.BYTES ? V2Divided.strings("a\0b", "", "grün") : new byte[3 * type.byteSize()];
        for (int i = 0; i < blob.length && type != DataType.BYTES; i++) {
            blob[i] = (byte) (type == DataType.BOOL ? i % 2 : i + 1);
        }
        Signature signature = new Signature(List.of(port("skipped", type, 3), port("x", type, "n")), List.of());
        String input = "{'name': '%s', 'shape': [3], 'datatype': '%s', 'parameters': {'binary_data_size': %d}}";

        V2Json.Request request = V2Divided.read(
                signature,
                pool,
                "{'parameters': {'binary_data_output': true}, 'inputs': [%s, %s]}"
                        .formatted(
                                input.formatted("skipped", type, blob.length), input.formatted("x", type, blob.length)),
                blob,
                blob);
        try (Session session =
                RUNTIME.load(Files.write(folder.resolve("model.onnx"), TestModels.identity(type, "n")))) {
            List<Value> outputs =
                    session.run(List.of(request.inputs().getLast()), Deadline.after(Duration.ofSeconds(30)));

            assertThat(V2Divided.write(request, session.signature(), outputs.getFirst())
                            .bytes())
                    .isEqualTo(blob);
        }
        request.inputs().forEach(Tensor::close);
        assertThat(pool.lent()).isZero();
    }
}
