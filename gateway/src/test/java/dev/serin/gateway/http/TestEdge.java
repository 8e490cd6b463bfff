package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.http.HttpConfig.Management;
import dev.serin.gateway.predict.Answer;
import dev.serin.gateway.predict.Call;
import dev.serin.gateway.predict.NotFound;
import dev.serin.gateway.predict.PredictionListener.Prediction;
import dev.serin.gateway.predict.Predictions;
import dev.serin.gateway.predict.Served;
import dev.serin.gateway.predict.Timings;
import dev.serin.gateway.rollout.Changes;
import dev.serin.gateway.rollout.RolloutListener;
import dev.serin.gateway.rollout.Rollouts;
import dev.serin.gateway.routing.Decision;
import dev.serin.gateway.routing.Route;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.shadow.ShadowReports;
import dev.serin.inference.DataType;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.json.JsonLimits;
import dev.serin.registry.AliasName;
import dev.serin.registry.Digest;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.policy.PolicyWriter;
import dev.serin.serving.LoadReport;
import io.helidon.health.HealthCheck;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckType;
import io.helidon.webserver.WebServerConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The edge that {@code Main} builds, over a predictor that doubles four numbers. Models: {@code iris} with versions 1
 * (alias {@code stable}), 2 (ready), 3 (failed); {@code fresh} with nothing loaded yet.
 */
final class TestEdge {
    static final long MAX_BODY_BYTES = 2048;
    private static final ReadLimits READ_LIMITS = new ReadLimits(Duration.ofSeconds(10), Duration.ofSeconds(30));
    static final Instant NOW = Instant.parse("2026-11-22T14:30:00Z");
    static final Signature SIGNATURE = new Signature(
            List.of(new Port("x", tensor(new Dimension.Symbol("batch"), new Dimension.Fixed(4)))),
            List.of(new Port("y", tensor(new Dimension.Symbol("batch"), new Dimension.Fixed(4)))));
    static final String DIGEST_OF_2 = "2".repeat(64);

    final Drain drain = new Drain();
    final Catalog catalog = new Catalog();
    final BlockingQueue<Prediction> heard = new LinkedBlockingQueue<>();
    final BlockingQueue<String> cut = new LinkedBlockingQueue<>();
    final BlockingQueue<Hidden> hidden = new LinkedBlockingQueue<>();
    volatile Predictions predictions = this::doubled;
    volatile @Nullable Call lastCall;
    volatile String down = "";
    volatile double draw; // of the jitter, from 0 to below 1
    final HttpConfig config;
    final InMemoryRegistry registry = new InMemoryRegistry(() -> NOW);
    final HttpEdge edge;

    /** What a caller was not told. */
    record Hidden(ErrorCode code, Optional<VersionId> version, String requestId, Throwable cause) {}

    TestEdge() {
        this(Duration.ofSeconds(10));
    }

    final ShadowReports shadows = new ShadowReports(() -> NOW);

    private Operations operations() {
        Routes routes = new Routes(() -> NOW, () -> 0);
        PolicyWriter writer = new PolicyWriter(registry, () -> NOW);
        Rollouts rollouts = new Rollouts(
                catalog,
                routes,
                writer,
                "test",
                RolloutListener.NONE,
                () -> NOW,
                System::nanoTime,
                Executors.newSingleThreadScheduledExecutor());
        rollouts.close(); // nobody looks
        return new Operations(
                routes, rollouts, shadows, new Changes(routes, writer), _ -> OptionalDouble.of(812.4), () -> NOW);
    }

    /** With a management port that takes changes. */
    TestEdge(Management management) {
        this(management, MAX_BODY_BYTES, READ_LIMITS, Duration.ofSeconds(10));
    }

    TestEdge(Duration drainTimeout) {
        this(MAX_BODY_BYTES, READ_LIMITS, drainTimeout);
    }

    TestEdge(long maxBodyBytes, ReadLimits readLimits, Duration drainTimeout) {
        this(new Management("127.0.0.1", 0, Optional.empty(), Set.of()), maxBodyBytes, readLimits, drainTimeout);
    }

