package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Concurrently;
import dev.serin.registry.Digests;
import dev.serin.registry.Generations;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.s3.S3Location;
import dev.serin.registry.s3.StoreProcess;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bucket of very many small versions, as it grows where every night trains a model for each of a thousand shops. */
@Tag("real-store")
class ManyVersionsTest {
    /** {@code .ci/prove} asks for 100,000. */
    private static final int VERSIONS = Integer.getInteger("serin.versions", 5_000);

    private static final int OF_EACH_MODEL = 100;
    private static final int MODELS = VERSIONS / OF_EACH_MODEL;
    private static final int PAGE = 1_000;
    private static final int PRELOADED = 10;
    private static final String ROW = "{\"instances\": [[1, 2]]}";
    private static final byte[] MODEL = TestModels.identity(DataType.FP32, "batch", 2);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @TempDir
    private Path work;

    private String url = "";
    private String endpoint = "";

    @Test
    void theyCostTheirListingAtAStartAndNothingAtAPoll() throws Exception {
        try (StoreProcess store = StoreProcess.start(StoreProcess.Kind.VERSITYGW, work.resolve("bucket"))) {
            String bucket = store.newBucket();
            url = "s3://" + bucket + "/prod";
            endpoint = "registry.s3.endpoint=" + store.endpoint();
            try (RegistryWriter registry = store.open(new S3Location(bucket, "prod"))) {
                Generations.touch(registry, new ModelName("m0"));
                Fill.of(store, bucket, MODELS, OF_EACH_MODEL, PRELOADED);
                Proof.line("%,d versions of %,d models, %d preloaded".formatted(VERSIONS, MODELS, PRELOADED));
                firstStart(registry, store, bucket);
            }
            nextStart();
            commandsLookNoFurtherThanTheyAreAsked(store);
        }
    }

    private void commandsLookNoFurtherThanTheyAreAsked(StoreProcess store) throws Exception {
        Path another = work.resolve("another-store");
        Cost show = command(store, "show of one version", another, 5, "show", "m1/3");
        assertThat(show.lists()).isEqualTo(1 + Math.ceilDiv(MODELS + 1, PAGE)); // one folder is that of .serin
        assertThat(show.gets()).isLessThan(OF_EACH_MODEL + 10);
        Cost first = command(store, "first list", another, MODELS, "list");
        assertThat(first.lists()).isLessThan(MODELS + 10);
        assertThat(first.gets()).isLessThan(MODELS + PRELOADED + 10);
        Cost next = command(store, "next list", another, MODELS, "list");
        assertThat(next.gets()).isLessThan(10);
        Cost beside = command(store, "list beside a gateway", work.resolve("store"), MODELS, "list");
        assertThat(beside.gets()).isLessThan(10);
        command(store, "show beside a gateway", work.resolve("store"), 5, "show", "m1/3");
    }

    private void firstStart(RegistryWriter registry, StoreProcess store, String bucket) throws Exception {
        long began = System.nanoTime();
        try (GatewayProcess gateway = gateway()) {
            Proof.line("first start to ready in %.1f s, heap %,d MiB, requests %s"
                    .formatted(since(began), heap(gateway), Requests.of(gateway)));
            assertServes(gateway);
            unchangedPollsCostOneReadEach(gateway);
            oneChangeCostsAListingOfItsModel(gateway, registry, store, bucket);
        }
    }

    private static void assertServes(GatewayProcess gateway) throws Exception {
        for (int i = 0; i < PRELOADED; i++) {
            assertThat(gateway.predict("m" + i, ROW).statusCode()).isEqualTo(200);
        }
        assertThat(gateway.get("/models/m" + (MODELS - 1)).path("versions")).hasSize(OF_EACH_MODEL);
    }

    private static void unchangedPollsCostOneReadEach(GatewayProcess gateway) throws Exception {
        Requests before = Requests.of(gateway);
        long began = System.nanoTime();
        awaitRequests(gateway, before.gets() + 10);
        Requests after = Requests.of(gateway);
        assertThat(after.lists()).isEqualTo(before.lists());
        Proof.line("ten polls without a change: %d reads, no listing, %.1f s"
                .formatted(after.gets() - before.gets(), since(began)));
    }

