package dev.serin.benchmarks;

import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.Session;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.inference.onnx.OnnxRuntime.Threads;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A hundred rows of iris, a forest, by a session that shares its runs out and by one that does not; {@code -t 2} for two callers. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"})
public class ThreadsBenchmark {
    private static final int ROWS = 100;
    private static final int COLUMNS = 4;

    /** Where a run works. */
    @Param
    public Threads threads = Threads.CALLERS;

    private final OnnxRuntime runtime = OnnxRuntime.start(Runtime.getRuntime().availableProcessors());
    private final Tensor rows = rows();
    private Session forest = load();

    private static Tensor rows() {
        ByteBuffer data =
                ByteBuffer.allocateDirect(ROWS * COLUMNS * Float.BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            data.putFloat(i % 7);
        }
        return Tensor.of(DataType.FP32, new long[] {ROWS, COLUMNS}, data.clear());
    }

    private Session load() {
        return runtime.load(Path.of(System.getProperty("serin.home", "."), "models/iris/2/model.onnx"), threads);
    }

    /** Once the parameter is there. */
    @Setup
    public void loadAgain() {
        forest.close();
        forest = load();
    }

    @TearDown
    public void close() {
        forest.close();
        runtime.close();
    }

    @Benchmark
    public List<Value> run() {
        return forest.run(List.of(rows), Deadline.after(Duration.ofSeconds(10)));
    }
}
