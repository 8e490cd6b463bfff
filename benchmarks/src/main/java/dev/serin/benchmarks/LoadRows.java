package dev.serin.benchmarks;

import static dev.serin.benchmarks.Limit.atLeast;
import static dev.serin.benchmarks.Limit.atMost;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Rows of callers who come when they come, at random, whatever became of those before. Where they are more than the gateway can
 * serve, 429 and 503 are right answers.
 */
final class LoadRows {
    private static final int BUSY_CALLERS = 8; // for the peak: always some that wait
    private static final Duration OVERLOAD = Duration.ofSeconds(60);
    private static final Duration BURST = Duration.ofSeconds(5);
    private static final Duration AFTER_BURST = Duration.ofSeconds(15);
    private static final double NORMAL = 2; // times the p99 before the burst
    private static final int CROWDED_LEGS = 5;
    private static final int OPEN_LEGS = 10;
    private static final double QUIET_PER_SECOND = 80; // of four models together
    private static final Duration QUIET =
            Duration.ofSeconds(30); // so that a p99 is the 24th slowest, not one of a handful

    private LoadRows() {}

    static List<Row> all() {
        return List.of(
                Row.of(
                        "p99-70",
                        "p99 of iris at 70 % of the gateway's peak, against the echo's at the same rate",
                        List.of(atMost("p99_over_echo", 1.5), atMost("p99_ms", 5), atMost("refused", 0)),
                        LoadRows::warmOpen,
                        bench -> p99(bench, 0.7)),
                Row.of(
                                "plot",
                                "latency of iris against the offered load, gateway and echo, for the drawing",
                                List.of(),
                                Row.Preparation.NONE,
                                LoadRows::curve)
                        .once(),
                overload("overload-2", 2, 0.90),
                overload("overload-5", 5, 0.80),
                Row.of(
                        "burst",
                        "ten times what a model of 2 ms can do for 5 s, then half of it: seconds until p99 is normal",
                        List.of(atMost("seconds_to_normal", 5)),
                        LoadRows::warmBusy,
                        LoadRows::burst),
                Row.of(
                        "fairness",
                        "four models of 2 ms with 20 requests a second each, beside one at five times its capacity",
                        List.of(atMost("quiet_p99_ratio", 1.2), atMost("quiet_refused", 0)),
                        LoadRows::warmBusy,
                        LoadRows::fairness));
    }

    /**
     * Callers who come when they like take other ways through a server than those who wait for each other, and a crowd of them others
     * again (batches, refusals), which have to be compiled, as has what sends here: at 70 % of the peak the compiler takes what is
     * left of the cores, and a method that it compiles for 0.7 s makes a crowd. The legs are counted, since their p99 says nothing of
     * the next leg's before that is over.
     */
    private static void warmOpen(Bench bench) throws IOException, InterruptedException {
        warmOpen(bench, bench.echo(), Samples.IRIS.echoed().request());
        warmOpen(bench, bench.gateway(), Samples.IRIS.request());
    }

    private static void warmOpen(Bench bench, Server server, Request request) throws IOException, InterruptedException {
        boolean quick = bench.options().quick();
        for (int leg = 0; leg < (quick ? 1 : CROWDED_LEGS); leg++) {
            warmOpen(bench, server, request, 1.2);
        }
        for (int leg = 0; leg < (quick ? 1 : OPEN_LEGS); leg++) {
            warmOpen(bench, server, request, 0.7);
        }
    }

    private static void warmOpen(Bench bench, Server server, Request request, double share)
            throws IOException, InterruptedException {
        bench.open(
                        server,
                        Schedule.poisson(
                                share * bench.irisPeak(), bench.options().leg(), seed()),
                        request)
                .allowing(200, 429, 503);
    }

