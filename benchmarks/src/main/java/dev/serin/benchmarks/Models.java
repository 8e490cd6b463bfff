package dev.serin.benchmarks;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.inference.DataType;
import dev.serin.inference.testing.OnnxWriter;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.Publisher;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.VersionId;
import dev.serin.registry.directory.DirectoryRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;

/** A registry of models that are made for rows, with the same weights each time. */
final class Models {
    static final int CNN_SIDE = 224;
    static final int CNN_CLASSES = 10;
    static final int TENSOR_FLOATS = 150_000;
    static final int LARGE_ROWS = 25_600;
    static final int LARGE_COLUMNS = 1_024;
    private static final int SMALL_FLOATS = 250_000;
    private static final int PERCEPTRON_WIDTH = 1_448;

    /** A thousand rounds take about a millisecond. */
    private static final int BUSY_ROUNDS = 2_000;

    private static final long SEED = 20_261_126;

    private final Path root;
    private final Path work;

    Models(Path root, Path work) throws IOException {
        this.root = Files.createDirectories(root);
        this.work = work;
    }

    Path root() {
        return root;
    }

    /** A copy of a model of the sample registry. */
    void copy(Path model) throws IOException {
        Path to = root.resolve(model.getFileName().toString());
        try (Stream<Path> files = Files.walk(model)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(model.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }

    void publish(String model, String version, byte[] onnx) throws IOException {
        Path file = Files.write(work.resolve("publish.onnx"), onnx);
        TreeMap<ArtifactPath, Path> files = new TreeMap<>();
        files.put(ArtifactPath.MODEL, file);
        try (DirectoryRegistry registry = DirectoryRegistry.open(root, root.toString(), RegistryListener.NONE)) {
            new Publisher(registry, InstantSource.system())
                    .publish(new Publisher.Request(
                            new VersionId(new ModelName(model), new ModelVersion(version)),
                            files,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            JsonNodeFactory.instance.objectNode(),
                            "benchmarks"));
        } finally {
            Files.delete(file);
        }
    }

    /** Puts a model there as people do by hand: a gateway serves it after two equal looks. */
    void copyIn(String model, String version, byte[] onnx) throws IOException {
        Files.write(
                Files.createDirectories(root.resolve(model).resolve(version)).resolve("model.onnx"), onnx);
    }

    void policy(String model, String json) throws IOException {
        Files.writeString(root.resolve(model).resolve("model.json"), json);
    }

    /** {@return y = x of 600 KB, which is not put together with others: its first dimension counts the numbers} */
    static byte[] identity() {
        return TestModels.identity(DataType.FP32, "n");
    }

    /** {@return about two milliseconds a run, of one row only, so that a run is what it is under any load} */
    static byte[] busy() {
        return TestModels.busy(BUSY_ROUNDS, 1, 4);
    }

    /**
     * {@return a hundred megabytes: {@code x} INT64 [batch] → {@code y} FP32 [batch, 1024], that row of the weights}
     * The version is in the weights, which so differ.
     */
    static byte[] large(int version) {
        return new OnnxWriter()
                .input("x", DataType.INT64, "batch")
                .floats(
                        "w",
                        new long[] {LARGE_ROWS, LARGE_COLUMNS},
                        weights(LARGE_ROWS * LARGE_COLUMNS, largeSeed(version)))
                .node("Gather", List.of("w", "x"), List.of("y"))
                .output("y", DataType.FP32, "batch", LARGE_COLUMNS)
                .toBytes();
    }

    /** {@return where the weights of that version come from: its first row begins with the first of them} */
    static long largeSeed(int version) {
        return SEED + version;
    }

    /** {@return a megabyte: {@code x} INT64 [batch, 4] → {@code y} FP32 [batch, 4], of weights that all are this number} */
    static byte[] small(int number) {
        float[] weights = new float[SMALL_FLOATS];
        Arrays.fill(weights, number);
        return new OnnxWriter()
                .input("x", DataType.INT64, "batch", 4)
                .floats("w", new long[] {SMALL_FLOATS}, weights)
                .node("Gather", List.of("w", "x"), List.of("y"))
                .output("y", DataType.FP32, "batch", 4)
                .toBytes();
    }

    /** {@return a network of six convolutions: {@code x} FP32 [batch, 3, 224, 224] → {@code y} FP32 [batch, 10], some 5 ms a run} */
    static byte[] cnn() {
        OnnxWriter model = new OnnxWriter().input("x", DataType.FP32, "batch", 3, CNN_SIDE, CNN_SIDE);
        String last = "x";
        int[] channels = {3, 32, 64, 64, 64, 64, 64};
        int[] strides = {2, 2, 2, 1, 1, 1};
        for (int i = 0; i < strides.length; i++) {
            int in = channels[i];
            int out = channels[i + 1];
            model.floats("w" + i, new long[] {out, in, 3, 3}, scaled(weights(out * in * 9, SEED + i), in * 9))
                    .node(
                            "Conv",
                            List.of(last, "w" + i),
                            List.of("c" + i),
                            OnnxWriter.integers("kernel_shape", 3, 3),
                            OnnxWriter.integers("pads", 1, 1, 1, 1),
                            OnnxWriter.integers("strides", strides[i], strides[i]))
                    .node("Relu", List.of("c" + i), List.of("r" + i));
            last = "r" + i;
        }
        int width = channels[channels.length - 1];
        return model.node("GlobalAveragePool", List.of(last), List.of("mean"))
                .node("Flatten", List.of("mean"), List.of("flat"), OnnxWriter.integer("axis", 1))
                .floats("dense", new long[] {width, CNN_CLASSES}, scaled(weights(width * CNN_CLASSES, SEED), width))
                .node("MatMul", List.of("flat", "dense"), List.of("y"))
                .output("y", DataType.FP32, "batch", CNN_CLASSES)
                .toBytes();
    }

    /** {@return a perceptron of 8 MB: {@code x} FP32 [batch, 4] → {@code y} FP32 [batch, 4], whose weights cost more than a row} */
    static byte[] perceptron() {
        OnnxWriter model = new OnnxWriter().input("x", DataType.FP32, "batch", 4);
        int[] widths = {4, PERCEPTRON_WIDTH, PERCEPTRON_WIDTH, 4};
        String last = "x";
        for (int i = 0; i + 1 < widths.length; i++) {
            int in = widths[i];
            int out = widths[i + 1];
            model.floats("w" + i, new long[] {in, out}, scaled(weights(in * out, SEED + i), in))
                    .node("MatMul", List.of(last, "w" + i), List.of("m" + i))
                    .node("Tanh", List.of("m" + i), List.of("t" + i));
            last = "t" + i;
        }
        return model.node("Identity", List.of(last), List.of("y"))
                .output("y", DataType.FP32, "batch", 4)
                .toBytes();
    }

    /** {@return numbers between -1 and 1, the same for a seed} */
    static float[] weights(int count, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        float[] weights = new float[count];
        for (int i = 0; i < count; i++) {
            weights[i] = random.nextFloat(-1, 1);
        }
        return weights;
    }

    private static float[] scaled(float[] weights, int fanIn) {
        float scale = (float) Math.sqrt(6.0 / fanIn);
        for (int i = 0; i < weights.length; i++) {
            weights[i] *= scale;
        }
        return weights;
    }
}
