package dev.serin.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * What a shadow costs the callers of the primary: one open loop at 30 % of what the gateway can do, without and with a shadow
 * that is ten times as slow, in turns. Latencies count from when a request was to be sent, not from when it was. A leg during
 * which other processes took more than a little of the machine is asked again.
 */
public final class ShadowCost {
    private static final int PRIMARY_ROUNDS = 1_000; // about a millisecond
    private static final int SHADOW_ROUNDS = 10 * PRIMARY_ROUNDS;
    private static final double LOAD = 0.3;
    private static final int PEAK_CALLERS = 4;
    private static final int CALLERS = 16; // more than are ever on the way at once
    private static final Duration WARM_UP = Duration.ofSeconds(20);
    private static final Duration PEAK = Duration.ofSeconds(5);
    private static final double P50_LIMIT = 1.10;
    private static final double P99_LIMIT = 1.25;

    /** What others may take of the machine during a leg that counts, and how long all may take that is measured. */
    private static final double MOST_OF_OTHERS = 0.05;

    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private static final String PREDICT = "/models/fraud/predict";
    private static final String BODY = "{\"inputs\":{\"x\":[[1,2,3,4]]}}";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path registry;
    private final int port;
    private final int managementPort;
    private final long gateway;
    private final long seed;
    private final HttpClient client = HttpClient.newHttpClient();

    private ShadowCost(Path registry, int port, int managementPort, long gateway, long seed) {
        this.registry = registry;
        this.port = port;
        this.managementPort = managementPort;
        this.gateway = gateway;
        this.seed = seed;
    }

    /** {@code models DIRECTORY}, or {@code measure DIRECTORY PORT MANAGEMENT-PORT PROCESS SECONDS ROUNDS SEED} of a gateway on that. */
    public static void main(String[] arguments) throws Exception {
        Path registry = Path.of(arguments[1]);
        if (arguments[0].equals("models")) {
            write(registry, "1", PRIMARY_ROUNDS);
            write(registry, "2", SHADOW_ROUNDS);
            return;
        }
        ShadowCost cost = new ShadowCost(
                registry,
                Integer.parseInt(arguments[2]),
                Integer.parseInt(arguments[3]),
                Long.parseLong(arguments[4]),
                Long.parseLong(arguments[7]));
        System.exit(cost.measure(Duration.ofSeconds(Long.parseLong(arguments[5])), Integer.parseInt(arguments[6])));
    }

    private static void write(Path registry, String version, int rounds) throws IOException {
        Path file = registry.resolve("fraud").resolve(version).resolve("model.onnx");
        Files.createDirectories(file.getParent());
        Files.write(file, TestModels.busy(rounds, "batch", 4));
    }

    /** Latencies of one leg, in nanoseconds, ascending. */
    private record Leg(long[] nanos) {
        double millis(double quantile) {
            return nanos[(int) Math.min(nanos.length - 1, Math.round(quantile * nanos.length))] / 1e6;
        }
    }

    private int measure(Duration leg, int rounds) throws Exception {
        shadow(true);
        closedLoop(WARM_UP);
        shadow(false);
        long end = System.nanoTime() + PATIENCE.toNanos();
        double peak = peak(end);
        double rate = LOAD * peak;
        System.err.printf(Locale.ROOT, "peak %.0f/s, load %.0f/s%n", peak, rate);
        List<Leg> without = new ArrayList<>();
        List<Leg> with = new ArrayList<>();
        double compared = 0;
        double dropped = 0;
        while (without.size() < rounds || with.size() < rounds) {
            boolean shadowed = with.size() < without.size() || (with.size() == without.size() && with.size() % 2 == 1);
            int round = (shadowed ? with : without).size();
            shadow(shadowed);
            if (!isQuietBefore(end)) {
                System.out.println("{\"name\":\"shadow-cost\",\"got\":\"void: others kept the machine busy\"}");
                return 3;
            }
            double comparedBefore = copies("agree") + copies("disagree");
            double droppedBefore = copies("dropped");
            Cores before = Cores.read(gateway);
            Leg done = openLoop(rate, leg, seed + round);
            double others = Cores.read(gateway).othersSince(before);
            if (others <= MOST_OF_OTHERS) {
                (shadowed ? with : without).add(done);
                compared += copies("agree") + copies("disagree") - comparedBefore;
                dropped += copies("dropped") - droppedBefore;
            }
            System.err.printf(
                    Locale.ROOT,
                    "round %d %s p50 %.3f ms p99 %.3f ms of %d; others took %.0f %%%s%n",
                    round + 1,
                    shadowed ? "with   " : "without",
                    done.millis(0.5),
                    done.millis(0.99),
                    done.nanos().length,
                    100 * others,
                    others <= MOST_OF_OTHERS ? "" : ", which does not count");
        }
        return report(peak, rate, without, with, compared, dropped);
    }

    /** {@return what the gateway can do while nobody else wants the cores; if that never is, what it can do} */
    private double peak(long end) throws Exception {
        while (true) {
            boolean quiet = isQuietBefore(end);
            Cores before = Cores.read(gateway);
            double peak = closedLoop(PEAK);
            if (!quiet || Cores.read(gateway).othersSince(before) <= MOST_OF_OTHERS) {
                return peak;
            }
        }
    }