    private static Figures p99(Bench bench, double share) throws IOException, InterruptedException {
        double rate = share * bench.irisPeak();
        Schedule schedule = Schedule.poisson(rate, bench.options().leg(), seed());
        Question echoed = Samples.IRIS.echoed();
        Answers echo = bench.open(bench.echo(), schedule, echoed.request()).allowing(200);
        bench.verify(bench.gateway(), Samples.IRIS);
        Answers gateway =
                bench.open(bench.gateway(), schedule, Samples.IRIS.request()).allowing(200, 429, 503);
        bench.verify(bench.gateway(), Samples.IRIS);
        double p99 = gateway.latencies(Answers.GOOD).millis(0.99);
        double echoP99 = echo.latencies(Answers.GOOD).millis(0.99);
        return Figures.of("p99_over_echo", p99 / echoP99)
                .and("p99_ms", p99)
                .and("refused", gateway.latencies(Answers.REFUSED).count())
                .and("echo_p99_ms", echoP99)
                .and("p50_ms", gateway.latencies(Answers.GOOD).millis(0.5))
                .and("echo_p50_ms", echo.latencies(Answers.GOOD).millis(0.5))
                .and("offered_per_second", rate)
                .and("generator_late_p99_ms", gateway.lateness().millis(0.99))
                .and("generator_late_p99_ms_echo", echo.lateness().millis(0.99));
    }

    private static Figures curve(Bench bench) throws IOException, InterruptedException {
        Figures figures = Figures.of("peak_per_second", bench.irisPeak());
        for (int percent : bench.options().quick() ? Curves.FEW_PERCENTS : Curves.PERCENTS) {
            Figures point = p99(bench, percent / 100.0);
            for (String name : Curves.NAMES) {
                figures = figures.and(name + "_at_" + percent, point.get(name));
            }
            figures = figures.and("refused_at_" + percent, point.get("refused"))
                    .and("generator_late_p99_ms_at_" + percent, point.get("generator_late_p99_ms"));
        }
        return figures;
    }

    private static void warmBusy(Bench bench) throws IOException, InterruptedException {
        verifyBusy(bench);
        bench.warm(bench.gateway(), hot(), BUSY_CALLERS);
    }

    private static void verifyBusy(Bench bench) throws IOException, InterruptedException {
        for (String model : Samples.BUSY) {
            bench.verify(bench.gateway(), Samples.busy(model));
        }
    }

    private static Request hot() {
        return Samples.busy(Samples.BUSY.getFirst()).request();
    }

    /** {@return what the gateway can do of the busy model} */
    private static double busyPeak(Bench bench) throws IOException, InterruptedException {
        verifyBusy(bench);
        return bench.closed(bench.gateway(), hot(), BUSY_CALLERS).perSecond();
    }

    private static Row overload(String name, int times, double leastGoodput) {
        return Row.of(
                name,
                "%d times what a model of 2 ms can do, for a minute".formatted(times),
                List.of(
                        atLeast("goodput", leastGoodput),
                        atMost("p99_over_80_percent", 2),
                        atMost("refusal_p99_ms", 10)),
                LoadRows::warmBusy,
                bench -> overload(bench, times));
    }

    private static Figures overload(Bench bench, int times) throws IOException, InterruptedException {
        double peak = busyPeak(bench);
        Answers normal = bench.open(
                        bench.gateway(),
                        Schedule.poisson(0.8 * peak, bench.options().leg(), seed()),
                        hot())
                .allowing(200, 429, 503);
        Answers over = bench.open(
                        bench.gateway(),
                        Schedule.poisson(times * peak, bench.options().orQuick(OVERLOAD), seed()),
                        hot())
                .allowing(200, 429, 503);
        verifyBusy(bench);
        double normalP99 = normal.latencies(Answers.GOOD).millis(0.99);
        double admittedP99 = over.latencies(Answers.GOOD).millis(0.99);
        return Figures.of("goodput", over.perSecond(Answers.GOOD) / peak)
                .and("p99_over_80_percent", admittedP99 / normalP99)
                .and("refusal_p99_ms", over.latencies(Answers.REFUSED).millis(0.99))
                .and("peak_per_second", peak)
                .and("good_per_second", over.perSecond(Answers.GOOD))
                .and("refused_per_second", over.perSecond(Answers.REFUSED))
                .and("admitted_p99_ms", admittedP99)
                .and("p99_ms_at_80_percent", normalP99)
                .and("refused_at_80_percent", normal.latencies(Answers.REFUSED).count())
                .and("generator_late_p99_ms", over.lateness().millis(0.99));
    }

