package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.ConflictException;
import dev.serin.registry.Digests;
import dev.serin.registry.ModelName;
import dev.serin.registry.Publisher;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.VersionId;
import dev.serin.registry.fault.FaultProxy;
import dev.serin.registry.fault.FaultProxy.Fault;
import dev.serin.registry.format.Durations;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyWriter;
import dev.serin.registry.s3.S3Location;
import dev.serin.registry.s3.StoreProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway on a real object store, which is frozen and killed, and is killed itself. */
@Tag("real-store")
class RealStoreProcessTest {
    private static final String ROW = "{\"instances\": [[1, 2]]}";
    private static final String SAME = "{\"predictions\":[[1.0,2.0]]}";
    private static final String ONE_MORE = "{\"predictions\":[[2.0,3.0]]}";
    private static final byte[] IDENTITY = TestModels.identity(DataType.FP32, "batch", 2);
    private static final byte[] ADD_ONE = TestModels.addOne("batch", 2);

    /** How long the store is away in each way; {@code .ci/prove} asks for 30. */
    private static final Duration AWAY = Duration.ofSeconds(Integer.getInteger("serin.away-seconds", 2));

    /** How often a gateway that {@code ./serin} started is killed; {@code .ci/prove} asks for 50. */
    private static final int KILLS = Integer.getInteger("serin.kills", 3);

    private static final long SEED = Long.getLong("serin.seed", System.nanoTime());
    private static final Duration RECOVERY = Duration.ofSeconds(30);

    /** Of gateways that share a rollout. */
    private static final Duration POLL = Duration.ofSeconds(1);

    private static final Duration TWO_POLLS = POLL.multipliedBy(2);

    /** What a client sees of a kill, wherever in a request or an answer it falls. */
    private static final String LOST =
            "java\\.io\\.IOException: closed .*|java\\.net\\.SocketException: (Connection reset|Broken pipe).*";

    /** Of a version that is killed on its way: at {@link #RATE} a download takes half a second. */
    private static final int WEIGHTS = 4 << 20;

    private static final int RATE = 8 << 20;

    /** A fifth of a second after the download: the session is being made, warmed, or ready. */
    private static final double LAST_MOMENT = 1.2;

    @TempDir
    private Path work;

    private StoreProcess store;
    private String bucket = "";

    @BeforeEach
    void startStore() throws IOException {
        store = StoreProcess.start(StoreProcess.Kind.VERSITYGW, work.resolve("bucket"));
        bucket = store.newBucket();
    }

    @AfterEach
    void stopStore() {
        store.close();
    }

    private String url() {
        return "s3://" + bucket + "/prod";
    }

    private GatewayProcess gateway(String... settings) throws IOException {
        return GatewayProcess.start(work, url(), StoreProcess.environment(), settings(store.endpoint(), settings));
    }

    private static String[] settings(URI endpoint, String... more) {
        List<String> settings = new ArrayList<>(List.of("registry.s3.endpoint=" + endpoint));
        settings.addAll(List.of(more));
        return settings.toArray(String[]::new);
    }

    /** Publishes as {@code serin register} does. */
    private void publish(String id, Map<String, byte[]> contents) throws IOException {
        SortedMap<ArtifactPath, Path> files = new TreeMap<>();
        for (Map.Entry<String, byte[]> content : contents.entrySet()) {
            files.put(
                    new ArtifactPath(content.getKey()),
                    Files.write(work.resolve(content.getKey()), content.getValue()));
        }
        try (RegistryWriter registry = store.open(new S3Location(bucket, "prod"))) {
            new Publisher(registry, InstantSource.system())
                    .publish(new Publisher.Request(
                            VersionId.parse(id),
                            files,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            JsonNodeFactory.instance.objectNode(),
                            "a test"));
        }
    }

    private void publish(String id, byte[] model) throws IOException {
        publish(id, Map.of("model.onnx", model));
    }

    /** The time is the test: nothing is waited for. */
    private static void lasts(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        await().atMost(time.plus(RECOVERY)).until(() -> System.nanoTime() >= end);
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(RECOVERY).pollInterval(Duration.ofMillis(20));
    }

    private static String state(GatewayProcess gateway, String id) throws IOException, InterruptedException {
        return gateway.get("/models/" + id).path("state").asText();
    }

