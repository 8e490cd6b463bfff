package dev.serin.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.sessions.SessionsConfig.Preload;
import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digests;
import dev.serin.registry.Generations;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.store.RememberingRegistry;
import dev.serin.registry.watch.RegistryScanner;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Follower and sessions together, on a clock that the test moves, while the store is away and after its return. */
@Timeout(60)
class LongOutageTest {
    private static final byte[] MODEL = TestModels.identity(DataType.FP32, "batch", 2);
    private static final byte[] OTHER = TestModels.addOne("batch", 2);

    @TempDir
    private Path store;

    private SessionsRig rig;
    private final ManualTimer polls = new ManualTimer();

    @BeforeEach
    void start() throws IOException {
        rig = new SessionsRig(store.resolve("copies"), Preload.TRAFFIC);
        publish("iris/1", MODEL);
        RememberingRegistry registry = new RememberingRegistry(rig.registry, store.resolve("memory"), rig.clock::get);
        var options = new RegistryScanner.Options(SessionsRig.POLL, Duration.ofMinutes(5), false);
        new RegistryFollower(
                        registry,
                        new RegistryScanner(registry, options, rig.clock::get),
                        rig.sessions,
                        SessionListener.NONE,
                        rig.catalog,
                        polls,
                        rig.clock::get,
                        RandomGenerator.getDefault())
                .start(SessionsRig.POLL);
        nextPoll();
        rig.await("iris/1", VersionState.READY);
    }

    @AfterEach
    void stop() {
        rig.close();
        polls.shutdownNow();
    }

    /** As our publisher does. */
    private void publish(String version, byte[] content) throws IOException {
        Artifact model =
                new Artifact(ArtifactPath.MODEL, content.length, Digests.of(new ByteArrayInputStream(content)));
        rig.registry.put(version + "/model.onnx", content);
        rig.registry.put(
                version + "/manifest.json",
                Manifests.write(new Manifest(
                        VersionId.parse(version),
                        rig.clock.get(),
                        List.of(model),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        JsonNodeFactory.instance.objectNode())));
        Generations.touch(rig.registry, new ModelName("iris"));
    }

    private void storeIsAway() {
        rig.registry.failWith((_, _) -> {
            throw new RegistryException("connection refused");
        });
    }

    private void storeIsBack() {
        rig.registry.failWith((_, _) -> {});
    }

    private void nextPoll() {
        Map.Entry<Duration, Runnable> next = polls.take();
        rig.clock.updateAndGet(now -> now.plus(next.getKey()));
        next.getValue().run();
    }

    private void pollsFor(Duration time) {
        Instant end = rig.clock.get().plus(time);
        while (rig.clock.get().isBefore(end)) {
            nextPoll();
        }
    }

    private boolean isServed(String version) {
        CatalogVersion known = rig.version(version);
        try (Lease lease = rig.sessions.lease(known, Deadline.after(Duration.ofSeconds(10)))) {
            return lease.servable().signature().inputs().size() == 1;
        }
    }

    @Test
    void halfAnHourWithoutTheStoreTakesNothingAwayAndWhatCameMeanwhileIsLoadedWithinHalfAMinute() throws IOException {
        storeIsAway();
        pollsFor(Duration.ofMinutes(30));
        assertThat(isServed("iris/1")).isTrue();
        Instant lastRead = rig.catalog.registry().readAt().orElseThrow();
        assertThat(rig.catalog.registry().stale().orElseThrow().since()).isEqualTo(lastRead);

        storeIsBack();
        publish("iris/2", OTHER);
        Instant back = rig.clock.get();
        nextPoll();

        rig.await("iris/2", VersionState.READY);
        assertThat(Duration.between(back, rig.clock.get())).isLessThanOrEqualTo(Duration.ofSeconds(10));
        assertThat(rig.catalog.registry().stale()).isEmpty();
    }

    @Test
    void aDownloadThatTheOutageBrokeOffIsTriedAgainAtTheFirstPollThatSucceeds() throws IOException {
        publish("iris/2", OTHER);
        rig.registry.failWith((_, key) -> {
            if (key.equals("iris/2/model.onnx")) {
                storeIsAway();
                throw new RegistryException("connection reset");
            }
        });
        nextPoll();
        rig.await("iris/2", VersionState.FAILED);
        nextPoll();
        assertThat(rig.catalog.registry().stale()).isPresent();

        storeIsBack();
        nextPoll(); // and no timer of the sessions runs

        rig.await("iris/2", VersionState.READY);
    }

    @Test
    void anEmptyBucketForAnHourTakesNothingAwayThatIsLoaded() {
        rig.registry.listOnly(_ -> false);

        pollsFor(Duration.ofHours(1)); // the manifest can still be read, so not even an alarm is due

        assertThat(isServed("iris/1")).isTrue();
        assertThat(rig.version("iris/1").discrepancy()).isEmpty();
    }

    @Test
    void aBucketThatIsReallyEmptiedIsBelievedAfterAMinuteAlarmedAndGoesOnServing() {
        rig.registry.delete("iris/1/manifest.json");
        rig.registry.delete("iris/1/model.onnx");

        pollsFor(Duration.ofMinutes(5));
        assertThat(rig.version("iris/1").discrepancy()).isEmpty(); // the first full listing was doubted
        pollsFor(Duration.ofMinutes(1));

        assertThat(rig.version("iris/1").discrepancy()).isPresent();
        assertThat(rig.catalog.registry().stale()).isEmpty();
        assertThat(isServed("iris/1")).isTrue();
    }
}