    private TestEdge(Management management, long maxBodyBytes, ReadLimits readLimits, Duration drainTimeout) {
        config = new HttpConfig(
                "127.0.0.1", 0, management, 64, maxBodyBytes, JsonLimits.DEFAULT, readLimits, drainTimeout);
        catalog.put(new CatalogModel(
                new ModelName("iris"),
                List.of(ready("1"), ready("2"), failed("3")),
                aliases(Map.of(new AliasName("stable"), new ModelVersion("1"))),
                Optional.empty()));
        catalog.put(new CatalogModel(
                new ModelName("fresh"),
                List.of(version("fresh", "1", VersionState.LOADING, Optional.empty(), Optional.empty())),
                ModelPolicy.NONE,
                Optional.empty()));
        edge = new HttpEdge(
                config,
                call -> {
                    lastCall = call;
                    return predictions.predict(call);
                },
                catalog,
                operations(),
                new Health(List.of(readiness()), drain),
                drain,
                new HttpEdge.Listeners(
                        heard::add,
                        (code, version, requestId, cause) -> hidden.add(new Hidden(code, version, requestId, cause)),
                        cut::add),
                () -> "# metrics\n",
                () -> NOW,
                new ToldRandom(),
                "0.0.0-test");
    }

    /** For {@code @SetUpServer}: the main port. */
    void main(WebServerConfig.Builder server) {
        GatewayServer.listener(server, edge, edge.connections(System::nanoTime));
        server.routing(edge::routing);
    }

    /** For {@code @SetUpServer}: the management port. */
    void management(WebServerConfig.Builder server) {
        GatewayServer.listener(server, edge, edge.connections(System::nanoTime));
        server.routing(edge::managementRouting);
    }

    /** {@return a model {@code named} with one version of this name} */
    static CatalogModel named(String version) {
        return new CatalogModel(
                new ModelName("named"),
                List.of(version("named", version, VersionState.READY, Optional.of(SIGNATURE), Optional.empty())),
                ModelPolicy.NONE,
                Optional.empty());
    }

    /** Answers every call with this failure, as if iris/2 had been chosen by the traffic policy. */
    void fail(ServingException failure) {
        predictions = _ -> new Answer.Failed(Optional.of(served("2", Route.NEWEST)), failure, Timings.NONE);
    }

    /** Waits for what the listener is told of one request, which is after its answer has left. */
    Prediction told(String requestId) throws InterruptedException {
        Prediction told = heard.take();
        while (!told.requestId().equals(requestId)) {
            told = heard.take();
        }
        return told;
    }

    static Served served(String version, Route route) {
        return new Served(Decision.of(ready(version), route));
    }

    /** The same of {@code wine} alone, whose version 1 will be retired at the end of the year; 2 answers those who name none. */
    Answer retiring(Call call) {
        ModelName wine = new ModelName("wine");
        String policy = """
            {"traffic": {"primary": "2"}, "aliases": {"old": "1"},
             "retired": {"1": {"at": "2026-11-05T10:00:00Z", "sunset": "2027-01-01T00:00:00Z"}}}\
            """;
        Catalog cellar = new Catalog();
        cellar.put(new CatalogModel(
                wine,
                List.of(
                        version("wine", "1", VersionState.READY, Optional.of(SIGNATURE), Optional.empty()),
                        version("wine", "2", VersionState.READY, Optional.of(SIGNATURE), Optional.empty())),
                ModelPolicies.parse(wine, policy.getBytes(StandardCharsets.UTF_8)),
                Optional.empty()));
        return doubled(call, cellar);
    }

    /** Routes as the real one does, decodes, and doubles. */
    Answer doubled(Call call) {
        return doubled(call, catalog);
    }

