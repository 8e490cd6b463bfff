package dev.serin.benchmarks;

import static dev.serin.benchmarks.Limit.atLeast;
import static dev.serin.benchmarks.Limit.atMost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Rows of a gateway's life: its start, what it holds in memory, what it takes and gives back. Each has gateways of its own. */
final class LifeRows {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TO_LOAD = Duration.ofSeconds(60);

    private static final int EVICTIONS = 100;
    private static final int LARGE_CALLERS = 8;
    private static final int ZIPF_MODELS = 1_000;
    private static final int ZIPF_RESIDENT = 100;
    private static final int ZIPF_CALLERS = 8;

    private LifeRows() {}

    static List<Row> all() {
        return List.of(
                Row.of(
                        "start",
                        "from the start of ./serin serve, which is built, to the first right prediction of the sample"
                                + " registry",
                        List.of(atMost("seconds", 1.2)),
                        LifeRows::start, // fills the local store
                        LifeRows::start),
                Row.of(
                        "memory",
                        "a million predictions of iris: what the process grows after the first fifth",
                        List.of(atMost("growth_mb", 10)),
                        Row.Preparation.NONE,
                        LifeRows::memory),
                Row.of(
                        "evictions",
                        "a hundred evictions of a model of 100 MB: resident memory against that at the start",
                        List.of(atMost("resident_ratio", 1.10)),
                        Row.Preparation.NONE,
                        LifeRows::evictions),
                Row.of(
                        "zipf",
                        "a thousand models asked by Zipf's law with room for a hundred, against all resident",
                        List.of(atLeast("rate_ratio", 0.90), atMost("resident_over_budget", 1.15)),
                        Row.Preparation.NONE,
                        LifeRows::zipf));
    }

    /** The row of the probe, which comes last: it watched all others. */
    static Row health() {
        return Row.of(
                        "health",
                        "/health/live of each gateway, asked 20 times a second while the other rows are measured",
                        List.of(atMost("p99_ms_in_the_worst_row", 50), atMost("not_200", 0)),
                        Row.Preparation.NONE,
                        bench -> {
                            if (bench.health().figures().get("probes") == 0) {
                                bench.closed(bench.gateway(), Samples.IRIS.request(), Bench.CONNECTIONS);
                            }
                            Figures seen = bench.health().figures();
                            return seen.and("not_200", bench.health().unwell());
                        })
                .once();
    }

    private static Figures start(Bench bench) throws IOException, InterruptedException {
        int port = Installation.freePort();
        ProcessBuilder builder = bench.launch("start", bench.installation().sampleModels(), port);
        long began = System.nanoTime();
        try (Server server = bench.start("start", builder, port, 0)) {
            server.await(() -> predicts(port));
            double seconds = (System.nanoTime() - began) / 1e9;
            bench.verify(server, Samples.IRIS);
            return Figures.of("seconds", seconds);
        }
    }

    private static boolean predicts(int port) {
        Request request = Samples.IRIS.request();
        try (Caller caller = new Caller(port, request.path(), new String(request.body(), StandardCharsets.US_ASCII))) {
            caller.ask();
            return true;
        } catch (IOException e) {
            return false; // nobody listens, or it is loading
        }
    }

    private static Figures memory(Bench bench) throws IOException, InterruptedException {
        int all = bench.options().orQuick(1_000_000, 100_000);
        int first = all / 5;
        ByteBuffer wire = Samples.IRIS.request().wire();
        try (Server server = bench.gateway("memory", bench.installation().sampleModels())) {
            bench.verify(server, Samples.IRIS);
            ClosedLoop.times(server.port(), _ -> wire, Bench.CONNECTIONS, first).only200();
            double warm = server.residentMegabytes();
            Rate rate = ClosedLoop.times(server.port(), _ -> wire, Bench.CONNECTIONS, all - first)
                    .only200();
            double end = server.residentMegabytes();
            bench.verify(server, Samples.IRIS);
            return Figures.of("growth_mb", end - warm)
                    .and("resident_mb_warm", warm)
                    .and("resident_mb_end", end)
                    .and("inferences", all)
                    .and("per_second", rate.perSecond());
        }
    }

