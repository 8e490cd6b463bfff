package dev.serin.benchmarks;

import static dev.serin.benchmarks.Limit.atLeast;
import static dev.serin.benchmarks.Limit.atMost;

import java.io.IOException;
import java.util.List;

/** Rows of callers who do not pause, against the echo with the same bodies. */
final class HttpRows {
    private HttpRows() {}

    static List<Row> all() {
        return List.of(
                ratio("iris-32", "one row of iris as JSON, 32 connections", Samples.IRIS, 32, 0.80),
                ratio("iris-128", "one row of iris as JSON, 128 connections", Samples.IRIS, 128, 0.80),
                Row.of(
                        "iris-1",
                        "one row of iris as JSON, one connection",
                        List.of(atMost("p50_over_echo_us", 20)),
                        warm(Samples.IRIS, 1),
                        bench -> {
                            Pair pair = Pair.measure(bench, Samples.IRIS, 1);
                            return Figures.of(
                                            "p50_over_echo_us",
                                            pair.gateway().p50Micros()
                                                    - pair.echo().p50Micros())
                                    .and("echo_p50_us", pair.echo().p50Micros())
                                    .and("gateway_p50_us", pair.gateway().p50Micros())
                                    .and("echo_p99_us", pair.echo().p99Micros())
                                    .and("gateway_p99_us", pair.gateway().p99Micros())
                                    .and("refused", pair.gateway().refused());
                        }),
                ratio("rows-100", "a hundred rows of iris as JSON, 32 connections", Samples.HUNDRED_ROWS, 32, 0.70),
                ratio(
                        "tensor-600k",
                        "150,000 FP32 through an identity as bytes, 8 connections",
                        Samples.TENSOR,
                        8,
                        0.90));
    }

    private static Row ratio(String name, String what, Question question, int connections, double least) {
        return Row.of(name, what, List.of(atLeast("ratio", least)), warm(question, connections), bench -> {
            Pair pair = Pair.measure(bench, question, connections);
            if (question == Samples.IRIS && connections == Bench.CONNECTIONS) {
                bench.echoRate(pair.echo().perSecond());
                bench.irisRate(pair.gateway().perSecond());
            }
            return Figures.of("ratio", pair.gateway().perSecond() / pair.echo().perSecond())
                    .and("echo_per_second", pair.echo().perSecond())
                    .and("gateway_per_second", pair.gateway().perSecond())
                    .and("echo_p50_us", pair.echo().p50Micros())
                    .and("gateway_p50_us", pair.gateway().p50Micros())
                    .and("echo_p99_us", pair.echo().p99Micros())
                    .and("gateway_p99_us", pair.gateway().p99Micros())
                    .and("refused", pair.gateway().refused());
        });
    }

    /** A body of another form runs other code, which has to be compiled too. */
    private static Row.Preparation warm(Question question, int connections) {
        return bench -> {
            bench.warm(bench.echo(), question.echoed().request(), connections);
            bench.warm(bench.gateway(), question.request(), connections);
        };
    }

    /** The echo and the gateway, one after the other. */
    private record Pair(Rate echo, Rate gateway) {
        static Pair measure(Bench bench, Question question, int connections) throws IOException, InterruptedException {
            Question echoed = question.echoed();
            bench.verify(bench.echo(), echoed);
            bench.verify(bench.gateway(), question);
            Rate echo = bench.closed(bench.echo(), echoed.request(), connections);
            Rate gateway = bench.closed(bench.gateway(), question.request(), connections);
            bench.verify(bench.gateway(), question);
            return new Pair(echo, gateway);
        }
    }
}