    private Answer doubled(Call call, Catalog models) {
        Optional<Served> served = Optional.empty();
        try {
            CatalogModel model = models.model(name(call))
                    .orElseThrow(() -> NotFound.model(call.target().model(), catalog));
            Decision decision =
                    new Routes(() -> NOW, () -> 0).decide(model, call.target().selector(), call.keys());
            served = Optional.of(new Served(decision));
            List<Tensor> inputs = call.decoder().decode(SIGNATURE).inputs();
            Value output = twice(inputs.getFirst());
            inputs.forEach(Tensor::close);
            return new Answer.Outputs(
                    served.orElseThrow(), SIGNATURE, List.of(output), new Timings(0, 40_000, 60_000, 300_000, 1));
        } catch (ServingException e) {
            return new Answer.Failed(served, e, Timings.NONE);
        } catch (InvalidInputException e) {
            var code = e.kind() == InvalidInputException.Kind.MISFIT ? ErrorCode.INVALID_INPUT : ErrorCode.INVALID_BODY;
            return new Answer.Failed(
                    served,
                    new ServingException(code, String.valueOf(e.getMessage())).withFaults(e.faults()),
                    Timings.NONE);
        }
    }

    private ModelName name(Call call) {
        try {
            return new ModelName(call.target().model());
        } catch (IllegalArgumentException e) {
            throw NotFound.model(call.target().model(), catalog);
        }
    }

    private static Value twice(Tensor tensor) {
        ByteBuffer doubled =
                ByteBuffer.allocate(tensor.elementCount() * Float.BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < tensor.elementCount(); i++) {
            doubled.putFloat(i * Float.BYTES, 2 * tensor.data().getFloat(i * Float.BYTES));
        }
        return Tensor.of(DataType.FP32, tensor.shape(), doubled);
    }

    private HealthCheck readiness() {
        return new HealthCheck() {
            @Override
            public HealthCheckType type() {
                return HealthCheckType.READINESS;
            }

            @Override
            public String name() {
                return "sessions";
            }

            @Override
            public HealthCheckResponse call() {
                return HealthCheckResponse.builder()
                        .status(down.isEmpty() ? HealthCheckResponse.Status.UP : HealthCheckResponse.Status.DOWN)
                        .update(builder -> {
                            if (!down.isEmpty()) {
                                builder.detail(Health.REASON, down);
                            }
                        })
                        .build();
            }
        };
    }

    private static Signature.Type tensor(Dimension... shape) {
        return new Signature.Type.TensorType(DataType.FP32, List.of(shape));
    }

    private static VersionId id(String model, String version) {
        return new VersionId(new ModelName(model), new ModelVersion(version));
    }

    private static CatalogVersion ready(String version) {
        return version("iris", version, VersionState.READY, Optional.of(SIGNATURE), Optional.empty());
    }

    private static CatalogVersion failed(String version) {
        return version(
                "iris",
                version,
                VersionState.FAILED,
                Optional.empty(),
                Optional.of(new CatalogVersion.Failure(
                        "model.onnx does not match its manifest",
                        2,
                        Optional.of(Instant.parse("2026-11-22T14:31:07Z")))));
    }

    private static CatalogVersion version(
            String model,
            String version,
            VersionState state,
            Optional<Signature> signature,
            Optional<CatalogVersion.Failure> failure) {
        return new CatalogVersion(
                id(model, version),
                state,
                CatalogVersion.Source.MANIFEST,
                Instant.parse("2026-11-22T10:00:00Z"),
                Optional.of(new Digest(version.length() == 1 ? version.repeat(64) : DIGEST_OF_2)),
                signature,
                signature.map(_ -> loaded()),
                signature.isPresent() ? 943_718 : 0,
                failure,
                Optional.empty(),
                JsonNodeFactory.instance.objectNode().put("author", "ana"),
                Optional.empty());
    }

    private static CatalogVersion.Loaded loaded() {
        return new CatalogVersion.Loaded(
                Duration.ofMillis(1),
                Duration.ZERO,
                new LoadReport(
                        Duration.ofMillis(1),
                        Duration.ofMillis(33),
                        Duration.ofMillis(4),
                        OptionalLong.empty(),
                        3,
                        true,
                        "",
                        20_000,
                        true,
                        "{}"));
    }

    private static ModelPolicy aliases(Map<AliasName, ModelVersion> aliases) {
        return new ModelPolicy(
                new TreeMap<>(aliases),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                ModelPolicy.ServingOptions.NONE,
                Map.of(),
                List.of(),
                List.of());
    }

    /** What the test says. */
    private final class ToldRandom implements RandomGenerator {
        @Override
        public long nextLong() {
            return 0;
        }

        @Override
        public double nextDouble() {
            return draw;
        }
    }
}
