package dev.serin.benchmarks;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import dev.serin.inference.TensorBytes;
import dev.serin.inference.Value;
import dev.serin.inference.json.JsonLimits;
import dev.serin.inference.json.NativeJson;
import dev.serin.inference.json.V2Blobs;
import dev.serin.inference.json.V2Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to read requests of the shape of iris and to write their answers, with {@code -prof gc} also in bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
public class CodecBenchmark {
    private static final JsonLimits LIMITS = new JsonLimits(16, 10_000_000);
    private static final Signature IRIS = new Signature(
            List.of(port("x", DataType.FP32, 4)),
            List.of(
                    new Port("label", new TensorType(DataType.INT64, List.of(new Dimension.Symbol("batch")))),
                    port("probabilities", DataType.FP32, 3)));
    private static final Signature TEXTS =
            new Signature(List.of(port("text", DataType.BYTES, 1)), List.of(port("text", DataType.BYTES, 1)));

    /** Rows in a request. */
    @Param({"1", "100"})
    public int rows;

    private byte[] rowsBody = {};
    private byte[] v2Body = {};
    private byte[] v2Head = {};
    private byte[] v2Bytes = {};
    private byte[] textsBody = {};
    private List<Value> outputs = List.of();
    private List<Value> texts = List.of();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(64 << 10);

    private static Port port(String name, DataType type, long columns) {
        return new Port(
                name, new TensorType(type, List.of(new Dimension.Symbol("batch"), new Dimension.Fixed(columns))));
    }

    /** Measurements with a digit behind the point, as the data set has them, and probabilities as models give them. */
    @Setup
    public void make() {
        Random random = new Random(7);
        List<String> numbers = IntStream.range(0, rows * 4)
                .mapToObj(_ -> String.format(Locale.ROOT, "%.1f", random.nextDouble() * 8))
                .toList();
        rowsBody = IntStream.range(0, rows)
                .mapToObj(row -> "[" + String.join(", ", numbers.subList(row * 4, row * 4 + 4)) + "]")
                .collect(Collectors.joining(", ", "{\"instances\": [", "]}"))
                .getBytes(StandardCharsets.UTF_8);
        v2Body = "{\"inputs\": [{\"name\": \"x\", \"shape\": [%d, 4], \"datatype\": \"FP32\", \"data\": [%s]}]}"
                .formatted(rows, String.join(", ", numbers))
                .getBytes(StandardCharsets.UTF_8);
        v2Head =
                "{\"inputs\": [{\"name\": \"x\", \"shape\": [%d, 4], \"datatype\": \"FP32\", \"parameters\": {\"binary_data_size\": %d}}]}"
                        .formatted(rows, rows * 4 * Float.BYTES)
                        .getBytes(StandardCharsets.UTF_8);
        ByteBuffer floats = bytes(rows * 4 * Float.BYTES);
        numbers.forEach(number -> floats.putFloat(Float.parseFloat(number)));
        v2Bytes = floats.array();
        textsBody = IntStream.range(0, rows)
                .mapToObj(row -> "[\"a text of some words, grün und gelb, number %d\"]".formatted(row))
                .collect(Collectors.joining(", ", "{\"instances\": [", "]}"))
                .getBytes(StandardCharsets.UTF_8);
        ByteBuffer labels = bytes(rows * Long.BYTES);
        ByteBuffer probabilities = bytes(rows * 3 * Float.BYTES);
        for (int i = 0; i < rows; i++) {
            labels.putLong(i * Long.BYTES, i % 3);
        }
        for (int i = 0; i < rows * 3; i++) {
            probabilities.putFloat(i * Float.BYTES, random.nextFloat());
        }
        outputs = List.of(
                Tensor.of(DataType.INT64, new long[] {rows}, labels),
                Tensor.of(DataType.FP32, new long[] {rows, 3}, probabilities));
        String[] words = new String[rows];
        Arrays.setAll(words, i -> "a text of some words, grün und gelb, number " + i);
        texts = List.of(Tensor.ofStrings(new long[] {rows, 1}, PackedStrings.of(words)));
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }

    /** Native rows. */
    @Benchmark
    public int read() {
        return closed(NativeJson.read(rowsBody, rowsBody.length, IRIS, LIMITS).inputs());
    }

    /** Native rows of texts. */
    @Benchmark
    public int readTexts() {
        return closed(
                NativeJson.read(textsBody, textsBody.length, TEXTS, LIMITS).inputs());
    }

    /** V2, flat. */
    @Benchmark
    public int readV2() {
        return closed(V2Json.read(v2Body, v2Body.length, IRIS, LIMITS).inputs());
    }

    /** V2, the numbers as bytes behind the JSON. */
    @Benchmark
    public int readV2Bytes() throws IOException {
        try (TensorBytes bytes =
                TensorBytes.read(new ByteArrayInputStream(v2Bytes), v2Bytes.length, BufferPool.SHARED)) {
            return closed(V2Json.read(v2Head, bytes, IRIS, LIMITS).inputs());
        }
    }

    /** Native rows of a label and three probabilities. */
    @Benchmark
    public int write() {
        out.reset();
        NativeJson.write(new NativeJson.Request(new NativeJson.Form.Rows(rows), List.of()), IRIS, outputs, out);
        return out.size();
    }

    /** Native rows of texts. */
    @Benchmark
    public int writeTexts() {
        out.reset();
        NativeJson.write(new NativeJson.Request(new NativeJson.Form.Rows(rows), List.of()), TEXTS, texts, out);
        return out.size();
    }

    /** V2, flat. */
    @Benchmark
    public int writeV2() {
        out.reset();
        V2Json.write(v2Request(false), "iris", "2", IRIS, outputs, out);
        return out.size();
    }

    /** V2, the numbers as bytes behind the JSON. */
    @Benchmark
    public int writeV2Bytes() {
        out.reset();
        V2Json.Request request = v2Request(true);
        Optional<V2Blobs> blobs = V2Json.blobs(request, IRIS, outputs);
        V2Json.write(request, "iris", "2", IRIS, outputs, blobs, out);
        blobs.orElseThrow().writeTo(out);
        return out.size();
    }

    private static V2Json.Request v2Request(boolean binary) {
        return new V2Json.Request(Optional.empty(), List.of(), List.of(), binary, Optional.empty());
    }

    private static int closed(List<Tensor> inputs) {
        int elements = 0;
        for (Tensor input : inputs) {
            elements += input.elementCount();
            input.close();
        }
        return elements;
    }
}
