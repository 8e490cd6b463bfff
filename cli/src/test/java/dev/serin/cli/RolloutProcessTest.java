package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.cli.InProcess.Ran;
import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.Publisher;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.VersionId;
import dev.serin.registry.directory.DirectoryRegistry;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Canaries and shadows in real gateways, over HTTP, with clients that never ask twice. */
class RolloutProcessTest {
    private static final String ROW = "{\"inputs\": {\"x\": [[1, 2, 3, 4]]}}";
    private static final String TWO_ROWS = "{\"inputs\": {\"x\": [[1, 2, 3, 4], [5, 6, 7, 8]]}}";

    /** Requests of each proof by counting; {@code .ci/prove} asks for 100,000. */
    private static final int REQUESTS = Integer.getInteger("serin.requests", 2_000);

    /** How often gateways look for what they may have to pull back; {@code .ci/prove} asks for 2 s. */
    private static final String POLL = System.getProperty("serin.poll", "500ms");

    /** Nobody is refused because the machine is busy. */
    private static final String PATIENT = "serving.max-queue=1000";

    private static final String TOKEN = "0123456789abcdef";

    private static final Duration RECOVERY = Duration.ofSeconds(30);

    @TempDir
    private Path work;

    private Path registry = Path.of("");

    @BeforeEach
    void models() throws IOException {
        registry = work.resolve("models");
        model("1", TestModels.identity(DataType.FP32, "batch", 4));
        model("2", TestModels.identity(DataType.FP32, "batch", 4));
    }

    private void model(String version, byte[] content) throws IOException {
        Path file = registry.resolve("fraud").resolve(version).resolve("model.onnx");
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    /** As an editor does that is no tool of ours. */
    private void policy(String json) throws IOException {
        Path written = Files.writeString(work.resolve("model.json"), json.replace('\'', '"'));
        Files.move(written, registry.resolve("fraud/model.json"), StandardCopyOption.REPLACE_EXISTING);
    }

    private void canary(double weight, String more) throws IOException {
        policy("{'traffic': {'primary': '1', 'canary': {'id': 'k3f9', 'version': '2', 'weight': %s%s}}}"
                .formatted(weight, more));
    }

    private GatewayProcess gateway(String name) throws IOException {
        Path own = Files.createDirectories(work.resolve(name));
        return GatewayProcess.start(own, registry);
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(RECOVERY).pollInterval(Duration.ofMillis(50));
    }

    private static void awaitWeight(GatewayProcess gateway, double weight) {
        await().until(() ->
                gateway.get("/models/fraud").at("/traffic/canary/weight").asDouble(-1) == weight);
    }

    /** An answer, as far as these tests care. */
    private record Reply(int status, String version, String route) {}

    private static Reply ask(HttpClient client, GatewayProcess gateway, String body, Map<String, String> headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:%d/models/fraud/predict".formatted(gateway.port())))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return new Reply(
                response.statusCode(),
                response.headers().firstValue("Serin-Version").orElse(""),
                response.headers().firstValue("Serin-Route").orElse(""));
    }

    private static Reply askOrFail(HttpClient client, GatewayProcess gateway) {
        return askOrFail(client, gateway, ROW);
    }

    private static Reply askOrFail(HttpClient client, GatewayProcess gateway, String body) {
        try {
            return ask(client, gateway, body, Map.of());
        } catch (Exception e) { // counted, as any other answer that is not the right one
            return new Reply(-1, e.toString(), "");
        }
    }