    private static void awaitRequests(GatewayProcess gateway, long gets) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> Requests.of(gateway).gets() >= gets);
    }

    private static void oneChangeCostsAListingOfItsModel(
            GatewayProcess gateway, RegistryWriter registry, StoreProcess store, String bucket) throws Exception {
        Requests before = Requests.of(gateway);
        long began = System.nanoTime();
        Fill.version(store, bucket, VersionId.parse("m0/" + (OF_EACH_MODEL + 1)));
        Generations.touch(registry, new ModelName("m0"));
        String id = "/models/m0/" + (OF_EACH_MODEL + 1);
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> gateway.get(id).path("state").asText().equals("ready"));
        Requests after = Requests.of(gateway);
        assertThat(after.lists()).isEqualTo(before.lists() + 1);
        Proof.line("one change: ready %.1f s after its publication began, one listing, %d reads"
                .formatted(since(began), after.gets() - before.gets()));
    }

    private void nextStart() throws Exception {
        long began = System.nanoTime();
        try (GatewayProcess gateway = gateway()) {
            Requests requests = Requests.of(gateway);
            Proof.line("next start to ready in %.1f s, heap %,d MiB, requests %s"
                    .formatted(since(began), heap(gateway), requests));
            assertServes(gateway);
            assertThat(requests.gets()).isLessThan(VERSIONS / 10);
        }
    }

    /** What a command asked the store for, by the store's own log. */
    private record Cost(long lists, long gets) {
        static Cost of(List<String> log) {
            return new Cost(count(log, " s3_ListObjectsV2 "), count(log, " s3_GetObject "));
        }

        private static long count(List<String> log, String operation) {
            return log.stream().filter(line -> line.contains(operation)).count();
        }
    }

    private Cost command(StoreProcess store, String which, Path copies, int leastLines, String... words)
            throws Exception {
        Path log = work.resolve("command.log");
        List<String> arguments = new ArrayList<>(List.of(words));
        arguments.addAll(List.of("--registry", url, "--set", endpoint, "--set", "store.path=" + copies));
        long before = logged(store).size();
        long began = System.nanoTime();
        Process process = GatewayProcess.serin(work, log, StoreProcess.environment(), arguments.toArray(String[]::new));
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        assertThat(Files.readAllLines(log)).hasSizeGreaterThanOrEqualTo(leastLines);
        double took = since(began);
        Cost cost = Cost.of(logged(store).stream().skip(before).toList());
        Proof.line("%s in %.1f s: %d LIST, %d GET".formatted(which, took, cost.lists(), cost.gets()));
        return cost;
    }

    private static List<String> logged(StoreProcess store) throws IOException {
        return Files.readAllLines(store.accessLog());
    }

    private GatewayProcess gateway() throws IOException {
        return GatewayProcess.start(
                work,
                url,
                StoreProcess.environment(),
                endpoint,
                "sessions.preload=none",
                "registry.poll-interval=200ms",
                "registry.full-scan-interval=1h");
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    /** In MiB, garbage included. */
    private static long heap(GatewayProcess gateway) throws Exception {
        return gateway.metrics()
                        .lines()
                        .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\"}"))
                        .mapToLong(line -> Math.round(Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))))
                        .sum()
                >> 20;
    }

    /** Puts versions into a bucket, past every client of ours. */
    private static final class Fill {
        private static final int THREADS = 8;

        static void of(StoreProcess store, String bucket, int models, int versions, int preloaded) throws Exception {
            Concurrently.call(THREADS, thread -> () -> {
                for (int m = thread; m < models; m += THREADS) {
                    for (int v = 1; v <= versions; v++) {
                        version(store, bucket, VersionId.parse("m%d/%d".formatted(m, v)));
                    }
                    if (m < preloaded) {
                        String policy = "{\"format\": 1, \"serving\": {\"preload\": true}}";
                        store.put(bucket, "prod/m%d/model.json".formatted(m), policy.getBytes(StandardCharsets.UTF_8));
                    }
                }
                return true;
            });
        }

        static void version(StoreProcess store, String bucket, VersionId id) throws IOException {
            store.put(bucket, "prod/" + id + "/model.onnx", MODEL);
            store.put(bucket, "prod/" + id + "/manifest.json", manifest(id));
        }

        private static byte[] manifest(VersionId id) throws IOException {
            Artifact model =
                    new Artifact(ArtifactPath.MODEL, MODEL.length, Digests.of(new ByteArrayInputStream(MODEL)));
            return Manifests.write(new Manifest(
                    id,
                    Instant.parse("2026-11-22T10:00:00Z"),
                    List.of(model),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    JsonNodeFactory.instance.objectNode()));
        }
    }
}