    /** Waits until others leave the machine alone; {@return whether that was before this time} */
    private boolean isQuietBefore(long end) throws Exception {
        while (System.nanoTime() < end) {
            Cores before = Cores.read(gateway);
            TimeUnit.MILLISECONDS.sleep(500);
            if (Cores.read(gateway).othersSince(before) <= MOST_OF_OTHERS) {
                return true;
            }
        }
        return false;
    }

    private int report(double peak, double rate, List<Leg> without, List<Leg> with, double compared, double dropped) {
        double p50 = median(with, 0.5) / median(without, 0.5);
        double p99 = median(with, 0.99) / median(without, 0.99);
        boolean good = p50 <= P50_LIMIT && p99 <= P99_LIMIT && compared > 0 && dropped > 0;
        System.out.printf(
                Locale.ROOT,
                "{\"name\":\"shadow-cost\",\"asked\":\"p50 within 10 %%, p99 within 25 %% of that"
                        + " without\",\"got\":\"%s\",\"seed\":%d,\"measured\":\"%.0f/s of %.0f/s; p50 %.3f and %.3f ms,"
                        + " ratio %.3f; p99 %.3f and %.3f ms, ratio %.3f; %.0f copies compared, %.0f dropped\"}%n",
                good ? "passed" : "FAILED",
                seed,
                rate,
                peak,
                median(without, 0.5),
                median(with, 0.5),
                p50,
                median(without, 0.99),
                median(with, 0.99),
                p99,
                compared,
                dropped);
        return good ? 0 : 1;
    }

    private static double median(List<Leg> legs, double quantile) {
        double[] each =
                legs.stream().mapToDouble(leg -> leg.millis(quantile)).sorted().toArray();
        int half = each.length / 2;
        return each.length % 2 == 1 ? each[half] : (each[half - 1] + each[half]) / 2;
    }

    /** {@return how many requests a second are answered to callers who do not pause} */
    private double closedLoop(Duration length) throws Exception {
        AtomicInteger answered = new AtomicInteger();
        long began = System.nanoTime();
        long end = began + length.toNanos();
        callers(PEAK_CALLERS, caller -> {
            while (System.nanoTime() < end) {
                caller.ask();
                answered.incrementAndGet();
            }
        });
        return answered.get() / ((System.nanoTime() - began) / 1e9);
    }

    /** Requests that come when they come, as those of many callers do who know nothing of each other. */
    private Leg openLoop(double rate, Duration length, long legSeed) throws Exception {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(legSeed);
        long[] due = new long[(int) (rate * length.toSeconds())];
        double at = 0;
        for (int i = 0; i < due.length; i++) {
            at += random.nextExponential() / rate;
            due[i] = (long) (at * 1e9);
        }
        long[] nanos = new long[due.length];
        AtomicInteger next = new AtomicInteger();
        CountDownLatch connected = new CountDownLatch(CALLERS);
        long[] began = new long[1];
        callers(CALLERS, caller -> {
            synchronized (began) {
                connected.countDown();
                if (connected.getCount() == 0) {
                    began[0] = System.nanoTime();
                }
            }
            connected.await();
            for (int i = next.getAndIncrement(); i < due.length; i = next.getAndIncrement()) {
                long intended = began[0] + due[i];
                for (long left = intended - System.nanoTime(); left > 0; left = intended - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                caller.ask();
                nanos[i] = System.nanoTime() - intended;
            }
        });
        Arrays.sort(nanos);
        return new Leg(nanos);
    }

    /** What one of several callers does. */
    @FunctionalInterface
    private interface Work {
        void with(Caller caller) throws Exception;
    }

    private void callers(int number, Work work) throws InterruptedException, ExecutionException {
        List<Future<?>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(number)) {
            for (int i = 0; i < number; i++) {
                all.add(threads.submit(() -> {
                    try (Caller caller = new Caller(port, PREDICT, BODY)) {
                        work.with(caller);
                    }
                    return null;
                }));
            }
        }
        for (Future<?> one : all) {
            one.get();
        }
    }

    /** Gives the primary a shadow, or takes it away, and waits until the gateway knows. */
    private void shadow(boolean wanted) throws Exception {
        String traffic = wanted
                ? "{\"traffic\": {\"primary\": \"1\", \"shadow\": {\"version\": \"2\", \"percent\": 100}}}"
                : "{\"traffic\": {\"primary\": \"1\"}}";
        Path written = Files.writeString(registry.resolveSibling("model.json"), traffic);
        Files.move(written, registry.resolve("fraud/model.json"), StandardCopyOption.REPLACE_EXISTING);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (has(JSON.readTree(get(port, "/models/fraud"))) != wanted) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("The gateway does not follow the policy");
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        if (!wanted) {
            TimeUnit.MILLISECONDS.sleep(1_500); // the copies that still wait
        }
    }

    private static boolean has(JsonNode model) {
        return model.at("/traffic/shadow").isObject()
                && model.at("/traffic/shadow/why_not").isMissingNode();
    }

    /** {@return how many copies came to this, by the gateway's own metrics} */
    private double copies(String result) throws Exception {
        return get(managementPort, "/metrics")
                .lines()
                .filter(line -> line.startsWith("serin_shadow_comparisons_total{")
                        && line.contains("result=\"" + result + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private String get(int on, String path) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + on + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