    @Test
    void fivePercentAreFivePercentAndNobodyFails() throws Exception {
        canary(5, "");
        try (GatewayProcess gateway = gateway("one")) {
            awaitWeight(gateway, 5);
            ConcurrentMap<Reply, AtomicInteger> replies = new ConcurrentHashMap<>();
            try (HttpClient client = HttpClient.newHttpClient();
                    ExecutorService callers = Executors.newFixedThreadPool(4)) {
                IntStream.range(0, REQUESTS)
                        .forEach(_ -> callers.execute(
                                () -> replies.computeIfAbsent(askOrFail(client, gateway), _ -> new AtomicInteger())
                                        .incrementAndGet()));
            }
            int canary = replies.getOrDefault(new Reply(200, "2", "canary"), new AtomicInteger())
                    .get();
            int primary = replies.getOrDefault(new Reply(200, "1", "primary"), new AtomicInteger())
                    .get();

            assertThat(canary + primary).as(replies.toString()).isEqualTo(REQUESTS);
            double tolerance = REQUESTS >= 100_000 ? 0.5 : 250 / Math.sqrt(REQUESTS);
            assertThat(100.0 * canary / REQUESTS).isBetween(5 - tolerance, 5 + tolerance);
            Proof.line("%d requests at 5 %%: %.2f %%, all answered".formatted(REQUESTS, 100.0 * canary / REQUESTS));
        }
    }

    @Test
    void aCallerGoesTheSameWayOnEveryReplicaAfterARestartAndWhenTheWeightRisesAndFalls() throws Exception {
        String sticky = ", 'sticky-header': 'X-User-Id'";
        canary(20, sticky);
        int keys = Math.min(REQUESTS, 5_000) / 4;
        Map<String, String> first = new HashMap<>();
        try (HttpClient client = HttpClient.newHttpClient()) {
            try (GatewayProcess one = gateway("one");
                    GatewayProcess two = gateway("two")) {
                awaitWeight(one, 20);
                awaitWeight(two, 20);
                for (int i = 0; i < keys; i++) {
                    Map<String, String> key = Map.of("X-User-Id", "user-" + i);
                    Reply reply = ask(client, one, ROW, key);
                    first.put("user-" + i, reply.version());
                    assertThat(ask(client, two, ROW, key)).isEqualTo(reply);
                }
            }
            try (GatewayProcess again = gateway("one")) {
                awaitWeight(again, 20);
                for (int i = 0; i < keys; i++) {
                    Reply reply = ask(client, again, ROW, Map.of("X-User-Id", "user-" + i));
                    assertThat(reply.version()).isEqualTo(first.get("user-" + i));
                }
                canary(60, sticky);
                awaitWeight(again, 60);
                for (int i = 0; i < keys; i++) {
                    Reply reply = ask(client, again, ROW, Map.of("X-User-Id", "user-" + i));
                    assertThat("1".equals(first.get("user-" + i))
                                    || reply.version().equals("2"))
                            .isTrue();
                }
                canary(20, sticky);
                awaitWeight(again, 20);
                for (int i = 0; i < keys; i++) {
                    Reply reply = ask(client, again, ROW, Map.of("X-User-Id", "user-" + i));
                    assertThat(reply.version()).isEqualTo(first.get("user-" + i));
                }
            }
        }
        long canaries = first.values().stream().filter("2"::equals).count();
        assertThat(100.0 * canaries / keys).isBetween(14.0, 26.0);
    }

    @Test
    void aCanaryThatFailsHalfOfItsRequestsIsOutWithinThirtySeconds() throws Exception {
        model("2", TestModels.failing("batch", 4)); // on two rows

        Rollout seen = pulledBack("'max-error-rate': 0.01", i -> i % 2 == 0 ? ROW : TWO_ROWS);

        assertThat(seen.before()).anySatisfy(reply -> assertThat(reply.status()).isEqualTo(500));
        assertThat(seen.rule()).isEqualTo("errors");
        Proof.line("weight zero %.1f s after the first request, %d of %d requests failed until then, 0 of %d after"
                .formatted(
                        seen.seconds(),
                        seen.failures(),
                        seen.before().size(),
                        seen.after().size()));
    }

    @Test
    void aCanaryThatIsThreeTimesAsSlowIsOutWithinThirtySecondsAndNobodyFails() throws Exception {
        model("1", TestModels.busy(300, "batch", 4));
        model("2", TestModels.busy(900, "batch", 4));

        Rollout seen = pulledBack("'max-latency-ratio': 1.5", _ -> ROW);

        assertThat(seen.before()).allSatisfy(reply -> assertThat(reply.status()).isEqualTo(200));
        assertThat(seen.rule()).isIn("p50", "p99");
        Proof.line("weight zero %.1f s after the first request by %s (%.2f, limit %.2f), all %d requests answered"
                .formatted(
                        seen.seconds(),
                        seen.rule(),
                        seen.aborted().path("measured").asDouble(),
                        seen.aborted().path("limit").asDouble(),
                        seen.before().size() + seen.after().size()));
    }