    private static Figures burst(Bench bench) throws IOException, InterruptedException {
        double peak = busyPeak(bench);
        Duration before = bench.options().leg();
        Schedule schedule = Schedule.poisson(0.5 * peak, before, seed())
                .then(Schedule.poisson(10 * peak, bench.options().orQuick(BURST), seed()))
                .then(Schedule.poisson(0.5 * peak, AFTER_BURST, seed()));
        Answers answers = bench.open(bench.gateway(), schedule, hot()).allowing(200, 429, 503);
        verifyBusy(bench);
        double normal = answers.latencies(Answers.GOOD, 0, before.toNanos()).millis(0.99);
        long end = schedule.length().minus(AFTER_BURST).toNanos();
        Figures figures = Figures.of("seconds_to_normal", Double.NaN)
                .and("p99_ms_before", normal)
                .and("peak_per_second", peak);
        for (int second = (int) AFTER_BURST.toSeconds() - 1; second >= 0; second--) {
            long from = end + TimeUnit.SECONDS.toNanos(second);
            long to = from + TimeUnit.SECONDS.toNanos(1);
            double p99 = answers.latencies(Answers.GOOD, from, to).millis(0.99);
            long refused = answers.latencies(Answers.REFUSED, from, to).count();
            if (p99 <= NORMAL * normal && refused == 0) {
                figures = figures.and("seconds_to_normal", second);
            }
            if (second == 0) {
                figures = figures.and("p99_ms_in_the_first_second_after", p99)
                        .and("refused_in_the_first_second_after", refused);
            }
        }
        return figures;
    }

    private static Figures fairness(Bench bench) throws Exception {
        double peak = busyPeak(bench);
        Duration length = bench.options().orQuick(QUIET);
        Request[] quiet = Samples.BUSY.stream()
                .skip(1)
                .map(model -> Samples.busy(model).request())
                .toArray(Request[]::new);
        Schedule schedule = Schedule.poisson(QUIET_PER_SECOND, length, seed());
        Phases before = Phases.ofQuiet(bench);
        Answers alone = bench.open(bench.gateway(), schedule, quiet).allowing(200, 429, 503);
        Phases between = Phases.ofQuiet(bench);
        Answers beside;
        Answers hot;
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            Future<Answers> load =
                    other.submit(() -> bench.open(bench.gateway(), Schedule.poisson(5 * peak, length, seed()), hot()));
            beside = bench.open(bench.gateway(), schedule, quiet).allowing(200, 429, 503);
            hot = load.get().allowing(200, 429, 503);
        }
        Phases after = Phases.ofQuiet(bench);
        verifyBusy(bench);
        double p99Alone = alone.latencies(Answers.GOOD).millis(0.99);
        double p99Beside = beside.latencies(Answers.GOOD).millis(0.99);
        return Figures.of("quiet_p99_ratio", p99Beside / p99Alone)
                .and("quiet_refused", beside.latencies(Answers.REFUSED).count())
                .and("quiet_p99_ms_alone", p99Alone)
                .and("quiet_p99_ms_beside_hot", p99Beside)
                .and("quiet_p50_ms_alone", alone.latencies(Answers.GOOD).millis(0.5))
                .and("quiet_p50_ms_beside_hot", beside.latencies(Answers.GOOD).millis(0.5))
                .and("quiet_queue_ms_alone", between.meanQueueMillisSince(before))
                .and("quiet_queue_ms_beside_hot", after.meanQueueMillisSince(between))
                .and("quiet_run_ms_alone", between.meanRunMillisSince(before))
                .and("quiet_run_ms_beside_hot", after.meanRunMillisSince(between))
                .and("hot_good_per_second", hot.perSecond(Answers.GOOD))
                .and("hot_peak_per_second", peak);
    }

    /** Seconds that the requests of the quiet models have waited for a slot and run, by the gateway's own metrics, and how many they were. */
    private record Phases(double queue, double run, double requests) {
        static Phases ofQuiet(Bench bench) throws IOException, InterruptedException {
            return new Phases(sum(bench, "sum", "queue"), sum(bench, "sum", "run"), sum(bench, "count", "run"));
        }

        private static double sum(Bench bench, String of, String phase) throws IOException, InterruptedException {
            double sum = 0;
            for (String model : Samples.BUSY.subList(1, Samples.BUSY.size())) {
                sum += bench.asker()
                        .metric(
                                bench.gateway().managementPort(),
                                "serin_request_phase_seconds_" + of,
                                "model=\"%s\",phase=\"%s\"".formatted(model, phase));
            }
            return sum;
        }

        double meanQueueMillisSince(Phases earlier) {
            return 1e3 * (queue - earlier.queue) / (requests - earlier.requests);
        }

        double meanRunMillisSince(Phases earlier) {
            return 1e3 * (run - earlier.run) / (requests - earlier.requests);
        }
    }

    private static long seed() {
        return System.nanoTime();
    }
}
