package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway as operators and callers meet it: a process, signals, files that change under it. */
class ServeProcessTest {
    private static final String ROW = "{\"instances\": [[1, 2]]}";
    private static final Duration TWO_POLLS_AND_A_LOAD = Duration.ofSeconds(20);

    /** How often {@code register} is killed; {@code .ci/prove} asks for 20. */
    private static final int KILLS = Integer.getInteger("serin.kills", 3);

    private static final long SEED = Long.getLong("serin.seed", System.nanoTime());

    @TempDir
    Path work;

    private Path registry;

    @BeforeEach
    void fillRegistry() throws IOException {
        registry = Files.createDirectory(work.resolve("registry"));
        register("good/1", TestModels.identity(DataType.FP32, "batch", 2));
    }

    @Test
    void aVersionRegisteredAndOneCopiedByHandAnswerWithoutARestartAndAHalfCopiedOneNever() throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(work, registry)) {
            Path half = Files.createDirectories(registry.resolve("half/1"));
            Files.writeString(half.resolve(".publishing"), "{}");
            Files.write(half.resolve("model.onnx"), TestModels.identity(DataType.FP32, "batch", 2));
            register("good/2", TestModels.addOne("batch", 2));
            Path byHand = Files.createDirectories(registry.resolve("hand/1"));
            Files.write(byHand.resolve("model.onnx"), TestModels.addOne("batch", 2));

            awaitAnswer(gateway, "good", "{\"predictions\":[[2.0,3.0]]}");
            awaitAnswer(gateway, "hand/1", "{\"predictions\":[[2.0,3.0]]}");
            assertThat(gateway.predict("good/1", ROW).body()).isEqualTo("{\"predictions\":[[1.0,2.0]]}");
            assertThat(gateway.predict("half/1", ROW).statusCode()).isEqualTo(404);
            assertThat(gateway.log()).doesNotContain("half/1");
        }
    }

    @Test
    void eachBadVersionFailsWithItsReasonWhileTheRestServesAndTheProcessIsReady() throws Exception {
        byte[] fine = TestModels.identity(DataType.FP32, "batch", 2);
        byte[] whole = TestModels.addOne("batch", 2); // bytes of its own: the store shares those it has
        register("truncated/1", whole);
        Path truncated = registry.resolve("truncated/1/model.onnx");
        Files.write(truncated, Arrays.copyOf(whole, whole.length / 2));
        byte[] oneByte = TestModels.classifier();
        register("tampered/1", oneByte);
        oneByte[oneByte.length / 2] ^= 1;
        Files.write(registry.resolve("tampered/1/model.onnx"), oneByte);
        copyByHand("page/1", "<html><body>Sign in</body></html>".getBytes(StandardCharsets.UTF_8));
        copyByHand("modern/1", TestModels.withOpset(99));
        copyByHand("wrong/1", fine);
        Files.writeString(
                registry.resolve("wrong/1/goldens.ndjson"),
                "{\"request\": {\"instances\": [[1, 2]]}, \"response\": {\"predictions\": [[1.0, 2.5]]}}\n");

        try (GatewayProcess gateway = GatewayProcess.start(work, registry)) {
            assertThat(gateway.status("/health/ready")).isEqualTo(200);
            assertThat(gateway.metrics().lines().filter(line -> line.startsWith("serin_start_seconds{")))
                    .extracting(line -> line.substring(0, line.indexOf(' ')))
                    .containsExactly(
                            "serin_start_seconds{phase=\"process\"}",
                            "serin_start_seconds{phase=\"open\"}",
                            "serin_start_seconds{phase=\"registry\"}",
                            "serin_start_seconds{phase=\"load\"}");
            assertFailed(gateway, "truncated", "model.onnx");
            assertFailed(gateway, "tampered", "does not match its manifest");
            assertFailed(gateway, "page", "not an ONNX model");
            assertFailed(gateway, "modern", "operator set 99");
            assertFailed(gateway, "wrong", "golden");
            HttpResponse<String> refused = gateway.predict("wrong", ROW);
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Serin-Error")).contains("version-failed");
            assertThat(gateway.predict("good", ROW).body()).isEqualTo("{\"predictions\":[[1.0,2.0]]}");
        }
    }

    @Test
    void termUnderLoadAnswersEveryAcceptedRequestAndExitsWithZero() throws Exception {
        GatewayProcess gateway = GatewayProcess.start(work, registry, "log.access=all");
        int clients = 8;
        AtomicInteger answered = new AtomicInteger();
        CountDownLatch underLoad = new CountDownLatch(200);
        List<String> wrong = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService executor = Executors.newFixedThreadPool(clients)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                all.add(executor.submit(() -> {
                    try {
                        while (true) {
                            HttpResponse<String> response = gateway.predict("good", ROW);
                            if (response.statusCode() != 200) {
                                wrong.add(response.statusCode() + " " + response.body());
                            }
                            answered.incrementAndGet();
                            underLoad.countDown();
                        }
                    } catch (IOException e) {
                        return null; // nobody listens any more; what was accepted is counted below
                    }
                }));
            }
            underLoad.await();
            gateway.terminate();
            for (Future<?> one : all) {
                one.get(90, TimeUnit.SECONDS);
            }
        }

        assertThat(gateway.awaitExit()).isZero();
        assertThat(wrong).isEmpty();
        assertThat(answered.get()).isGreaterThan(200);
        assertThat(gateway.log().split("\"request.served\"", -1).length - 1)
                .as("requests that the gateway accepted, all of which must have been answered")
                .isEqualTo(answered.get());
        assertThat(gateway.log()).contains("gateway.draining").contains("gateway.stopped");
    }

    @Test
    void termDuringLoadsEndsWithoutACrash() throws Exception {
        for (int i = 1; i <= 30; i++) {
            copyByHand("many/" + i, TestModels.classifier());
        }
        Path log = work.resolve("gateway.log");
        Process process = GatewayProcess.launch(
                work, registry, work.resolve("ready.json"), log, "sessions.preload=all", "log.format=json");
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> Files.readString(log).contains("version.loaded") || !process.isAlive());
        process.destroy();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        assertThat(work.resolve("crash.log")).doesNotExist();
    }

    @Test
    void aPublisherKilledAtAnyMomentLeavesNothingServedAndTheNextOneCompletesIt() throws Exception {
        Random random = new Random(SEED);
        byte[] model = TestModels.addOne("batch", 2);
        Path file = work.resolve("model.onnx");
        Files.write(file, model);
        long whole = time(() -> register("timed/1", model));
        try (GatewayProcess gateway = GatewayProcess.start(work, registry)) {
            for (int i = 1; i <= KILLS; i++) {
                String id = "killed/" + i;
                Process publisher = publish(id, file);
                if (!publisher.waitFor(random.nextLong(whole), TimeUnit.MILLISECONDS)) {
                    publisher.destroyForcibly().waitFor();
                }
                boolean published = Files.exists(registry.resolve(id).resolve("manifest.json"));
                int before = gateway.status("/models/" + id);
                assertThat(before).as("seed %d, kill %d", SEED, i).isIn(published ? List.of(200, 404) : List.of(404));

                assertThat(publish(id, file).waitFor())
                        .as("seed %d, kill %d", SEED, i)
                        .isZero();
                awaitAnswer(gateway, id, "{\"predictions\":[[2.0,3.0]]}");
                assertThat(registry.resolve(id).resolve(".publishing")).doesNotExist();
            }
        }
    }

    private Process publish(String id, Path file) throws IOException {
        return GatewayProcess.serin(
                work, work.resolve("register.log"), "register", id, file.toString(), "--registry", registry.toString());
    }

    private void register(String id, byte[] model) throws IOException {
        Path file = work.resolve("model.onnx");
        Files.write(file, model);
        try {
            assertThat(publish(id, file).waitFor())
                    .as(() -> read(work.resolve("register.log")))
                    .isZero();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void copyByHand(String id, byte[] model) throws IOException {
        Files.write(Files.createDirectories(registry.resolve(id)).resolve("model.onnx"), model);
    }

    private static void assertFailed(GatewayProcess gateway, String model, String reason) throws Exception {
        JsonNode version = gateway.get("/models/" + model + "/1");

        assertThat(version.path("state").asText()).as(version.toString()).isEqualTo("failed");
        assertThat(version.path("reason").asText()).contains(reason);
    }

    private static void awaitAnswer(GatewayProcess gateway, String target, String answer) {
        Awaitility.await()
                .atMost(TWO_POLLS_AND_A_LOAD)
                .untilAsserted(
                        () -> assertThat(gateway.predict(target, ROW).body()).isEqualTo(answer));
    }

    private interface Action {
        void run() throws IOException;
    }

    private static long time(Action action) throws IOException {
        long began = System.nanoTime();
        action.run();
        return Math.max(1, (System.nanoTime() - began) / 1_000_000);
    }
}
