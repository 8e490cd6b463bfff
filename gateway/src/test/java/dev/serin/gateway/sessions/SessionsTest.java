package dev.serin.gateway.sessions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.sessions.SessionsConfig.Preload;
import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.testing.OnnxWriter;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import dev.serin.registry.Digests;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.store.NoRoomException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SessionsTest {
    private static final byte[] GOOD = TestModels.identity(DataType.FP32, "batch", 2);
    private static final byte[] NONSENSE = {1, 2, 3};
    private static final String AGREES =
            "{\"request\": {\"instances\": [[1, 2]]}, \"response\": {\"predictions\": [[1, 2]]}}";
    private static final String DIFFERS =
            "{\"request\": {\"instances\": [[1, 2]]}, \"response\": {\"predictions\": [[1, 3]]}}";

    @TempDir
    private Path store;

    private final List<SessionsRig> rigs = new ArrayList<>();

    @AfterEach
    void close() {
        rigs.forEach(SessionsRig::close);
    }

    private SessionsRig rig(Preload preload) {
        SessionsRig rig = new SessionsRig(store, preload);
        rigs.add(rig);
        return rig;
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    private static ServingException refusal(SessionsRig rig, String id, Deadline deadline) {
        return catchThrowableOfType(ServingException.class, () -> rig.sessions.lease(rig.version(id), deadline));
    }

    private static String newest(SessionsRig rig) {
        return rig.catalog
                .model(new ModelName("iris"))
                .orElseThrow()
                .newest()
                .map(version -> version.id().version().value())
                .orElse("none");
    }

    @Test
    void aVersionIsEligibleOnlyAfterLoadWarmupAndGoldens() {
        SessionsRig rig = rig(Preload.TRAFFIC).with("iris/1", GOOD).with("iris/1/goldens.ndjson", AGREES);
        CountDownLatch open = rig.holdDownloads();

        rig.follow().await("iris/1", VersionState.DOWNLOADING);
        assertThat(newest(rig)).isEqualTo("none");

        open.countDown();
        rig.await("iris/1", VersionState.READY);
        assertThat(newest(rig)).isEqualTo("1");
        assertThat(rig.version("iris/1").loaded().orElseThrow().report().goldens())
                .isEqualTo(1);
    }

    @Test
    void theNewestMovesOnlyToAVersionWhoseGoldensAgree() {
        SessionsRig rig = rig(Preload.TRAFFIC).with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);

        rig.with("iris/2", GOOD).with("iris/2/goldens.ndjson", DIFFERS).follow().await("iris/2", VersionState.FAILED);
        assertThat(newest(rig)).isEqualTo("1");

        rig.with("iris/3", GOOD).with("iris/3/goldens.ndjson", AGREES).follow().await("iris/3", VersionState.READY);
        assertThat(newest(rig)).isEqualTo("3");
    }

    @Test
    void aFailureIsRememberedTriedAgainInItsTimeAndLiftedByAChangeInTheRegistry() {
        SessionsRig rig = rig(Preload.TRAFFIC).with("iris/1", NONSENSE).follow().await("iris/1", VersionState.FAILED);
        Awaitility.await().until(() -> rig.timer.waiting() == 1);
        CatalogVersion.Failure first = rig.version("iris/1").failure().orElseThrow();
        assertThat(first.attempts()).isEqualTo(1);
        assertThat(first.nextTry()).contains(rig.clock.get().plusSeconds(2));

        rig.timer.run(); // too early: the time has not come
        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.FAILED);
        assertThat(rig.version("iris/1").failure()).contains(first);

        rig.clock.updateAndGet(now -> now.plusSeconds(2));
        rig.timer.run();
        Awaitility.await()
                .until(() -> rig.version("iris/1")
                        .failure()
                        .filter(failure -> failure.attempts() == 2)
                        .isPresent());

        rig.with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
        assertThat(rig.version("iris/1").failure()).isEmpty();
    }

    @Test
    void whatCannotBeLoadedIsRefusedWithItsReasonAndWhatWorks() {
        byte[] unknown = new OnnxWriter()
                .input("x", DataType.FP32, "n")
                .node("Frobnicate", List.of("x"), List.of("y"))
                .output("y", DataType.FP32, "n")
                .toBytes();
        SessionsRig rig =
                rig(Preload.ALL).with("iris/1", GOOD).with("iris/2", unknown).follow();
        rig.await("iris/1", VersionState.READY).await("iris/2", VersionState.FAILED);

        ServingException refusal = refusal(rig, "iris/2", soon());

        assertThat(refusal.code()).isEqualTo(ErrorCode.VERSION_FAILED);
        assertThat(refusal)
                .hasMessageStartingWith("iris/2 cannot be loaded: model.onnx uses the operator Frobnicate of operator"
                        + " set 17, which this build does not have;")
                .hasMessageContaining("Tried 1 of 5 times")
                .hasMessageEndingWith("Working: 1.")
                .message()
                .doesNotContain(store.toString(), "onnxruntime", "Error code");
    }

    @Test
    void whatTheStoreOrTheRegistrySaysOfItselfStaysWithTheOperators() {
        SessionsRig rig = rig(Preload.TRAFFIC).with("iris/1", GOOD);
        rig.registry.failWith((operation, key) -> {
            if (operation == Operation.GET && key.endsWith("/model.onnx")) {
                throw new RegistryException("Cannot read /srv/secret of 10.0.0.7");
            }
        });

        rig.follow().await("iris/1", VersionState.FAILED);

        assertThat(rig.sessions.settled(false).all()).isFalse();
        assertThat(rig.sessions.settled(true).all()).isTrue(); // others need not wait for one absent file
        assertThat(rig.version("iris/1").failure().orElseThrow().reason())
                .isEqualTo("its files cannot be fetched just now; the log of the gateway says why");
    }

    @Test
    void anOutageDoesNotHoldUpTheStartWhereAnotherVersionAnswers() {
        SessionsRig rig = rig(Preload.TRAFFIC).with("iris/1", GOOD).with("iris/2", TestModels.addOne("batch", 2));
        rig.registry.failWith((operation, key) -> {
            if (operation == Operation.GET && key.equals("iris/2/model.onnx")) {
                throw new RegistryException("connection refused");
            }
        });

        rig.follow().await("iris/2", VersionState.FAILED);

        Awaitility.await().until(() -> rig.sessions.settled(false).all());
        assertThat(newest(rig)).isEqualTo("1");
    }

    @Test
    void whatFailedOnTheWayIsTriedAtOnceWhenTheRegistryIsBackAndWhatIsBrokenIsNot() {
        SessionsRig rig = rig(Preload.TRAFFIC).with("iris/1", GOOD).with("wine/1", NONSENSE);
        rig.registry.failWith((operation, key) -> {
            if (operation == Operation.GET && key.equals("iris/1/model.onnx")) {
                throw new RegistryException("connection refused");
            }
        });
        rig.follow().await("iris/1", VersionState.FAILED).await("wine/1", VersionState.FAILED);
        rig.registry.failWith((_, _) -> {});
        CatalogVersion.Failure broken = rig.version("wine/1").failure().orElseThrow();

        rig.sessions.recovered(); // no time has passed, and no timer has run

        rig.await("iris/1", VersionState.READY);
        assertThat(rig.version("wine/1").failure()).contains(broken);
    }

    @Test
    void aManifestBeforeItsFilesWaitsForThemAndNothingIsLoadedInPart() throws IOException {
        byte[] labels = "a\nb\n".getBytes(UTF_8);
        SessionsRig rig = rig(Preload.TRAFFIC);
        rig.registry.put(
                "iris/1/manifest.json",
                Manifests.write(new Manifest(
                        VersionId.parse("iris/1"),
                        rig.clock.get(),
                        List.of(
                                new Artifact(new ArtifactPath("labels.txt"), labels.length, digest(labels)),
                                new Artifact(ArtifactPath.MODEL, GOOD.length, digest(GOOD))),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        JsonNodeFactory.instance.objectNode())));
        rig.follow().await("iris/1", VersionState.FAILED);
        for (int attempt = 2; attempt < 8; attempt++) {
            tryAgain(rig, attempt); // for ever: five attempts are not the end of it
        }

        rig.registry.put("iris/1/model.onnx", GOOD); // one of two
        tryAgain(rig, 8);
        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.FAILED);

        rig.registry.put("iris/1/labels.txt", labels);
        rig.clock.updateAndGet(now -> now.plusSeconds(10));
        rig.timer.run();
        rig.await("iris/1", VersionState.READY);
    }

    @Test
    void whatTheLocalStoreCannotTakeFailsThatVersionAloneUntilItCan() throws IOException {
        SessionsRig rig = rig(Preload.ALL).with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
        Path inTheWay = store.resolve("tmp");
        Files.delete(inTheWay);
        Files.createFile(inTheWay);

        rig.with("iris/2", TestModels.addOne("batch", 2)).follow().await("iris/2", VersionState.FAILED);

        CatalogVersion.Failure failure = rig.version("iris/2").failure().orElseThrow();
        assertThat(failure.reason()).isEqualTo("the local store cannot be written: a file is in the way of a folder");
        assertThat(failure.nextTry()).contains(rig.clock.get().plusSeconds(2));
        assertThat(rig.sessions.settled(false).all()).isTrue();
        assertThat(refusal(rig, "iris/2", soon()))
                .hasMessageStartingWith("iris/2 cannot be loaded: the local store cannot be written: ")
                .hasMessageEndingWith("Working: 1.")
                .message()
                .doesNotContain(store.toString());
        rig.sessions.lease(rig.version("iris/1"), soon()).close();

        Files.delete(inTheWay);
        Awaitility.await().until(() -> rig.timer.waiting() == 1);
        rig.clock.updateAndGet(now -> now.plusSeconds(2));
        rig.timer.run();
        rig.await("iris/2", VersionState.READY);
    }

    @Test
    void aCopyThatWasDamagedIsFetchedAnewBeforeItIsLoaded() throws IOException {
        rig(Preload.ALL)
                .with("iris/1", GOOD)
                .follow()
                .await("iris/1", VersionState.READY)
                .close();
        damageCopies(GOOD);

        SessionsRig rig = rig(Preload.ALL).with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);

        assertThat(rig.version("iris/1").loaded().orElseThrow().download()).isPositive();
        rig.sessions.lease(rig.version("iris/1"), soon()).close();
    }

    @Test
    void aCopyThatWasDamagedFailsItsVersionAloneWhileTheRegistryIsAwayAndIsMendedAfterwards() throws IOException {
        byte[] other = TestModels.addOne("batch", 2);
        SessionsRig before =
                rig(Preload.ALL).with("iris/1", GOOD).with("wine/1", other).follow();
        before.await("iris/1", VersionState.READY)
                .await("wine/1", VersionState.READY)
                .close();
        damageCopies(GOOD);

        SessionsRig rig = rig(Preload.ALL).with("iris/1", GOOD).with("wine/1", other);
        rig.registry.failWith((operation, key) -> {
            if (operation == Operation.GET && key.endsWith("/model.onnx")) {
                throw new RegistryException("out of reach");
            }
        });
        rig.follow().await("iris/1", VersionState.FAILED).await("wine/1", VersionState.READY);
        assertThat(rig.sessions.settled(false)).isEqualTo(new Sessions.Settled(1, 2)); // it has no copy at all

        assertThat(rig.version("iris/1").failure().orElseThrow().reason())
                .isEqualTo("its copy in the local store was damaged, and it cannot be fetched anew just now; the log of"
                        + " the gateway says why");
        rig.registry.failWith((_, _) -> {});
        Awaitility.await().until(() -> rig.timer.waiting() > 0);
        rig.clock.updateAndGet(now -> now.plusSeconds(2));
        rig.timer.run();
        rig.await("iris/1", VersionState.READY);
    }

    private static Digest digest(byte[] content) throws IOException {
        return Digests.of(new ByteArrayInputStream(content));
    }

    private static void tryAgain(SessionsRig rig, int attempt) {
        rig.clock.updateAndGet(now -> now.plusSeconds(10)); // no pause is longer
        rig.timer.run();
        Awaitility.await()
                .until(() -> rig.version("iris/1")
                        .failure()
                        .filter(failure -> failure.attempts() == attempt)
                        .isPresent());
    }

    @Test
    void aPrimaryThatFlipsAtEveryPollLoadsEachVersionOnceAndTheLastStateWins() {
        SessionsRig rig = rig(Preload.TRAFFIC);
        for (String version : List.of("iris/1", "iris/2", "iris/3")) {
            rig.with(version, GOOD);
        }
        for (int flip = 0; flip < 40; flip++) {
            rig.with("iris/model.json", "{\"traffic\": {\"primary\": \"%d\"}}".formatted(1 + flip % 2))
                    .follow();
        }

        rig.await("iris/2", VersionState.READY).await("iris/1", VersionState.READY);
        assertThat(rig.registry.takeRequests())
                .filteredOn(request -> request.key().endsWith("/model.onnx"))
                .hasSizeLessThanOrEqualTo(3);
        assertThat(rig.catalog
                        .model(new ModelName("iris"))
                        .orElseThrow()
                        .policy()
                        .primary())
                .contains("2");
    }

    /** Changes a byte of every copy of {@link #GOOD}. */
    private void damageCopies(byte[] model) throws IOException {
        try (Stream<Path> files = Files.walk(store.resolve("versions"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] content = Files.readAllBytes(file);
                if (Arrays.equals(content, model)) {
                    content[content.length / 2] ^= 1;
                    Files.write(file, content);
                }
            }
        }
    }

    @Test
    void theLocalStoreDeletesWhatIsNotLoadedForANewVersionAndRefusesItRatherThanWhatIs() throws IOException {
        long room = 2L * GOOD.length + 100;
        List<String> told = new ArrayList<>();
        SessionListener listener = new SessionListener() {
            @Override
            public void storeFull(VersionId version, NoRoomException why) {
                told.add(version + " needs " + why.neededBytes() + " of " + why.limitBytes());
            }
        };
        rig(Preload.ALL)
                .with("old/1", TestModels.addOne("batch", 3))
                .follow()
                .await("old/1", VersionState.READY)
                .close();
        byte[] second = TestModels.identity(DataType.FP64, "batch", 2);
        byte[] third = TestModels.identity(DataType.INT64, "batch", 2);
        SessionsRig rig = new SessionsRig(store, Preload.ALL, 1L << 30, room, listener);
        rigs.add(rig);

        rig.with("iris/1", GOOD).with("iris/2", second).follow();
        rig.await("iris/1", VersionState.READY).await("iris/2", VersionState.READY);
        assertThat(store.resolve("versions").toFile().list()).hasSize(2);

        rig.with("iris/3", third).follow().await("iris/3", VersionState.FAILED);
        assertThat(rig.version("iris/3").failure().orElseThrow().reason())
                .isEqualTo("the local store has no room: iris/3 needs %d bytes; %d of %d bytes are of versions in use"
                        .formatted(third.length, GOOD.length + second.length, room));
        assertThat(refusal(rig, "iris/3", soon()).code()).isEqualTo(ErrorCode.VERSION_FAILED);
        rig.sessions.lease(rig.version("iris/1"), soon()).close();
        Awaitility.await().until(() -> rig.timer.waiting() > 0);
        rig.clock.updateAndGet(now -> now.plusSeconds(2));
        rig.timer.run();
        Awaitility.await()
                .until(() -> rig.version("iris/3")
                        .failure()
                        .filter(failure -> failure.attempts() == 2)
                        .isPresent());
        assertThat(told).containsExactly("iris/3 needs %d of %d".formatted(third.length, room));
    }

    @Test
    void aVersionWithTheBytesOfOneThatIsLoadedNeedsNoRoomOfItsOwn() {
        SessionsRig rig = new SessionsRig(store, Preload.ALL, (1 << 20) + GOOD.length + 100);
        rigs.add(rig);

        rig.with("iris/1", GOOD).with("iris/2", GOOD).follow();

        rig.await("iris/1", VersionState.READY).await("iris/2", VersionState.READY);
    }

    @Test
    void aVersionWithoutRoomSaysSoAndIsTriedAgain() {
        SessionsRig rig = new SessionsRig(store, Preload.TRAFFIC, (1 << 20) + GOOD.length + 100);
        rigs.add(rig);
        rig.with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
        rig.age(EvictionPolicy.MINIMUM_AGE); // old enough to go, for whoever is asked for

        rig.with("wine/1", TestModels.addOne("batch", 2)).follow();

        Awaitility.await().until(() -> rig.version("wine/1").failure().isPresent());
        CatalogVersion.Failure why = rig.version("wine/1").failure().orElseThrow();
        assertThat(why.reason()).startsWith("wine/1 needs 1.0 MiB; 0.0 of 1.0 MiB are free");
        assertThat(rig.version("wine/1").state()).isEqualTo(VersionState.PENDING);
        Awaitility.await().until(() -> rig.timer.waiting() == 1);
        rig.timer.run();
        Awaitility.await()
                .until(() -> rig.version("wine/1")
                        .failure()
                        .filter(failure -> failure.attempts() == 2)
                        .isPresent());
    }

    @Test
    void whatThereWasNoRoomForIsRefusedWithoutAnotherLoad() {
        SessionsRig rig = new SessionsRig(store, Preload.TRAFFIC, (1 << 20) + GOOD.length + 100);
        rigs.add(rig);
        rig.with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
        rig.with("wine/1", TestModels.addOne("batch", 2)).follow();
        Awaitility.await().until(() -> rig.version("wine/1").failure().isPresent());

        try (Lease _ =
                rig.sessions.lease(rig.version("iris/1"), soon())) { // so that it cannot go, however long this takes
            ServingException refusal = refusal(rig, "wine/1", soon());

            assertThat(refusal.code()).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
            assertThat(refusal).hasMessageStartingWith("wine/1 needs 1.0 MiB; 0.0 of 1.0 MiB are free");
        }
        assertThat(rig.version("wine/1").failure().orElseThrow().attempts()).isEqualTo(1);
    }

    @Test
    void whatThereWasNoRoomForIsLoadedOnceSmallerBytesLieUnderItsName() {
        SessionsRig rig = new SessionsRig(store, Preload.NONE, (1 << 20) + GOOD.length + 100);
        rigs.add(rig);
        rig.with("iris/1", new byte[1 << 20]).follow();
        assertThat(refusal(rig, "iris/1", soon()).code()).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);

        rig.with("iris/1", GOOD).follow();

        rig.sessions.lease(rig.version("iris/1"), soon()).close();
    }

    @Test
    void anOlderVersionGetsNoRoomFromOneWithTrafficAndIsRefusedWithoutAnotherLoad() {
        SessionsRig rig = new SessionsRig(store, Preload.NONE, (1 << 20) + GOOD.length + 100);
        rigs.add(rig);
        rig.with("iris/1", TestModels.addOne("batch", 3))
                .with("iris/2", GOOD)
                .with("wine/1", TestModels.addOne("batch", 2))
                .follow();
        rig.sessions.lease(rig.version("iris/2"), soon()).close();
        rig.age(EvictionPolicy.MINIMUM_AGE);
        rig.sessions.lease(rig.version("wine/1"), soon()).close();
        rig.age(EvictionPolicy.MINIMUM_AGE);

        for (int i = 0; i < 2; i++) {
            assertThat(refusal(rig, "iris/1", soon()).code()).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
            assertThat(rig.version("iris/1").failure().orElseThrow().attempts()).isEqualTo(1);
        }
        assertThat(rig.version("wine/1").state()).isEqualTo(VersionState.READY);
    }

    @Test
    void whatOnlyAnAliasNamesGetsTheRoomOfWhatIsUsedOnceSomebodyAsksAndNotBefore() {
        SessionsRig rig = withOneThatIsUsed();
        rig.with("wine/model.json", "{\"aliases\": {\"candidate\": \"1\"}}")
                .with("wine/1", TestModels.addOne("batch", 2))
                .follow();

        Awaitility.await().until(() -> rig.version("wine/1").failure().isPresent());
        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.READY);

        rig.sessions.lease(rig.version("wine/1"), soon()).close();
        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.COLD);
    }

    @Test
    void whatPolicyNamesAsPrimaryGetsTheRoomOfWhatIsUsedBeforeAnybodyAsks() {
        SessionsRig rig = withOneThatIsUsed();

        rig.with("wine/model.json", "{\"traffic\": {\"primary\": \"1\"}}")
                .with("wine/1", TestModels.addOne("batch", 2))
                .follow();

        rig.await("wine/1", VersionState.READY);
        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.COLD);
    }

    @Test
    void whatAnAliasMovesToGetsTheRoomOfWhatIsUsedBeforeAnybodyAsksSinceNobodyCould() {
        SessionsRig rig = new SessionsRig(store, Preload.TRAFFIC, 2L * ((1 << 20) + GOOD.length + 100));
        rigs.add(rig);
        rig.with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
        rig.with("wine/model.json", "{\"aliases\": {\"champion\": \"1\"}}")
                .with("wine/1", TestModels.addOne("batch", 2))
                .follow()
                .await("wine/1", VersionState.READY);
        rig.age(EvictionPolicy.MINIMUM_AGE);

        rig.with("wine/model.json", "{\"aliases\": {\"champion\": \"2\"}}")
                .with("wine/2", TestModels.addOne("batch", 3))
                .follow()
                .await("wine/2", VersionState.READY);

        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.COLD);
    }

    @Test
    void whatStillHasNoRoomIsTriedAgainWithoutFetchingIt() throws IOException {
        byte[] other = TestModels.addOne("batch", 2);
        SessionsRig rig = withOneThatIsUsed();
        rig.with("wine/model.json", "{\"aliases\": {\"candidate\": \"1\"}}")
                .with("wine/1", other)
                .follow();
        Awaitility.await().until(() -> rig.timer.waiting() == 1);
        damageCopies(other); // so that a load would have to fetch, and wait
        CountDownLatch open = rig.holdDownloads();

        rig.timer.run();

        Awaitility.await()
                .until(() -> rig.version("wine/1")
                        .failure()
                        .filter(failure -> failure.attempts() == 2)
                        .isPresent());
        open.countDown();
    }

    /** There is room for no other beside it. */
    private SessionsRig withOneThatIsUsed() {
        SessionsRig rig = new SessionsRig(store, Preload.TRAFFIC, (1 << 20) + GOOD.length + 100);
        rigs.add(rig);
        rig.with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
        rig.age(EvictionPolicy.MINIMUM_AGE);
        return rig;
    }

    @Test
    void whatWasEvictedIsRefusedWithoutAnotherLoadOnceThereWasNoRoomForIt() throws IOException {
        SessionsRig rig = new SessionsRig(store, Preload.NONE, (1 << 20) + GOOD.length + 100);
        rigs.add(rig);
        rig.with("iris/1", GOOD).with("wine/1", TestModels.addOne("batch", 2)).follow();
        rig.sessions.lease(rig.version("iris/1"), soon()).close();
        rig.age(EvictionPolicy.MINIMUM_AGE);

        try (Lease _ = rig.sessions.lease(rig.version("wine/1"), soon())) {
            assertThat(refusal(rig, "iris/1", soon()).code()).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
            assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.COLD);

            damageCopies(GOOD); // so that a load would have to fetch, and wait
            CountDownLatch open = rig.holdDownloads();
            assertThat(refusal(rig, "iris/1", Deadline.after(Duration.ofSeconds(1)))
                            .code())
                    .isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
            open.countDown();
        }
    }

    @Test
    void whatThereWasNoRoomForIsServedOnceItsBytesAreLoadedUnderAnotherName() {
        byte[] other = TestModels.addOne("batch", 2);
        SessionsRig rig = new SessionsRig(store, Preload.NONE, (1 << 20) + GOOD.length + 100);
        rigs.add(rig);
        rig.with("iris/1", GOOD).with("wine/1", other).with("wine/2", other).follow();
        try (Lease _ = rig.sessions.lease(rig.version("iris/1"), soon())) {
            assertThat(refusal(rig, "wine/1", soon()).code()).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
        }
        rig.age(EvictionPolicy.MINIMUM_AGE);
        rig.sessions.lease(rig.version("wine/2"), soon()).close();

        try (Lease _ = rig.sessions.lease(rig.version("wine/2"), soon())) {
            rig.sessions.lease(rig.version("wine/1"), soon()).close();
        }
    }

    @Test
    void aModelOfWhichNothingWasEverLoadedGetsTheRoomOfOneThatWasLoadedLongAgoOnceSomebodyAsks() {
        SessionsRig rig = new SessionsRig(store, Preload.NONE, (1 << 20) + GOOD.length + 100);
        rigs.add(rig);
        rig.with("iris/1", GOOD).with("wine/1", TestModels.addOne("batch", 2)).follow();
        try (Lease _ = rig.sessions.lease(rig.version("iris/1"), soon())) {
            assertThat(refusal(rig, "wine/1", soon()).code()).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
        }

        rig.age(EvictionPolicy.MINIMUM_AGE);
        rig.sessions.lease(rig.version("wine/1"), soon()).close();

        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.COLD);
    }

    @Test
    void aVersionWeighsWhatTheNativeHeapGrewByAndTheNextProcessKnows() {
        try (SessionsRig first = new SessionsRig(store, Preload.ALL, 100L << 20, growingBy(3 << 20))) {
            first.with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
            assertThat(first.version("iris/1").memoryBytes()).isEqualTo(3 << 20);
        }

        SessionsRig next = new SessionsRig(store, Preload.ALL, 7 << 19);
        rigs.add(next);
        next.with("wine/1", TestModels.addOne("batch", 2)).follow().await("wine/1", VersionState.READY);
        try (Lease _ = next.sessions.lease(next.version("wine/1"), Deadline.after(Duration.ofSeconds(30)))) {
            next.with("iris/1", GOOD).follow();

            assertThat(refusal(next, "iris/1")).startsWith("iris/1 needs 3.0 MiB; 2.5 of 3.5 MiB are free");
        }
    }

    @Test
    void aVersionThatTurnsOutTooHeavyIsRefusedAndHurtsNobody() {
        try (SessionsRig first = new SessionsRig(store, Preload.ALL, 100L << 20, growingBy(3 << 20))) {
            first.with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
        }

        AtomicLong inUse = new AtomicLong();
        SessionsRig rig = new SessionsRig(store, Preload.ALL, 7 << 19, growingBy(4 << 20, inUse));
        rigs.add(rig);
        rig.with("iris/1", GOOD).follow(); // 3 MiB are there for it

        assertThat(refusal(rig, "iris/1")).startsWith("iris/1 needs 4.0 MiB; 0.5 of 3.5 MiB are free");
        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.PENDING);
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(marksOfUse()).isEmpty()); // its session is closed, and lets go of the files

        long before = inUse.get();
        rig.with("wine/1", GOOD).follow(); // the same bytes, so the same digest
        assertThat(refusal(rig, "wine/1")).startsWith("wine/1 needs 4.0 MiB");
        assertThat(inUse).as("what is known to be too heavy is not made again").hasValue(before);
    }

    @Test
    void whatAVersionOnceWeighedKeepsItOutOfNoRoomThatIsTooSmallForThat() {
        try (SessionsRig first = new SessionsRig(store, Preload.ALL, 100L << 20, growingBy(4 << 20))) {
            first.with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
        }

        SessionsRig rig = new SessionsRig(store, Preload.ALL, 7 << 19, growingBy(1 << 20));
        rigs.add(rig);

        rig.with("iris/1", GOOD).follow().await("iris/1", VersionState.READY);
    }

    private List<Path> marksOfUse() throws IOException {
        try (Stream<Path> all = Files.walk(store.resolve("in-use"))) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith("lock"))
                    .toList();
        }
    }

    /** {@return a native heap of which every look finds so much more in use} The making of a session is between two. */
    private static Supplier<OptionalLong> growingBy(long bytes) {
        return growingBy(bytes, new AtomicLong());
    }

    private static Supplier<OptionalLong> growingBy(long bytes, AtomicLong inUse) {
        return () -> OptionalLong.of(inUse.getAndAdd(bytes));
    }

    private static String refusal(SessionsRig rig, String id) {
        Awaitility.await().until(() -> rig.version(id).failure().isPresent());
        return rig.version(id).failure().orElseThrow().reason();
    }

    @Test
    void aColdVersionLoadsOnTheFirstRequestWithinItsDeadline() {
        SessionsRig rig = rig(Preload.NONE).with("iris/1", GOOD).follow();
        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.PENDING);

        try (Lease lease = rig.sessions.lease(rig.version("iris/1"), soon())) {
            assertThat(lease.servable().signature().inputs()).hasSize(1);
        }
        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.READY);
    }

    @Test
    void aCallerWhoCannotWaitIsToldThePhaseAndWhenToComeAgain() {
        SessionsRig rig = rig(Preload.NONE).with("iris/1", GOOD).follow();
        CountDownLatch open = rig.holdDownloads();

        ServingException refusal = refusal(rig, "iris/1", Deadline.after(Duration.ofMillis(50)));

        assertThat(refusal.code()).isEqualTo(ErrorCode.VERSION_LOADING);
        assertThat(refusal.retryAfter()).contains(Duration.ofSeconds(2));
        assertThat(refusal).hasMessageStartingWith("iris/1 is loading: ").hasMessageEndingWith("deadline was shorter.");
        open.countDown();
        rig.await("iris/1", VersionState.READY); // the load went on without its caller
    }

    @Test
    void howeverManyAskAVersionIsLoadedOnce() throws Exception {
        SessionsRig rig = rig(Preload.NONE).with("iris/1", GOOD).follow();
        CountDownLatch open = rig.holdDownloads();
        rig.registry.takeRequests();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                all.add(callers.submit(
                        () -> rig.sessions.lease(rig.version("iris/1"), soon()).close()));
            }
            open.countDown();
            for (Future<?> one : all) {
                one.get();
            }
        }

        assertThat(rig.registry.takeRequests())
                .filteredOn(request -> request.key().endsWith("/model.onnx"))
                .hasSize(1);
    }

    @Test
    void neitherAnEmptyListingNorAVanishedVersionTakesALoadedOneAway() {
        SessionsRig rig =
                rig(Preload.ALL).with("iris/1", GOOD).with("iris/2", GOOD).follow();
        rig.await("iris/1", VersionState.READY).await("iris/2", VersionState.READY);

        rig.registry.delete("iris/2/model.onnx");
        rig.follow();
        assertThat(newest(rig)).isEqualTo("2");

        rig.registry.delete("iris/1/model.onnx");
        rig.follow();
        assertThat(newest(rig)).isEqualTo("2");
        rig.sessions.lease(rig.version("iris/2"), soon()).close();
    }

    @Test
    void whatThereIsNoRoomForIsRefusedAndDoesNotHoldUpTheStart() {
        SessionsRig rig = new SessionsRig(store, Preload.TRAFFIC, 1000);
        rigs.add(rig);
        rig.with("iris/1", GOOD).follow();

        Awaitility.await().until(() -> rig.sessions.settled(true).all());
        ServingException refusal = refusal(rig, "iris/1", soon());

        assertThat(refusal.code()).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
        assertThat(rig.version("iris/1").state()).isEqualTo(VersionState.PENDING);
    }

    @Test
    void startUpIsSettledOnceWhatWasChosenIsReadyOrFailedForGood() {
        SessionsRig rig = rig(Preload.ALL).with("iris/1", GOOD).with("iris/2", NONSENSE);
        CountDownLatch open = rig.holdDownloads();

        rig.follow();
        assertThat(rig.sessions.settled(true)).isEqualTo(new Sessions.Settled(0, 2));

        open.countDown();
        Awaitility.await().until(() -> rig.sessions.settled(true).all());
    }

    @Test
    void aDownloadUnderWayDoesNotHoldUpTheEnd() {
        SessionsRig rig = rig(Preload.TRAFFIC).with("iris/1", GOOD);
        CountDownLatch open = rig.holdDownloads();
        rig.follow().await("iris/1", VersionState.DOWNLOADING);

        rig.sessions.stopLoading();
        open.countDown();
        rig.sessions.close(); // waits for the load to end

        assertThat(rig.version("iris/1").state()).isNotEqualTo(VersionState.READY);
        assertThat(store.resolve("versions")).isEmptyDirectory();
    }

    @Test
    void onceItStopsNothingIsLoadedAnyMore() {
        SessionsRig rig = rig(Preload.NONE).with("iris/1", GOOD).follow();

        rig.sessions.stopLoading();

        assertThat(refusal(rig, "iris/1", soon()).code()).isEqualTo(ErrorCode.STOPPING);
    }
}