    /** What callers got before and after it was seen that a canary has no traffic any more, and why it has none. */
    private record Rollout(List<Reply> before, List<Reply> after, double seconds, JsonNode aborted) {
        long failures() {
            return before.stream().filter(reply -> reply.status() != 200).count();
        }

        String rule() {
            return aborted.path("rule").asText();
        }
    }

    /** A canary at 20 % that this limit finds bad, with 200 requests a second. */
    private Rollout pulledBack(String limit, IntFunction<String> body) throws Exception {
        canary(20, ", 'guard': {'window': '1m', 'min-requests': 100, %s}".formatted(limit));
        Path own = Files.createDirectories(work.resolve("one"));
        try (GatewayProcess gateway = GatewayProcess.start(own, registry, "registry.poll-interval=" + POLL, PATIENT)) {
            awaitWeight(gateway, 20);
            assertDocument("canary", "watch", "fraud", "--once", "--management", gateway.managementUrl());
            Paced callers = new Paced(gateway, body);
            try (callers) {
                awaitWeight(gateway, 0);
                callers.mark();
                await().until(callers::haveGoneOn);
            }
            JsonNode aborted = Json.MAPPER
                    .readTree(registry.resolve("fraud/model.json").toFile())
                    .at("/traffic/canary/aborted");
            assertThat(callers.seconds).isLessThan((double) RECOVERY.toSeconds());
            assertThat(callers.after()).hasSizeGreaterThanOrEqualTo(200).containsOnly(new Reply(200, "1", "primary"));
            assertThat(gateway.log()).contains("canary.aborted");
            await().untilAsserted(() -> assertThat(gateway.management("/admin/models/fraud/rollout")
                            .at("/canary/aborted/reason")
                            .asText())
                    .matches(aborted.path("rule").asText() + " .* > .* over 1 min \\(.* of .*\\)"));
            assertDocument("canary", "watch", "fraud", "--once", "--management", gateway.managementUrl());
            assertThat(gateway.metrics())
                    .contains("serin_canary_aborts_total{model=\"fraud\",rule=\"%s\"} 1"
                            .formatted(aborted.path("rule").asText()));
            return new Rollout(callers.before(), callers.after(), callers.seconds, aborted);
        }
    }

    /** Asks 200 times a second, whether answers come or not; closing it waits for those that are to come. */
    private static final class Paced implements AutoCloseable {
        private static final int MILLIS = 5;
        private static final int ENOUGH = 200;

        private final HttpClient client = HttpClient.newHttpClient();
        private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
        private final ScheduledExecutorService pace = Executors.newSingleThreadScheduledExecutor();
        private final ConcurrentMap<Integer, Reply> replies = new ConcurrentHashMap<>();
        private final AtomicInteger asked = new AtomicInteger();
        private final long began = System.nanoTime();
        private int marked;
        private double seconds;

        Paced(GatewayProcess gateway, IntFunction<String> body) {
            var _ = pace.scheduleAtFixedRate(
                    () -> {
                        int number = asked.getAndIncrement();
                        callers.execute(() -> replies.put(number, askOrFail(client, gateway, body.apply(number))));
                    },
                    0,
                    MILLIS,
                    TimeUnit.MILLISECONDS);
        }

        /** Everything that is asked from now on is after. */
        void mark() {
            seconds = (System.nanoTime() - began) / 1e9;
            marked = asked.get();
        }

        boolean haveGoneOn() {
            return asked.get() - marked >= ENOUGH;
        }

        List<Reply> before() {
            return replies(number -> number < marked);
        }

        List<Reply> after() {
            return replies(number -> number >= marked);
        }

        private List<Reply> replies(IntPredicate which) {
            return replies.entrySet().stream()
                    .filter(reply -> which.test(reply.getKey()))
                    .map(Map.Entry::getValue)
                    .toList();
        }