    @Test
    void callersOfALoadedVersionDoNotNoticeAStoreThatIsFrozenThenKilledThenBack() throws Exception {
        publish("good/1", IDENTITY);
        try (GatewayProcess gateway = gateway();
                Load load = Load.on(gateway.port(), "good", ROW, SAME)) {
            load.awaitMore(100);

            store.freeze();
            lasts(AWAY);
            store.kill();
            lasts(AWAY);
            await().until(() -> gateway.log().contains("registry.stale"));
            assertThat(gateway.status("/health/ready")).isEqualTo(200);
            store.restart();
            long back = System.nanoTime();
            publish("late/1", ADD_ONE);
            await().until(() -> state(gateway, "late/1").equals("ready"));
            Duration readyAfter = Duration.ofNanos(System.nanoTime() - back);

            assertThat(readyAfter).isLessThan(RECOVERY);
            load.awaitMore(100);
            assertThat(load.failures()).isEmpty();
            await().until(() -> gateway.log().contains("registry.recovered"));
            Proof.line("%d requests, 0 failed; the first new version was ready %.1f s after the store's return"
                    .formatted(load.asked(), readyAfter.toMillis() / 1e3));
        }
    }

    @Test
    void withCopiesAStartWithoutTheStoreIsReadyAndWithoutThemItIsOnceTheStoreIsBack() throws Exception {
        publish("good/1", IDENTITY);
        gateway().close();
        store.freeze();
        try (GatewayProcess gateway = gateway()) {
            assertThat(gateway.predict("good", ROW).body()).isEqualTo(SAME);
        }
        store.kill();
        try (GatewayProcess gateway = gateway()) {
            assertThat(gateway.predict("good", ROW).body()).isEqualTo(SAME);
        }

        try (GatewayProcess gateway = GatewayProcess.startUnready(
                work,
                url(),
                StoreProcess.environment(),
                settings(store.endpoint(), "store.path=" + work.resolve("another-store")))) {
            assertThat(gateway.status("/health/live")).isEqualTo(200);
            assertThat(gateway.status("/health/ready")).isEqualTo(503);

            store.restart();

            await().until(() -> gateway.status("/health/ready") == 200);
            assertThat(gateway.predict("good", ROW).body()).isEqualTo(SAME);
        }
    }

    @Test
    void aGatewayKilledAtAnyMomentOfADownloadOrALoadStartsAgainAndServesWholeFilesOnly() throws Exception {
        build();
        Random random = new Random(SEED);
        Map<String, List<Golden>> goldens = new LinkedHashMap<>();
        int halfWay = 0;
        int asked = 0;
        for (int kill = 1; kill <= KILLS; kill++) {
            String id = "big/" + kill;
            byte[] weights = new byte[WEIGHTS];
            random.nextBytes(weights);
            boolean adds = kill % 2 == 1;
            List<Golden> ofThis = Golden.some(random, adds ? 1 : 0);
            goldens.put(id, ofThis);
            publish(
                    id,
                    Map.of(
                            "model.onnx",
                            adds ? ADD_ONE : IDENTITY,
                            "weights.bin",
                            weights,
                            "goldens.ndjson",
                            Golden.file(ofThis)));

            killOnTheWay(
                    (kill - 1 + random.nextDouble()) / KILLS * LAST_MOMENT); // uniform, and spread over few kills too
            halfWay += isLeftHalfWay() ? 1 : 0;

            try (GatewayProcess gateway = GatewayProcess.start(
                    GatewayProcess.By.LAUNCHER, work, url(), StoreProcess.environment(), settings(store.endpoint()))) {
                await().until(() -> state(gateway, id).equals("ready"));
                for (Map.Entry<String, List<Golden>> version : goldens.entrySet()) {
                    for (Golden golden : version.getValue()) {
                        assertThat(gateway.predict(version.getKey(), golden.request())
                                        .body())
                                .as("seed %d, kill %d, %s", SEED, kill, version.getKey())
                                .isEqualTo(golden.response());
                        asked++;
                    }
                }
                assertThat(isLeftHalfWay()).isFalse();
                assertThat(hashed()).as("seed %d, kill %d", SEED, kill).isEqualTo(kill);
            }
        }
        assertThat(halfWay).as("seed %d: kills that hit a download", SEED).isPositive();
        Proof.line(
                "%d kills of what ./serin started, seed %d, %d of them left half a download behind; %d answers equal to their goldens"
                        .formatted(KILLS, SEED, halfWay, asked));
    }

    /** What is killed must not be a build. */
    private void build() throws Exception {
        Path log = work.resolve("build.log");
        Process version = GatewayProcess.serin(GatewayProcess.By.LAUNCHER, work, log, Map.of(), "--version");
        assertThat(version.waitFor()).as(Files.readString(log)).isZero();
    }

    /** A request and its one right answer, as a line of {@code goldens.ndjson} and as HTTP callers see them. */
    private record Golden(String request, String response) {
        private static final int OF_EACH_VERSION = 3;

