package dev.serin.benchmarks;

import static dev.serin.benchmarks.Limit.atLeast;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** What is left of a model's own speed. */
final class ModelRows {
    private static final int CALLERS = 4;
    private static final double TOLERANCE = 1e-4; // runs of a batch add up in another order

    private ModelRows() {}

    static List<Row> all() {
        return List.of(
                Row.of(
                        "cnn",
                        "an image of 224 × 224 as bytes through a CNN, 4 connections, against the model's runs alone",
                        List.of(atLeast("ratio", 0.95)),
                        bench -> bench.warm(bench.gateway(), Samples.image(), CALLERS),
                        ModelRows::cnn),
                Row.of(
                        "batching",
                        "a perceptron of 8 MB, 32 connections, against the same where each request runs alone",
                        List.of(atLeast("times", 1)),
                        ModelRows::warmPerceptrons,
                        ModelRows::batching));
    }

    private static void warmPerceptrons(Bench bench) throws IOException, InterruptedException {
        bench.warm(bench.gateway(), Samples.perceptron(Samples.TOGETHER), Bench.CONNECTIONS);
        bench.warm(bench.gateway(), Samples.perceptron(Samples.ALONE), Bench.CONNECTIONS);
    }

    private static Figures batching(Bench bench) throws IOException, InterruptedException {
        verifyPerceptrons(bench);
        Rate alone = bench.closed(bench.gateway(), Samples.perceptron(Samples.ALONE), Bench.CONNECTIONS);
        Rate together = bench.closed(bench.gateway(), Samples.perceptron(Samples.TOGETHER), Bench.CONNECTIONS);
        verifyPerceptrons(bench);
        return Figures.of("times", together.perSecond() / alone.perSecond())
                .and("alone_per_second", alone.perSecond())
                .and("together_per_second", together.perSecond())
                .and("alone_p50_us", alone.p50Micros())
                .and("together_p50_us", together.p50Micros())
                .and("refused_alone", alone.refused())
                .and("refused_together", together.refused());
    }

    /** They are the same, so their answers are. */
    private static void verifyPerceptrons(Bench bench) throws IOException, InterruptedException {
        Server gateway = bench.gateway();
        Asker.Answer alone = bench.asker().ask(gateway.port(), Samples.perceptron(Samples.ALONE));
        Asker.Answer together = bench.asker().ask(gateway.port(), Samples.perceptron(Samples.TOGETHER));
        if (alone.status() != 200 || together.status() != 200 || !alone.text().equals(together.text())) {
            throw new WrongAnswerException("The same model answers %d %s and %d %s"
                    .formatted(alone.status(), alone.text(), together.status(), together.text()));
        }
    }

    private static Figures cnn(Bench bench) throws IOException, InterruptedException {
        Raw raw = Raw.measure(bench);
        Question question =
                new Question(Samples.image(), raw::isAnswer, "what the model gives: " + Arrays.toString(raw.answer()));
        bench.verify(bench.gateway(), question);
        Rate gateway = bench.closed(bench.gateway(), question.request(), CALLERS);
        bench.verify(bench.gateway(), question);
        return Figures.of("ratio", gateway.perSecond() / raw.perSecond())
                .and("raw_per_second", raw.perSecond())
                .and("gateway_per_second", gateway.perSecond())
                .and("run_alone_ms", raw.aloneMillis())
                .and("gateway_p50_us", gateway.p50Micros())
                .and("gateway_p99_us", gateway.p99Micros());
    }

    /** What {@link RawLoop} says. */
    private record Raw(double perSecond, double aloneMillis, double[] answer) {
        static Raw measure(Bench bench) throws IOException, InterruptedException {
            Process process = bench.installation()
                    .java(
                            "dev.serin.benchmarks.RawLoop",
                            bench.models().root().resolve("cnn/1/model.onnx").toString(),
                            Integer.toString(bench.options().seconds()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (process.waitFor() != 0) {
                    throw new IOException("The raw loop ends with " + process.exitValue());
                }
                double[] numbers = Arrays.stream(said.strip().split(" "))
                        .mapToDouble(Double::parseDouble)
                        .toArray();
                return new Raw(numbers[0], numbers[1], Arrays.copyOfRange(numbers, 2, numbers.length));
            } finally {
                process.destroy();
            }
        }

        boolean isAnswer(byte[] body) {
            int from = body.length - answer.length * Float.BYTES;
            if (from < 0) {
                return false;
            }
            ByteBuffer given =
                    ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).position(from);
            for (double right : answer) {
                if (!(Math.abs(given.getFloat() - right) <= TOLERANCE * Math.max(1, Math.abs(right)))) {
                    return false;
                }
            }
            return true;
        }
    }
}
