package dev.serin.benchmarks;

import static dev.serin.benchmarks.Limit.atLeast;

import java.io.IOException;
import java.util.List;

/** Rows against what one writes by hand with FastAPI, with the same bodies to the same paths. Extra, by an option. */
final class PeerRows {
    private PeerRows() {}

    static List<Row> all() {
        return List.of(
                row("fastapi-iris", "one row of iris as JSON", Samples.IRIS, 8),
                row("fastapi-rows-100", "a hundred rows of iris as JSON", Samples.HUNDRED_ROWS, 6),
                row("fastapi-tensor-600k", "150,000 FP32 as bytes", Samples.TENSOR, 3.5));
    }

    private static Row row(String name, String what, Question question, double least) {
        return Row.of(
                name,
                what + ", %d connections, as a multiple of FastAPI's rate".formatted(Bench.CONNECTIONS),
                List.of(atLeast("times", least)),
                bench -> {
                    bench.warm(bench.fastApi(), question.request(), Bench.CONNECTIONS);
                    bench.warm(bench.gateway(), question.request(), Bench.CONNECTIONS);
                },
                bench -> measure(bench, question));
    }

    private static Figures measure(Bench bench, Question question) throws IOException, InterruptedException {
        bench.verify(bench.fastApi(), question);
        bench.verify(bench.gateway(), question);
        Rate peer = bench.closed(bench.fastApi(), question.request(), Bench.CONNECTIONS);
        Rate gateway = bench.closed(bench.gateway(), question.request(), Bench.CONNECTIONS);
        bench.verify(bench.fastApi(), question);
        bench.verify(bench.gateway(), question);
        return Figures.of("times", gateway.perSecond() / peer.perSecond())
                .and("fastapi_per_second", peer.perSecond())
                .and("gateway_per_second", gateway.perSecond())
                .and("fastapi_p50_us", peer.p50Micros())
                .and("gateway_p50_us", gateway.p50Micros())
                .and("fastapi_p99_us", peer.p99Micros())
                .and("gateway_p99_us", gateway.p99Micros());
    }
}
