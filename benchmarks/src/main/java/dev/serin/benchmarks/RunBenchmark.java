package dev.serin.benchmarks;

import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Session;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a run costs by our binding, from tensors to values: with models that cost nearly nothing themselves, but for iris. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"})
public class RunBenchmark {
    private final OnnxRuntime runtime = OnnxRuntime.start(1);
    private final Session one = load(TestModels.addOne("n", 4));
    private final Session texts = load(TestModels.identity(DataType.BYTES, "n"));
    private final Session maps = load(TestModels.zipMap());
    private final Session copy = load(TestModels.identity(DataType.FP32, "n"));

    private final Tensor row = floats(1, 4);
    private final Tensor large = floats(150_000);
    private final Tensor words = Tensor.ofStrings(new long[] {8}, PackedStrings.of(words()));
    private Session iris = one;

    /** The sample model, which lies in the registry of the checkout. */
    @Setup
    public void loadIris() {
        iris = runtime.load(Path.of(System.getProperty("serin.home", "."), "models/iris/2/model.onnx"));
    }

    @TearDown
    public void close() {
        List.of(one, texts, maps, copy, iris).forEach(Session::close);
        runtime.close();
    }

    private Session load(byte[] model) {
        try {
            Path file = Files.createTempFile("serin-benchmark", ".onnx");
            try {
                return runtime.load(Files.write(file, model));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Tensor floats(long... shape) {
        int count = Tensor.elementCount(shape);
        ByteBuffer data = ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < count; i++) {
            data.putFloat(i * Float.BYTES, i % 7);
        }
        return Tensor.of(DataType.FP32, shape, data);
    }

    private static String[] words() {
        String[] words = new String[8];
        Arrays.setAll(words, i -> "a word of German: Übermaß " + i);
        return words;
    }

    private static List<Value> run(Session session, Tensor input) {
        return session.run(List.of(input), Deadline.after(Duration.ofSeconds(10)));
    }

    /** Four numbers in and out. */
    @Benchmark
    public List<Value> row() {
        return run(one, row);
    }

    /** The sample model, one row. */
    @Benchmark
    public List<Value> iris() {
        return run(iris, row);
    }

    /** 600 KB in and out. */
    @Benchmark
    public List<Value> large() {
        return run(copy, large);
    }

    /** Eight texts in and out. */
    @Benchmark
    public List<Value> texts() {
        return run(texts, words);
    }

    /** A label and a map of three classes. */
    @Benchmark
    public List<Value> maps() {
        return run(maps, row);
    }
}
