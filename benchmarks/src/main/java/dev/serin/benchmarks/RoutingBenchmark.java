package dev.serin.benchmarks;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.routing.Decision;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.routing.RoutingKeys;
import dev.serin.registry.ModelName;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.ModelPolicies;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a decision costs a request, with {@code -prof gc} also in bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RoutingBenchmark {
    private final Routes routes =
            new Routes(InstantSource.system(), () -> ThreadLocalRandom.current().nextLong());
    private final RoutingKeys keys = _ -> KEY;
    private final CatalogModel newest = model("newest", "{}");
    private final CatalogModel chance = model("chance", canary(""));
    private final CatalogModel sticky = model("sticky", canary(", \"sticky-header\": \"X-User-Id\""));

    private static final Optional<String> KEY = Optional.of("user-7f3a0c19-5d1e");

    private static String canary(String more) {
        return "{\"traffic\": {\"primary\": \"1\", \"canary\": {\"id\": \"k3f9\", \"version\": \"2\", \"weight\": 20%s}}}"
                .formatted(more);
    }

    private static CatalogModel model(String name, String policy) {
        return new CatalogModel(
                new ModelName(name),
                List.of(version(name, "1"), version(name, "2")),
                ModelPolicies.parse(new ModelName(name), policy.getBytes(StandardCharsets.UTF_8)),
                Optional.empty());
    }

    private static CatalogVersion version(String model, String version) {
        return new CatalogVersion(
                VersionId.parse(model + "/" + version),
                VersionState.READY,
                CatalogVersion.Source.MANIFEST,
                Instant.EPOCH,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0,
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode(),
                Optional.empty());
    }

    /** No policy. */
    @Benchmark
    public Decision newest() {
        return routes.decide(newest, Optional.empty(), keys);
    }

    /** A canary, by chance. */
    @Benchmark
    public Decision chance() {
        return routes.decide(chance, Optional.empty(), keys);
    }

    /** A canary, by a key of 18 signs. */
    @Benchmark
    public Decision sticky() {
        return routes.decide(sticky, Optional.empty(), keys);
    }
}