    private static Figures evictions(Bench bench) throws IOException, InterruptedException {
        Models models = bench.models("large-models");
        models.publish("large", "1", Models.large(1));
        models.publish("large", "2", Models.large(2));
        // Both named, so that neither is spared for the other's sake.
        models.policy("large", "{\"aliases\": {\"first\": \"1\", \"second\": \"2\"}}");
        try (Server server =
                bench.gateway("evictions", models.root(), "sessions.memory-limit=160MiB", "sessions.preload=none")) {
            askUntilLoaded(bench, server, 1);
            warmLarge(bench, server);
            askUntilLoaded(bench, server, 1);
            double start = server.residentMegabytes();
            double most = start;
            int wanted = bench.options().orQuick(EVICTIONS, 2);
            long began = System.nanoTime();
            int turns = 0;
            double evicted = 0;
            while (evicted < wanted) {
                askUntilLoaded(bench, server, turns % 2 == 0 ? 2 : 1);
                turns++;
                evicted = bench.asker().metric(server.managementPort(), "serin_version_evictions_total");
                most = Math.max(most, server.residentMegabytes());
            }
            double end = server.residentMegabytes();
            return Figures.of("resident_ratio", end / start)
                    .and("resident_mb_start", start)
                    .and("resident_mb_end", end)
                    .and("resident_mb_most", most)
                    .and("evictions", evicted)
                    .and("seconds_each", (System.nanoTime() - began) / 1e9 / turns);
        }
    }

    /**
     * What a JVM takes for any load is no model's, and is taken before: it fills the young generation first. The other version is
     * named, too, but has no room before it is asked for.
     */
    private static void warmLarge(Bench bench, Server server) throws IOException, InterruptedException {
        ByteBuffer wire = large(1).wire();
        bench.warm(() -> {
            ClosedLoop.Result leg = ClosedLoop.during(
                            server.port(),
                            _ -> wire,
                            LARGE_CALLERS,
                            bench.options().leg())
                    .only(200);
            return leg.count(200) / leg.seconds();
        });
    }

    private static Request large(int version) {
        return Request.json("/models/large/%d/predict".formatted(version), "{\"inputs\":{\"x\":[0]}}");
    }