        @Override
        public void close() {
            pace.close();
            callers.close();
            client.close();
        }
    }

    /**
     * Versions come, published and copied by hand in turn, get half of the traffic before a gateway can have them, all of it,
     * and lose it again.
     */
    @Test
    void nobodyFailsWhileVersionsArePublishedPromotedTakenBackAndPulledBack() throws Exception {
        policy("{'traffic': {'primary': '1'}}");
        ConcurrentMap<Integer, AtomicInteger> statuses = new ConcurrentHashMap<>();
        int moves = 0;
        try (GatewayProcess gateway = gateway("one");
                HttpClient client = HttpClient.newHttpClient();
                RegistryWriter writer = DirectoryRegistry.open(registry, "models", RegistryListener.NONE);
                ExecutorService callers = Executors.newFixedThreadPool(20)) {
            CountDownLatch answered = new CountDownLatch(REQUESTS);
            IntStream.range(0, REQUESTS)
                    .forEach(_ -> callers.execute(() -> {
                        statuses.computeIfAbsent(askOrFail(client, gateway).status(), _ -> new AtomicInteger())
                                .incrementAndGet();
                        answered.countDown();
                    }));
            PolicyWriter policies = new PolicyWriter(writer, InstantSource.system());
            for (int version = 3; moves == 0 || answered.getCount() > 0; version++) {
                String name = String.valueOf(version);
                byte[] content = version / 2 % 2 == 0
                        ? TestModels.identity(DataType.FP32, "batch", 4)
                        : TestModels.addOne("batch", 4);
                if (version % 2 == 0) {
                    model(name, content);
                } else {
                    publish(writer, name, content);
                }
                change(policies, start(name, moves));
                change(policies, new PolicyChange.PromoteCanary("canary-" + moves++));
                await().until(() -> gateway.get("/models/fraud")
                        .at("/traffic/primary_version")
                        .asText()
                        .equals(name));
                change(policies, new PolicyChange.Undo());
                await().until(() -> !gateway.get("/models/fraud")
                        .at("/traffic/primary_version")
                        .asText()
                        .equals(name));
                change(policies, new PolicyChange.AbortCanary("canary-" + (moves - 1), Optional.empty()));
                change(policies, start(name, moves));
                change(policies, new PolicyChange.PromoteCanary("canary-" + moves++));
            }
        }
        assertThat(statuses).containsOnlyKeys(200);
        Proof.line("%d requests by 20 threads, all 200, while %d versions were promoted".formatted(REQUESTS, moves));
    }

    /** As {@code serin register} does: with a manifest, which comes last. */
    private void publish(RegistryWriter writer, String version, byte[] content) throws IOException {
        Path file = Files.write(work.resolve("published.onnx"), content);
        new Publisher(writer, InstantSource.system())
                .publish(new Publisher.Request(
                        VersionId.parse("fraud/" + version),
                        new TreeMap<>(Map.of(new ArtifactPath("model.onnx"), file)),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        JsonNodeFactory.instance.objectNode(),
                        "a test"));
        assertThat(registry.resolve("fraud").resolve(version).resolve("manifest.json"))
                .exists();
    }