        /** {@return requests of two numbers each, answered by these numbers and so much more} */
        static List<Golden> some(Random random, int more) {
            return Stream.generate(() -> new int[] {random.nextInt(1000), random.nextInt(1000)})
                    .limit(OF_EACH_VERSION)
                    .map(row -> new Golden(
                            "{\"instances\":[[%d,%d]]}".formatted(row[0], row[1]),
                            "{\"predictions\":[[%d.0,%d.0]]}".formatted(row[0] + more, row[1] + more)))
                    .toList();
        }

        static byte[] file(List<Golden> goldens) {
            return goldens.stream()
                    .map(golden -> "{\"request\":%s,\"response\":%s}\n".formatted(golden.request(), golden.response()))
                    .collect(Collectors.joining())
                    .getBytes(StandardCharsets.UTF_8);
        }
    }

    /** @param moment below 1 the part of the weights that has come; above it the part of a second since they all have */
    private void killOnTheWay(double moment) throws Exception {
        try (FaultProxy network = FaultProxy.before(store.endpoint())) {
            network.set(new Fault.RateLimit(RATE));
            Path log = work.resolve("killed.log");
            Process gateway = GatewayProcess.launch(
                    GatewayProcess.By.LAUNCHER,
                    work,
                    url(),
                    work.resolve("killed.json"),
                    log,
                    StoreProcess.environment(),
                    settings(network.endpoint()));
            long enough = (long) (Math.min(1, moment) * WEIGHTS);
            await().until(() -> network.forwardedBytes() >= enough || !gateway.isAlive());
            lasts(Duration.ofMillis((long) (Math.max(0, moment - 1) * 1000)));
            assertThat(gateway.isAlive()).as(Files.readString(log)).isTrue();
            gateway.destroyForcibly().waitFor();
        }
    }

    private boolean isLeftHalfWay() throws IOException {
        try (Stream<Path> left = Files.walk(work.resolve("store/tmp"))) {
            return left.anyMatch(path -> path.endsWith("weights.bin"));
        }
    }

    /** {@return how many versions the store holds, each of them digested anew and found to be what its folder says} */
    private int hashed() throws IOException {
        try (Stream<Path> versions = Files.list(work.resolve("store/versions"))) {
            List<Path> folders = versions.filter(Files::isDirectory).toList();
            for (Path folder : folders) {
                assertThat(Digests.ofVersion(artifacts(folder)).hex())
                        .isEqualTo(folder.getFileName().toString());
            }
            return folders.size();
        }
    }

