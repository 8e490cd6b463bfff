package dev.serin.benchmarks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/** What is asked again and again. */
final class Samples {
    /** A setosa, which every version of the sample model knows for one. */
    static final Question IRIS = Question.containing(
            Request.json("/models/iris/predict", "{\"instances\": [[5.1, 3.5, 1.4, 0.2]]}"), "\"label\":0");

    static final Question HUNDRED_ROWS = hundredRows();

    static final Question TENSOR = tensor();

    /** Models of about two milliseconds: the first is the one under load, the others are the quiet ones. */
    static final List<String> BUSY = List.of("busy", "quiet-1", "quiet-2", "quiet-3", "quiet-4");

    /** Two models that are the same, of which the latter runs each request alone. */
    static final String TOGETHER = "perceptron";

    static final String ALONE = "perceptron-alone";

    private static final long SEED = 7;
    private static final int ROWS = 100;

    private Samples() {}

    static Question busy(String model) {
        return Question.containing(
                Request.json("/models/" + model + "/predict", "{\"inputs\":{\"x\":[[1,2,3,4]]}}"), "[1.0,2.0,3.0,4.0]");
    }

    static Request perceptron(String model) {
        return Request.json("/models/" + model + "/predict", "{\"instances\":[[0.1,0.2,0.3,0.4]]}");
    }

    /** An image of noise for the CNN. */
    static Request image() {
        return Request.tensor("cnn", "[1,3,%d,%<d]".formatted(Models.CNN_SIDE), bytes(imageFloats()));
    }

    static float[] imageFloats() {
        return Models.weights(3 * Models.CNN_SIDE * Models.CNN_SIDE, SEED);
    }

    private static Question tensor() {
        byte[] floats = bytes(Models.weights(Models.TENSOR_FLOATS, SEED));
        return Question.endingWith(Request.tensor("identity", "[%d]".formatted(Models.TENSOR_FLOATS), floats), floats);
    }

    private static Question hundredRows() {
        float[] numbers = Models.weights(ROWS * 4, SEED);
        StringJoiner rows = new StringJoiner(", ", "{\"instances\": [", "]}");
        for (int i = 0; i < ROWS; i++) {
            rows.add(String.format(
                    Locale.ROOT,
                    "[%.1f, %.1f, %.1f, %.1f]",
                    5.9 + 1.5 * numbers[4 * i],
                    3.1 + numbers[4 * i + 1],
                    3.9 + 2.5 * numbers[4 * i + 2],
                    1.3 + 1.1 * numbers[4 * i + 3]));
        }
        Request request = Request.json("/models/iris/predict", rows.toString());
        return new Question(
                request, body -> count(body, "\"label\":") == ROWS, "a prediction for each of %d rows".formatted(ROWS));
    }

    private static int count(byte[] body, String text) {
        return new String(body, StandardCharsets.UTF_8).split(text, -1).length - 1;
    }

    static byte[] bytes(float[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        return bytes.array();
    }
}