    /** Asks for a version until there is room for it: one that was loaded a moment ago is not evicted for another. */
    private static void askUntilLoaded(Bench bench, Server server, int version)
            throws IOException, InterruptedException {
        Request request = large(version);
        float[] right = Models.weights(4, Models.largeSeed(version));
        long end = System.nanoTime() + TO_LOAD.toNanos();
        while (true) {
            Asker.Answer answer = bench.asker().ask(server.port(), request);
            if (answer.status() == 200) {
                JsonNode row = JSON.readTree(answer.body()).at("/outputs/y/0");
                for (int i = 0; i < right.length; i++) {
                    if (row.path(i).floatValue() != right[i]) {
                        throw new WrongAnswerException(
                                "large/%d gives %s, not %s".formatted(version, row.path(i), right[i]));
                    }
                }
                return;
            }
            if (answer.status() != 503 || System.nanoTime() > end) {
                throw new WrongAnswerException("large/%d answers %d, within %s: %s"
                        .formatted(version, answer.status(), TO_LOAD, answer.text()));
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static Figures zipf(Bench bench) throws IOException, InterruptedException {
        int count = bench.options().orQuick(ZIPF_MODELS, 200);
        Models models = bench.models("zipf-models");
        ByteBuffer[] wires = new ByteBuffer[count];
        for (int i = 0; i < count; i++) {
            models.copyIn("z" + i, "1", Models.small(i));
            wires[i] = zipfQuestion(i).request().wire();
        }
        long budget;
        String[] soon = {"registry.poll-interval=1s", "registry.full-scan-interval=1s"};
        double allResident;
        try (Server server = bench.gateway("zipf-all", models.root(), "sessions.memory-limit=8GiB", soon[0], soon[1])) {
            warmZipf(bench, server, wires);
            bench.verify(server, zipfQuestion(1));
            allResident =
                    zipfLoad(server, wires, bench.options().leg()).only200().perSecond();
            bench.verify(server, zipfQuestion(1));
            double all = bench.asker().metric(server.managementPort(), "serin_session_memory_bytes");
            budget = Math.round(all * ZIPF_RESIDENT / ZIPF_MODELS);
        }
        try (Server server = bench.gateway(
                "zipf-some",
                models.root(),
                "sessions.memory-limit=%dB".formatted(budget),
                "sessions.preload=none",
                soon[0],
                soon[1])) {
            // What a JVM takes for any load is no model's, and is taken before, while one of them answers.
            warmZipf(bench, server, new ByteBuffer[] {wires[0]});
            bench.verify(server, zipfQuestion(0));
            double withOne = server.residentMegabytes();
            warmZipf(bench, server, wires);
            bench.verify(server, zipfQuestion(1));
            double loadsBefore = loadSeconds(bench, server);
            double loadCountBefore = bench.asker().metric(server.managementPort(), "serin_version_loads_total");
            ClosedLoop.Result result =
                    zipfLoad(server, wires, bench.options().leg()).only(200, 503);
            double loads = loadSeconds(bench, server) - loadsBefore;
            double loadCount =
                    bench.asker().metric(server.managementPort(), "serin_version_loads_total") - loadCountBefore;
            long good = result.count(200);
            long refused = result.count(503);
            bench.verify(server, zipfQuestion(1));
            double rate = zipfRate(good, result.seconds(), loads);
            double rateOfTheAnswered = zipfRate(good, result.seconds(), loads + result.nanosOf(503) / 1e9);
            double grown = server.residentMegabytes() - withOne;
            return Figures.of("rate_ratio", rate / allResident)
                    .and("resident_over_budget", grown / (budget / 1e6))
                    .and("per_second_all_resident", allResident)
                    .and("per_second_without_loads", rate)
                    .and("rate_ratio_refusals_subtracted_too", rateOfTheAnswered / allResident)
                    .and("good_per_second", good / result.seconds())
                    .and("refused_per_second", refused / result.seconds())
                    .and("loads", loadCount)
                    .and("load_seconds", loads)
                    .and("budget_mb", budget / 1e6)
                    .and("grown_mb", grown);
        }
    }

    /** {@return good answers a second of the time that callers did not wait for something else} */
    private static double zipfRate(long good, double seconds, double waited) {
        return good * ZIPF_CALLERS / Math.max(0.1, ZIPF_CALLERS * seconds - waited);
    }

    private static Question zipfQuestion(int model) {
        return Question.containing(
                Request.json("/models/z%d/predict".formatted(model), "{\"inputs\":{\"x\":[[0,0,0,0]]}}"),
                "[%1$d.0,%1$d.0,%1$d.0,%1$d.0]".formatted(model));
    }

    private static double loadSeconds(Bench bench, Server server) throws IOException, InterruptedException {
        return bench.asker().metric(server.managementPort(), "serin_version_load_seconds_sum");
    }

    private static void warmZipf(Bench bench, Server server, ByteBuffer[] wires)
            throws IOException, InterruptedException {
        bench.warm(() -> {
            ClosedLoop.Result leg =
                    zipfLoad(server, wires, bench.options().leg()).only(200, 503);
            return leg.count(200) / leg.seconds();
        });
    }

    private static ClosedLoop.Result zipfLoad(Server server, ByteBuffer[] wires, Duration length) throws IOException {
        double[] upTo = new double[wires.length];
        double sum = 0;
        for (int i = 0; i < upTo.length; i++) {
            sum += 1.0 / (i + 1);
            upTo[i] = sum;
        }
        double all = sum;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(wires.length);
        return ClosedLoop.during(
                server.port(),
                _ -> {
                    int at = Arrays.binarySearch(upTo, random.nextDouble(all));
                    return wires[Math.min(wires.length - 1, at < 0 ? -at - 1 : at)];
                },
                ZIPF_CALLERS,
                length);
    }
}