    private static List<Artifact> artifacts(Path folder) throws IOException {
        List<Artifact> artifacts = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    ArtifactPath path = new ArtifactPath(folder.relativize(file).toString());
                    artifacts.add(new Artifact(path, Files.size(file), Digests.of(in)));
                }
            }
        }
        artifacts.sort(Comparator.comparing(Artifact::path));
        return artifacts;
    }

    /** One gateway is killed under load; what is left passes the step that both found clean; then a person has seen enough. */
    @Test
    void aRolloutGoesOnWhenAReplicaIsKilledAndAnAbortHoldsOnWhatIsLeftAndOnWhatComesBack() throws Exception {
        publish("fraud/1", IDENTITY);
        publish("fraud/2", ADD_ONE);
        Map<String, String> right = Map.of("1", SAME, "2", ONE_MORE);
        policy(tree -> tree.withObject("/traffic").put("primary", "1"));
        Path first = Files.createDirectories(work.resolve("first"));
        Path second = Files.createDirectories(work.resolve("second"));
        try (GatewayProcess killed = gatewayIn(first);
                GatewayProcess left = gatewayIn(second);
                Load onLeft = Load.on(left.port(), "fraud", ROW, right);
                Load onKilled = Load.untilKilled(killed.port(), "fraud", ROW, right)) {
            policy(tree -> tree.withObject("/traffic")
                    .set("canary", GatewayProcess.JSON.readTree("""
                        {"id": "k3f9", "version": "2", "weight": 20, "started-at": "%s",
                         "steps": [{"weight": 20, "for": "10s"}, {"weight": 50, "for": "1h"}],
                         "guard": {"window": "1m", "min-requests": 50, "max-error-rate": 0.1}}
                        """.formatted(Instant.now()))));
            await().until(() -> onKilled.answeredBy("2") >= 50 && onLeft.answeredBy("2") >= 50);
            assertThat(onKilled.failures()).isEmpty();

            killed.kill();
            assertThat(left.get("/models/fraud").at("/traffic/canary/weight").asDouble())
                    .as("percent, before the first step is over")
                    .isEqualTo(20);
            policy(tree -> tree.withObject("/aliases").put("stable", "1"));
            onKilled.awaitLost();
            assertThat(onKilled.failures())
                    .as("nothing but the connection that the kill cut")
                    .singleElement()
                    .asString()
                    .matches(LOST);

            await().until(() ->
                    left.get("/models/fraud").at("/traffic/canary/weight").asDouble() == 50);
            abort();
            await().atMost(TWO_POLLS).until(() -> isAborted(left));
            onLeft.awaitMore(2); // one may have been on its way
            long before = onLeft.answeredBy("2");
            try (GatewayProcess again = gatewayIn(first);
                    Load onAgain = Load.on(again.port(), "fraud", ROW, right)) {
                await().atMost(TWO_POLLS).until(() -> isAborted(again));
                onAgain.awaitMore(2);
                long beforeThere = onAgain.answeredBy("2");
                onAgain.awaitMore(500);
                lasts(TWO_POLLS);
                assertThat(isAborted(again)).isTrue();
                assertThat(isAborted(left)).isTrue();
                assertThat(onAgain.answeredBy("2")).isEqualTo(beforeThere);
                assertThat(onAgain.failures()).isEmpty();
                assertThat(again.get("/models/fraud").at("/aliases/stable").asText())
                        .isEqualTo("1");
            }
            assertThat(onLeft.answeredBy("2")).as("after the abort").isEqualTo(before);
            assertThat(onLeft.failures()).isEmpty();
            Proof.line(
                    "killed after %d requests, all right but the one cut (%s); the step was passed by what was left, and the abort held: %d requests there, 0 failed"
                            .formatted(onKilled.asked(), onKilled.failures().getFirst(), onLeft.asked()));
        }
    }

    private static boolean isAborted(GatewayProcess gateway) throws IOException, InterruptedException {
        JsonNode canary = gateway.get("/models/fraud").at("/traffic/canary");
        return canary.path("weight").asDouble(-1) == 0
                && canary.at("/aborted/by").asText().equals("ben");
    }

    private void abort() {
        try (RegistryWriter registry = store.open(new S3Location(bucket, "prod"))) {
            new PolicyWriter(registry, InstantSource.system())
                    .draft(
                            new ModelName("fraud"),
                            new PolicyChange.AbortCanary("k3f9", Optional.empty()),
                            new PolicyWriter.Author("ben", Optional.of("seen enough")))
                    .commit();
        }
    }

    private GatewayProcess gatewayIn(Path own) throws IOException {
        return GatewayProcess.start(
                own,
                url(),
                StoreProcess.environment(),
                settings(
                        store.endpoint(),
                        "registry.poll-interval=" + Durations.text(POLL),
                        "registry.full-scan-interval=" + Durations.text(POLL)));
    }

    /** Edits {@code model.json} as a program would that knows no more of it than that it is JSON, on the condition that nobody did. */
    private void policy(Edit edit) throws IOException {
        try (RegistryWriter registry = store.open(new S3Location(bucket, "prod"))) {
            while (true) {
                Optional<Registry.Content> content = registry.read("fraud/model.json", 1 << 20);
                ObjectNode tree = content.isPresent()
                        ? (ObjectNode)
                                GatewayProcess.JSON.readTree(content.get().bytes())
                        : GatewayProcess.JSON.createObjectNode();
                edit.accept(tree);
                try {
                    registry.write(
                            "fraud/model.json",
                            GatewayProcess.JSON.writeValueAsBytes(tree),
                            content.<RegistryWriter.Condition>map(
                                            there -> new RegistryWriter.Condition.IfTag(there.tag()))
                                    .orElseGet(RegistryWriter.Condition.IfAbsent::new));
                    return;
                } catch (ConflictException _) {
                    // a gateway was faster
                }
            }
        }
    }

    private interface Edit {
        void accept(ObjectNode tree) throws IOException;
    }

    /** With nothing changing: one conditional read for each poll, and the listings that are due. */
    @Test
    void theStoresOwnLogHasAsManyRequestsAsTheMetricsTell() throws Exception {
        publish("good/1", IDENTITY);
        long others = logged();
        try (GatewayProcess gateway = gateway("registry.full-scan-interval=1h")) {
            Requests first = Requests.of(gateway);
            await().until(() -> Requests.of(gateway).gets() >= first.gets() + 20);

            await().untilAsserted(() -> {
                Requests told = Requests.of(gateway);
                assertThat(logged() - others).isEqualTo(told.all());
                assertThat(Requests.of(gateway)).isEqualTo(told); // no poll came in between
                assertThat(told.lists()).isEqualTo(first.lists());
            });
            List<String> lines = Files.readAllLines(store.accessLog());
            assertThat(lines.subList(lines.size() - 20, lines.size()))
                    .allSatisfy(line -> assertThat(line).contains(".serin/generation", " 304 "));
            Proof.line("%d requests by the store's log and by our metrics"
                    .formatted(Requests.of(gateway).all()));
        }
    }

    private long logged() throws IOException {
        return Files.readAllLines(store.accessLog()).size();
    }
}