    private static PolicyChange start(String version, int number) {
        return new PolicyChange.StartCanary(
                "canary-" + number,
                new ModelVersion(version),
                new PolicyChange.Ramp.Weight(50),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static void change(PolicyWriter policies, PolicyChange change) {
        policies.draft(new ModelName("fraud"), change, new PolicyWriter.Author("ana", Optional.empty()))
                .commit();
    }

    @Test
    void aShadowThatIsAskedForOverHttpSeesCopiesAndItsReportIsThere() throws Exception {
        model("3", TestModels.addOne("batch", 4));
        policy("{'traffic': {'primary': '1'}}");
        Path token = Files.writeString(work.resolve("token"), TOKEN);
        try (GatewayProcess gateway = GatewayProcess.start(
                        Files.createDirectories(work.resolve("one")), registry, "management.token-file=" + token);
                HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> changed =
                    change(client, gateway, "{'change': 'start-shadow', 'version': '3', 'percent': 100, 'by': 'ana'}");
            assertThat(changed.statusCode()).isEqualTo(200);
            assertThat(Schemas.faults("change", Json.MAPPER.readTree(changed.body())))
                    .isEmpty();
            await().until(() ->
                    gateway.get("/models/fraud/3").path("state").asText().equals("ready"));
            await().until(() -> {
                assertThat(ask(client, gateway, ROW, Map.of())).isEqualTo(new Reply(200, "1", "primary"));
                return gateway.management("/admin/models/fraud/shadow")
                                .at("/shadow/compared")
                                .asLong()
                        >= 5;
            });

            assertThat(gateway.management("/admin/models/fraud/shadow")
                            .at("/shadow/max_absolute_difference")
                            .asDouble())
                    .isEqualTo(1);
            assertDocument("shadow", "report", "fraud", "--management", gateway.managementUrl());
            assertDocument("show", "fraud/3", "--server", gateway.url());
            assertDocument("list", "--server", gateway.url());
            assertThat(gateway.metrics())
                    .contains("serin_shadow_comparisons_total{model=\"fraud\",version=\"3\",result=");
        }
    }

    private static HttpResponse<String> change(HttpClient client, GatewayProcess gateway, String body)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(gateway.managementUrl() + "/admin/models/fraud/changes"))
                        .header("Authorization", "Bearer " + TOKEN)
                        .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** What a real gateway says fits the schemas too, which is checked wherever a command is run. */
    private void assertDocument(String... arguments) {
        List<String> command = new ArrayList<>(List.of("-o", "json"));
        command.addAll(List.of(arguments));
        Ran ran = new InProcess(work).run(command.toArray(String[]::new));

        assertThat(ran.err()).isEmpty();
        assertThat(ran.status()).isZero();
    }

    @Test
    void aVersionSaysWhenItWillBeRetiredAndAnswersNoMoreThen() throws Exception {
        String retired =
                "{'traffic': {'primary': '2'}, 'retired': {'1': {'at': '2019-11-05T10:00:00Z', 'sunset': '%s'}}}";
        policy(retired.formatted("2999-01-01T00:00:00Z"));
        try (GatewayProcess gateway = gateway("one")) {
            HttpResponse<String> warned = gateway.predict("fraud/1", ROW);
            policy(retired.formatted("2020-01-01T00:00:00Z"));

            assertThat(warned.statusCode()).isEqualTo(200);
            assertThat(warned.headers().firstValue("Deprecation")).hasValue("@1572948000");
            assertThat(warned.headers().firstValue("Sunset")).hasValue("Tue, 01 Jan 2999 00:00:00 GMT");
            assertThat(warned.headers().firstValue("Link")).hasValue("</models/fraud/2>; rel=\"successor-version\"");
            await().until(() -> gateway.predict("fraud/1", ROW).statusCode() == 410);
            assertThat(gateway.predict("fraud/2", ROW).headers().map())
                    .doesNotContainKeys("sunset", "deprecation", "link");
        }
    }

    @Test
    void explainTellsHowARequestWasDecided() throws Exception {
        canary(20, ", 'sticky-header': 'X-User-Id'");
        try (GatewayProcess gateway = gateway("one");
                HttpClient client = HttpClient.newHttpClient()) {
            awaitWeight(gateway, 20);
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(
                                    URI.create("http://127.0.0.1:%d/models/fraud/predict".formatted(gateway.port())))
                            .header("x-user-id", "user-2")
                            .header("Serin-Explain", "true")
                            .POST(HttpRequest.BodyPublishers.ofString(ROW))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(response.headers().firstValue("Serin-Decision"))
                    .hasValue("key=X-User-Id bucket=1468 of 10000 canary<2000");
            assertThat(response.headers().firstValue("Serin-Digest").orElse("")).matches("sha256=[0-9a-f]{64}");
            assertThat(List.of(response.headers().firstValue("Serin-Route").orElse("")))
                    .containsExactly("canary");
        }
    }
}
