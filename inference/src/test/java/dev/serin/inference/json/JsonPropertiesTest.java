package dev.serin.inference.json;

import static dev.serin.inference.json.Signatures.port;
import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class JsonPropertiesTest {
    private static final Signature IRIS = Signatures.IRIS;
    private final BufferPool pool = new BufferPool();

    @Property(tries = 300)
    void tensorsOfNumbersSurviveNativeColumns(
            @ForAll("numeric") DataType type,
            @ForAll @Size(max = 4) List<@IntRange(max = 4) Integer> dims,
            @ForAll long seed) {
        long[] shape = trimmed(dims);
        Tensor tensor = random(type, shape, seed);
        Signature signature = signature(type, shape.length);

        NativeJson.Request request = readNative(signature, columns(signature, tensor));

        assertEqual(request.inputs().getFirst(), tensor);
        request.inputs().forEach(Tensor::close);
        assertThat(pool.lent()).isZero();
    }

    @Property(tries = 300)
    void tensorsOfNumbersSurviveV2(
            @ForAll("numeric") DataType type,
            @ForAll @Size(max = 4) List<@IntRange(max = 4) Integer> dims,
            @ForAll long seed) {
        long[] shape = dims.stream().mapToLong(Integer::longValue).toArray();
        Tensor tensor = random(type, shape, seed);
        Signature signature = signature(type, shape.length);

        byte[] body = bytes(v2(signature, tensor).replace("\"outputs\"", "\"inputs\""));
        V2Json.Request request = V2Json.read(body, body.length, signature, JsonLimits.DEFAULT, pool);

        assertEqual(request.inputs().getFirst(), tensor);
        request.inputs().forEach(Tensor::close);
        assertThat(pool.lent()).isZero();
    }

    @Property(tries = 300)
    void stringsSurvive(@ForAll @Size(max = 5) List<String> strings) {
        String[] valid = strings.stream()
                .map(text -> new String(bytes(text.replace('\0', ' ')), StandardCharsets.UTF_8))
                .toArray(String[]::new);
        Tensor tensor = Tensor.ofStrings(new long[] {valid.length}, PackedStrings.of(valid));
        Signature signature = signature(DataType.BYTES, 1);

        assertThat(readNative(signature, columns(signature, tensor))
                        .inputs()
                        .getFirst()
                        .strings())
                .containsExactly(valid);
    }

    @Property(tries = 2000)
    void whateverTheBodyItIsReadOrRefusedAndNoBufferIsLost(@ForAll("bodies") String body) {
        byte[] bytes = bytes(body);
        try {
            NativeJson.read(bytes, bytes.length, IRIS, JsonLimits.DEFAULT, pool)
                    .inputs()
                    .forEach(Tensor::close);
        } catch (InvalidInputException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("jackson").hasSizeLessThan(400);
        }
        assertThat(pool.lent()).isZero();
    }

    @Provide
    Arbitrary<DataType> numeric() {
        return Arbitraries.of(DataType.class).filter(type -> type != DataType.BYTES);
    }

    /** Pieces of good bodies in any order. */
    @Provide
    Arbitrary<String> bodies() {
        Arbitrary<String> pieces = Arbitraries.of(
                "{",
                "}",
                "[",
                "]",
                ",",
                ":",
                "\"inputs\"",
                "\"instances\"",
                "\"x\"",
                "\"name\"",
                "\"shape\"",
                "\"data\"",
                "\"datatype\"",
                "\"FP32\"",
                "1",
                "2.5",
                "-",
                "1e99",
                "null",
                "true",
                "NaN",
                "\"",
                "\\",
                " ",
                "\n",
                "é",
                "{\"inputs\":[",
                "{\"instances\":[[1,2,3,4]",
                "]}",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],");
        return pieces.list().ofMaxSize(20).map(list -> String.join("", list));
    }

    private NativeJson.Request readNative(Signature signature, String body) {
        return NativeJson.read(bytes(body), bytes(body).length, signature, JsonLimits.DEFAULT, pool);
    }

    private static String columns(Signature signature, Tensor tensor) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        NativeJson.write(
                new NativeJson.Request(new NativeJson.Form.Columns(), List.of()),
                new Signature(List.of(), signature.inputs()),
                List.of(tensor),
                out);
        return out.toString(StandardCharsets.UTF_8).replace("\"outputs\"", "\"inputs\"");
    }

    private static String v2(Signature signature, Tensor tensor) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        V2Json.write(
                new V2Json.Request(Optional.empty(), List.of(), List.of(), false, Optional.empty()),
                "m",
                "1",
                new Signature(List.of(), signature.inputs()),
                List.of(tensor),
                out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static Signature signature(DataType type, int rank) {
        Object[] dims = new Object[rank];
        Arrays.fill(dims, -1);
        return Signatures.of(port("x", type, dims));
    }

    /** Nested lists cannot tell what lies below an empty dimension. */
    private static long[] trimmed(List<Integer> dims) {
        return dims.stream().mapToLong(dim -> Math.max(1, dim)).toArray();
    }

    private static Tensor random(DataType type, long[] shape, long seed) {
        byte[] bytes = new byte[Tensor.elementCount(shape) * type.byteSize()];
        new Random(seed).nextBytes(bytes);
        if (type == DataType.BOOL) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] &= 1;
            }
        }
        return Tensor.of(type, shape, ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()));
    }

    private static void assertEqual(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).containsExactly(expected.shape());
        assertThat(text(actual)).isEqualTo(text(expected)); // NaN has many bit patterns
    }

    private static String text(Tensor tensor) {
        return columns(signature(tensor.dataType(), tensor.shape().length), tensor);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
