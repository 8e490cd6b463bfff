package dev.serin.inference.testing;

import static dev.serin.inference.testing.OnnxWriter.integer;
import static dev.serin.inference.testing.OnnxWriter.integers;
import static dev.serin.inference.testing.OnnxWriter.mapType;
import static dev.serin.inference.testing.OnnxWriter.sequenceType;
import static dev.serin.inference.testing.OnnxWriter.subgraph;
import static dev.serin.inference.testing.OnnxWriter.tensorType;

import dev.serin.inference.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Small ONNX models for tests, made on the spot. A dimension is an {@link Integer} (fixed), a {@link String} (a symbol) or
 * {@link OnnxWriter#UNKNOWN}. One input is called {@code x}, one output {@code y}, unless a method says otherwise.
 */
public final class TestModels {
    private TestModels() {}

    /** y = x. */
    public static byte[] identity(DataType type, Object... dims) {
        return identity(new OnnxWriter(), type, dims);
    }

    /** y = x, of one number without dimensions. */
    public static byte[] scalar() {
        return identity(DataType.FP32);
    }

    /** y = x of FP32 [1, 4]: rows only one at a time. */
    public static byte[] fixedBatch() {
        return identity(DataType.FP32, 1, 4);
    }

    /** y = x of FP32 [batch, 4] by that version of the operator set {@code ai.onnx}. */
    public static byte[] withOpset(long version) {
        return identity(new OnnxWriter().opset(version), DataType.FP32, "batch", 4);
    }

    /** y = x of FP32 [batch, 4] in that version of the file format. */
    public static byte[] withIrVersion(long version) {
        return identity(new OnnxWriter().irVersion(version), DataType.FP32, "batch", 4);
    }

    /** y = x + 1 of FP32. */
    public static byte[] addOne(Object... dims) {
        return new OnnxWriter()
                .input("x", DataType.FP32, dims)
                .floats("one", new long[] {1}, 1)
                .node("Add", List.of("x", "one"), List.of("y"))
                .output("y", DataType.FP32, dims)
                .toBytes();
    }

    /** y = x converted to another type. */
    public static byte[] cast(DataType from, DataType to, Object... dims) {
        return new OnnxWriter()
                .input("x", from, dims)
                .node("Cast", List.of("x"), List.of("y"), integer("to", OnnxWriter.code(to)))
                .output("y", to, dims)
                .toBytes();
    }

    /**
     * Iris in small: {@code x} FP32 [batch, 4] → {@code label} INT64 [batch], {@code probabilities} FP32 [batch, 3], a
     * softmax over features 0 to 2; the greatest of them wins.
     */
    public static byte[] classifier() {
        return scores("probabilities")
                .output("label", DataType.INT64, "batch")
                .output("probabilities", DataType.FP32, "batch", 3)
                .toBytes();
    }

    /** Like {@link #classifier()}, but {@code probabilities} is seq(map(INT64, FP32)), as scikit-learn exports it. */
    public static byte[] zipMap() {
        Proto classes = integers("classlabels_int64s", 0, 1, 2);
        return scores("soft")
                .node("ai.onnx.ml", "ZipMap", List.of("soft"), List.of("probabilities"), classes)
                .output("label", DataType.INT64, "batch")
                .output("probabilities", sequenceType(mapType(DataType.INT64, tensorType(DataType.FP32))))
                .toBytes();
    }

    private static OnnxWriter scores(String softmax) {
        return new OnnxWriter()
                .input("x", DataType.FP32, "batch", 4)
                .floats("w", new long[] {4, 3}, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0)
                .node("MatMul", List.of("x", "w"), List.of("scores"))
                .node("Softmax", List.of("scores"), List.of(softmax), integer("axis", 1))
                .node("ArgMax", List.of("scores"), List.of("label"), integer("axis", 1), integer("keepdims", 0));
    }

    /**
     * Runs as long as its input says: {@code x} FP32 [batch] → {@code y} = x + n, where n, the greatest element of x, is
     * how often a loop goes round. A million rounds take about a second; 4e18 practically never ends.
     */
    public static byte[] slow() {
        OnnxWriter body = new OnnxWriter()
                .input("round", DataType.INT64)
                .input("go_on", DataType.BOOL)
                .input("value", DataType.FP32, "batch")
                .floats("one", new long[] {1}, 1)
                .node("Identity", List.of("go_on"), List.of("still"))
                .node("Add", List.of("value", "one"), List.of("next"))
                .output("still", DataType.BOOL)
                .output("next", DataType.FP32, "batch");
        return new OnnxWriter()
                .input("x", DataType.FP32, "batch")
                .node("ReduceMax", List.of("x"), List.of("greatest"), integer("keepdims", 0))
                .node("Cast", List.of("greatest"), List.of("rounds"), integer("to", 7))
                .node("Loop", List.of("rounds", "", "x"), List.of("y"), subgraph("body", body))
                .output("y", DataType.FP32, "batch")
                .toBytes();
    }

    /** y = x of FP32, after so many rounds of a loop: a thousand take about a millisecond. */
    public static byte[] busy(long rounds, Object... dims) {
        OnnxWriter body = new OnnxWriter()
                .input("round", DataType.INT64)
                .input("go_on", DataType.BOOL)
                .input("value", DataType.FP32, dims)
                .node("Identity", List.of("go_on"), List.of("still"))
                .node("Neg", List.of("value"), List.of("negative"))
                .node("Neg", List.of("negative"), List.of("next"))
                .output("still", DataType.BOOL)
                .output("next", DataType.FP32, dims);
        return new OnnxWriter()
                .input("x", DataType.FP32, dims)
                .integers("rounds", new long[] {1}, rounds)
                .node("Loop", List.of("rounds", "", "x"), List.of("y"), subgraph("body", body))
                .output("y", DataType.FP32, dims)
                .toBytes();
    }

    /**
     * Several inputs: {@code a} FP32 [batch, 2] and {@code b} FP32 [batch, 1] → {@code numbers} [batch, 3]; {@code s} and
     * {@code t} BYTES [batch, 1] → {@code texts} [batch, 2].
     */
    public static byte[] concat() {
        return new OnnxWriter()
                .input("a", DataType.FP32, "batch", 2)
                .input("b", DataType.FP32, "batch", 1)
                .input("s", DataType.BYTES, "batch", 1)
                .input("t", DataType.BYTES, "batch", 1)
                .node("Concat", List.of("a", "b"), List.of("numbers"), integer("axis", 1))
                .node("Concat", List.of("s", "t"), List.of("texts"), integer("axis", 1))
                .output("numbers", DataType.FP32, "batch", 3)
                .output("texts", DataType.BYTES, "batch", 2)
                .toBytes();
    }

    /** y = x transposed: FP32 [batch, 4] → [4, batch], so rows go in that do not come out. */
    public static byte[] transpose() {
        return new OnnxWriter()
                .input("x", DataType.FP32, "batch", 4)
                .node("Transpose", List.of("x"), List.of("y"), integers("perm", 1, 0))
                .output("y", DataType.FP32, 4, "batch")
                .toBytes();
    }

    /** y = x minus the mean of all rows, FP32 [batch, 4]: by its shapes batchable, but a row's answer depends on the others. */
    public static byte[] mixingRows() {
        return new OnnxWriter()
                .input("x", DataType.FP32, "batch", 4)
                .node("ReduceMean", List.of("x"), List.of("mean"), integers("axes", 0))
                .node("Sub", List.of("x", "mean"), List.of("y"))
                .output("y", DataType.FP32, "batch", 4)
                .toBytes();
    }

    /**
     * y = x by way of 8 bits, FP32 [batch, 4]: what each of the 256 steps is worth is read from the smallest and the largest
     * number of all rows, as dynamic quantization does before each product.
     */
    public static byte[] quantizingRows() {
        return new OnnxWriter()
                .input("x", DataType.FP32, "batch", 4)
                .node("DynamicQuantizeLinear", List.of("x"), List.of("bytes", "scale", "zero"))
                .node("DequantizeLinear", List.of("bytes", "scale", "zero"), List.of("y"))
                .output("y", DataType.FP32, "batch", 4)
                .toBytes();
    }

    /** y = x plus noise, FP32 [batch, 4]: other noise in each run. */
    public static byte[] noisy() {
        return new OnnxWriter()
                .input("x", DataType.FP32, "batch", 4)
                .node("RandomUniformLike", List.of("x"), List.of("noise"))
                .node("Add", List.of("x", "noise"), List.of("y"))
                .output("y", DataType.FP32, "batch", 4)
                .toBytes();
    }

    /** y = x + w of FP32 [batch, 4], where w lies in a file beside the model: {@link #externalWeights()}. */
    public static byte[] externalData(String location) {
        return externalData(location, 0, 16);
    }

    /** The same with that offset and length in the file. */
    public static byte[] externalData(String location, long offset, long length) {
        return new OnnxWriter()
                .input("x", DataType.FP32, "batch", 4)
                .external("w", DataType.FP32, new long[] {4}, location, offset, length)
                .node("Add", List.of("x", "w"), List.of("y"))
                .output("y", DataType.FP32, "batch", 4)
                .toBytes();
    }

    /** Content for the file that {@link #externalData} names: the weights 1, 2, 3, 4. */
    public static byte[] externalWeights() {
        ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(new float[] {1, 2, 3, 4});
        return bytes.array();
    }

    /** y = as many zeros as x INT64 [1] says: an output bomb. */
    public static byte[] zeros() {
        return new OnnxWriter()
                .input("x", DataType.INT64, 1)
                .node("ConstantOfShape", List.of("x"), List.of("y"))
                .output("y", DataType.FP32, "n")
                .toBytes();
    }

    /** y = x FP32 [n] reshaped to [2, 2]: fails in the run unless x has 4 elements. */
    public static byte[] failing() {
        return failing("n");
    }

    /** The same of other dimensions: of [batch, 4] it takes one row, and fails on two. */
    public static byte[] failing(Object... dims) {
        return new OnnxWriter()
                .input("x", DataType.FP32, dims)
                .integers("shape", new long[] {2}, 2, 2)
                .node("Reshape", List.of("x", "shape"), List.of("y"))
                .output("y", DataType.FP32, 2, 2)
                .toBytes();
    }

    /** y = [x, x] as a sequence of tensors. */
    public static byte[] sequenceOutput(DataType type, Object... dims) {
        return new OnnxWriter()
                .input("x", type, dims)
                .node("SequenceConstruct", List.of("x", "x"), List.of("y"))
                .output("y", sequenceType(tensorType(type, dims)))
                .toBytes();
    }

    /** Takes a sequence, which cannot be fed. */
    public static byte[] sequenceInput() {
        return new OnnxWriter()
                .input("x", sequenceType(tensorType(DataType.FP32, "n")))
                .node("SequenceLength", List.of("x"), List.of("y"))
                .output("y", DataType.INT64)
                .toBytes();
    }

    /** Takes a map, which cannot be fed. */
    public static byte[] mapInput() {
        return new OnnxWriter()
                .input("x", mapType(DataType.BYTES, tensorType(DataType.FP32)))
                .node(
                        "ai.onnx.ml",
                        "DictVectorizer",
                        List.of("x"),
                        List.of("y"),
                        OnnxWriter.texts("string_vocabulary", "a", "b"))
                .output("y", DataType.FP32, 1, 2)
                .toBytes();
    }

    private static byte[] identity(OnnxWriter model, DataType type, Object... dims) {
        return model.input("x", type, dims)
                .node("Identity", List.of("x"), List.of("y"))
                .output("y", type, dims)
                .toBytes();
    }
}
