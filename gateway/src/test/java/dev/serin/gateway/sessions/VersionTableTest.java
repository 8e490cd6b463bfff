package dev.serin.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.CatalogVersion.Failure;
import dev.serin.gateway.catalog.CatalogVersion.Loaded;
import dev.serin.gateway.catalog.CatalogVersion.Progress;
import dev.serin.gateway.catalog.CatalogVersion.Sunset;
import dev.serin.gateway.catalog.Discrepancy;
import dev.serin.gateway.catalog.Targets;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.sessions.VersionTable.Fault;
import dev.serin.gateway.sessions.VersionTable.Load;
import dev.serin.inference.Signature;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.RegisteredVersion.HandDropped;
import dev.serin.registry.RegisteredVersion.Published;
import dev.serin.registry.RegisteredVersion.Unusable;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.store.NoRoomException;
import dev.serin.serving.LoadReport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The steps between the states, without any work behind them. */
class VersionTableTest {
    private static final ModelName IRIS = new ModelName("iris");
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final Digest BYTES = new Digest("a".repeat(64));

    private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);
    private final Catalog catalog = new Catalog();
    private final List<String> told = new ArrayList<>();
    private final VersionTable table = new VersionTable(catalog, clock::get, new SessionListener() {
        @Override
        public void published(VersionId version) {
            told.add("published " + version);
        }

        @Override
        public void failed(VersionId version, Failure failure, Throwable cause, boolean news) {
            if (news) {
                told.add("failed %s: %s, %s".formatted(version, failure.reason(), cause.getMessage()));
            }
        }

        @Override
        public void storeFull(VersionId version, NoRoomException why) {
            told.add("store full for " + version);
        }

        @Override
        public void memoryFull(VersionId version, long neededBytes, long freeBytes) {
            told.add("memory full for %s: %d, %d".formatted(version, neededBytes, freeBytes));
        }

        @Override
        public void tampered(CatalogVersion version, Discrepancy how) {
            told.add("tampered " + version.id());
        }

        @Override
        public void deleted(List<VersionId> versions) {
            told.add("deleted " + versions);
        }

        @Override
        public void restored(List<VersionId> versions) {
            told.add("restored " + versions);
        }

        @Override
        public void moved(ModelName model, Targets before, Targets now) {
            told.add("moved " + text(before) + " to " + text(now));
        }

        @Override
        public void policyChanged(ModelName model, List<ModelPolicy.HistoryEntry> news) {
            told.add("policy changed by "
                    + news.stream().map(ModelPolicy.HistoryEntry::by).toList());
        }

        @Override
        public void policyUnknown(ModelName model, List<String> members) {
            told.add("unknown " + members);
        }

        @Override
        public void policyUnreadable(ModelName model, String problem) {
            told.add("unreadable: " + problem);
        }
    });

    private static HandDropped dropped(String version, String tag) {
        return new HandDropped(
                new VersionId(IRIS, new ModelVersion(version)),
                NOW,
                List.of(new RegistryObject("iris/" + version + "/model.onnx", 10, tag, NOW)),
                true);
    }

    private void look(RegisteredVersion... versions) {
        look(ModelPolicy.NONE, Optional.empty(), versions);
    }

    private void look(ModelPolicy policy, Optional<String> problem, RegisteredVersion... versions) {
        TreeMap<ModelName, RegisteredModel> models = new TreeMap<>();
        models.put(IRIS, new RegisteredModel(IRIS, List.of(versions), policy, problem));
        table.follow(new RegistrySnapshot(models, List.of(), NOW));
    }

    private void lookAtNothing() {
        table.follow(new RegistrySnapshot(new TreeMap<>(), List.of(), NOW));
    }

    private static ModelPolicy policy(String json) {
        return ModelPolicies.parse(IRIS, json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private static VersionId id(String version) {
        return VersionId.parse("iris/" + version);
    }

    private Load begin(String version) {
        return table.begin(id(version)).orElseThrow().load();
    }

    private void ready(Load load) {
        ready(load, BYTES);
    }

    private void ready(Load load, Digest digest) {
        LoadReport report = new LoadReport(
                Duration.ZERO, Duration.ZERO, Duration.ZERO, OptionalLong.empty(), 0, true, "", 1, true, "{}");
        table.ready(
                load, digest, new Signature(List.of(), List.of()), new Loaded(Duration.ZERO, Duration.ZERO, report), 7);
    }

    private void load(String version) {
        ready(begin(version));
    }

    private List<String> versions() {
        return catalog.model(IRIS).orElseThrow().versions().stream()
                .map(version -> version.id().version() + " " + version.state().label())
                .toList();
    }

    private CatalogVersion version(String version) {
        return catalog.model(IRIS).orElseThrow().versions().stream()
                .filter(each -> each.id().equals(id(version)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatIsSeenFirstIsPendingAndLaterOnesAreTold() {
        look(dropped("1", "a"));
        look(dropped("1", "a"), dropped("2", "a"));

        assertThat(versions()).containsExactly("1 pending", "2 pending");
        assertThat(told).containsExactly("published iris/2");
    }

    @Test
    void aLoadIsBegunOnceAndSharedByWhoeverAsks() {
        look(dropped("1", "a"));

        assertThat(table.begin(id("1")).orElseThrow().isNew()).isTrue();
        assertThat(table.begin(id("1")).orElseThrow().isNew()).isFalse();
        assertThat(versions()).containsExactly("1 downloading");
        table.loading(id("1"));
        assertThat(versions()).containsExactly("1 loading");
    }

    @Test
    void aVersionIsEligibleOnlyOnceItsLoadHasEndedWell() {
        look(dropped("1", "a"));
        Load load = begin("1");
        table.loading(id("1"));
        assertThat(catalog.model(IRIS).orElseThrow().newest()).isEmpty();

        ready(load);

        assertThat(catalog.model(IRIS).orElseThrow().newest()).contains(version("1"));
        assertThat(version("1").memoryBytes()).isEqualTo(7);
    }

    @Test
    void aFailedLoadIsCountedAndMayBeginAgainOnlyInItsTime() {
        look(dropped("1", "a"));

        Optional<Duration> pause =
                table.failed(begin("1"), "model.onnx is empty", new Exception("native"), Fault.VERSION);

        assertThat(pause).contains(Duration.ofSeconds(2));
        assertThat(version("1").failure())
                .contains(new Failure("model.onnx is empty", 1, Optional.of(NOW.plusSeconds(2))));
        assertThat(told).containsExactly("failed iris/1: model.onnx is empty, native");
        assertThat(table.begin(id("1"))).isEmpty();
        clock.set(NOW.plusSeconds(2));
        table.failed(begin("1"), "still", new Exception("native"), Fault.VERSION);
        assertThat(version("1").failure().orElseThrow().attempts()).isEqualTo(2);
    }

    private void fail(Fault fault, String reason) {
        table.failed(begin("1"), reason, new Exception("native"), fault);
        clock.updateAndGet(now -> now.plusSeconds(10));
    }

    @Test
    void whatIsTriedForEverIsToldOnceForEachCauseAndWhatIsBrokenAtEveryTry() {
        look(dropped("1", "a"));

        fail(Fault.WAY, "away");
        fail(Fault.WAY, "away");
        fail(Fault.DISK, "full");
        fail(Fault.DISK, "full");
        fail(Fault.DISK, "read-only");
        fail(Fault.WAY, "away");
        assertThat(told)
                .containsExactly(
                        "failed iris/1: away, native",
                        "failed iris/1: full, native",
                        "failed iris/1: read-only, native",
                        "failed iris/1: away, native");

        told.clear();
        look(dropped("1", "b"));
        fail(Fault.VERSION, "broken");
        fail(Fault.VERSION, "broken");
        assertThat(told).containsExactly("failed iris/1: broken, native", "failed iris/1: broken, native");
    }

    @Test
    void thatThereIsNoRoomIsToldOnceHoweverItsFiguresChange() {
        look(dropped("1", "a"));
        fail(Fault.WAY, "away");
        told.clear();

        for (long free = 1; free < 4; free++) {
            NoRoomException full = new NoRoomException(id("1"), 9, free, 10);
            table.failed(begin("1"), full.reason(), full, Fault.STORE_FULL);
            clock.updateAndGet(now -> now.plusSeconds(10));
        }
        assertThat(told).hasSize(2);
        assertThat(told.getFirst()).isEqualTo("store full for iris/1");

        told.clear();
        for (long free = 1; free < 4; free++) {
            table.noRoom(begin("1"), "it needs 9, %d are free".formatted(free), BYTES, 9, free);
        }
        assertThat(told).containsExactly("memory full for iris/1: 9, 1");

        load("1");
        table.evicted(BYTES);
        table.noRoom(begin("1"), "it needs 9", BYTES, 9, 5);
        table.noRoom(begin("1"), "it needs 9", BYTES, 9, 6);
        assertThat(told).containsExactly("memory full for iris/1: 9, 1", "memory full for iris/1: 9, 5");
    }

    @Test
    void progressIsShownFourTimesASecond() {
        look(dropped("1", "a"));
        begin("1");

        table.progress(id("1"), 1, 100);
        table.progress(id("1"), 2, 100);
        clock.updateAndGet(now -> now.plusMillis(249));
        table.progress(id("1"), 3, 100);
        assertThat(version("1").progress()).contains(new Progress(1, 100));

        clock.updateAndGet(now -> now.plusMillis(1));
        table.progress(id("1"), 4, 100);
        assertThat(version("1").progress()).contains(new Progress(4, 100));
    }

    @Test
    void aStepOfOneVersionLeavesTheOthersWhereTheyAre() {
        look(dropped("10", "a"), dropped("9", "a"), dropped("1", "a"));
        load("9");
        table.failed(begin("1"), "broken", new Exception(), Fault.VERSION);
        begin("10");
        table.evicted(BYTES);

        assertThat(versions()).containsExactly("1 failed", "9 cold", "10 downloading");
        look(dropped("2", "a"), dropped("10", "a"), dropped("9", "a"));
        assertThat(versions()).containsExactly("2 pending", "9 cold", "10 downloading");
    }

    @Test
    void aFailureOfTheLocalStoreSettlesAVersionAlsoWhileItIsTriedAgain() {
        for (Fault fault : List.of(Fault.DISK, Fault.STORE_FULL)) {
            look(dropped("1", fault.name()));
            assertThat(table.isSettled(id("1"))).isFalse();

            fail(fault, "no luck");
            assertThat(table.isSettled(id("1"))).isTrue();

            Load again = begin("1");
            assertThat(table.isSettled(id("1"))).isTrue();
            table.givenUp(again);
            assertThat(versions()).containsExactly("1 pending");
        }
    }

    @Test
    void onlyALastingFailureSettlesAVersion() {
        look(dropped("1", "a"));
        assertThat(table.isSettled(id("1"))).isFalse();

        table.failed(begin("1"), "the registry is away", new Exception(), Fault.WAY);
        assertThat(table.isSettled(id("1"))).isFalse();

        clock.set(NOW.plusSeconds(60));
        table.failed(begin("1"), "a golden differs", new Exception(), Fault.VERSION);
        assertThat(table.isSettled(id("1"))).isTrue();
    }

    @Test
    void afterFiveAttemptsOnlyAChangeInTheRegistryStartsItOver() {
        look(dropped("1", "a"));
        for (int i = 0; i < RetryPolicy.LASTING_ATTEMPTS; i++) {
            table.failed(begin("1"), "broken", new Exception(), Fault.VERSION);
            clock.updateAndGet(now -> now.plus(Duration.ofHours(1)));
        }
        assertThat(table.begin(id("1"))).isEmpty();

        look(dropped("1", "b"));

        assertThat(versions()).containsExactly("1 pending");
        assertThat(version("1").failure()).isEmpty();
        assertThat(table.begin(id("1"))).isPresent();
    }

    @Test
    void whatHasBeenReadyIsNeverForgottenAndWhatHasNotIs() {
        look(dropped("1", "a"), dropped("2", "a"));
        load("1");

        look();
        assertThat(versions()).containsExactly("1 ready");

        lookAtNothing();
        assertThat(versions()).containsExactly("1 ready");
    }

    @Test
    void aVersionThatVanishesWhileItLoadsIsKeptUntilItsLoadHasEnded() {
        look(dropped("1", "a"));
        Load load = begin("1");

        look();
        ready(load);

        assertThat(versions()).containsExactly("1 ready");
    }

    @Test
    void otherBytesUnderAReadyNameAreToldOnceAndNotTaken() {
        look(dropped("1", "a"));
        load("1");

        look(dropped("1", "b"));
        look(ModelPolicy.NONE, Optional.of("x"), dropped("1", "b"));

        assertThat(told).containsExactly("tampered iris/1", "unreadable: x");
        assertThat(version("1").state()).isEqualTo(VersionState.READY);
        assertThat(version("1").digest()).contains(BYTES);
    }

    private static Published published(String version, String sha256) {
        return new Published(new Manifest(
                new VersionId(IRIS, new ModelVersion(version)),
                NOW,
                List.of(new Artifact(ArtifactPath.MODEL, 9, new Digest(sha256.repeat(64)))),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode()));
    }

    private void loadPublished(Published version) {
        ready(begin(version.id().version().value()), version.manifest().versionDigest());
    }

    private void lookAtDamage(String version, String damage, RegisteredVersion... versions) {
        TreeMap<ModelName, RegisteredModel> models = new TreeMap<>();
        models.put(
                IRIS,
                new RegisteredModel(
                        IRIS,
                        List.of(versions),
                        ModelPolicy.NONE,
                        Optional.empty(),
                        Map.of(new ModelVersion(version), damage)));
        table.follow(new RegistrySnapshot(models, List.of(), NOW));
    }

    private Optional<String> discrepancy(String version) {
        return version(version).discrepancy().map(how -> how.kind().label() + ": " + how.detail());
    }

    @Test
    void anotherManifestUnderAReadyNameIsToldWithBothDigestsAndItsTakingBackIsToo() {
        Published one = published("1", "1");
        Published two = published("1", "2");
        look(one);
        loadPublished(one);

        look(two);
        look(two, published("2", "3"));

        Digest found = two.manifest().versionDigest();
        assertThat(version("1").discrepancy().orElseThrow().found()).contains(found);
        assertThat(version("1").digest()).contains(one.manifest().versionDigest());
        assertThat(discrepancy("1").orElseThrow())
                .startsWith("overwritten: has other bytes in the registry: digest "
                        + found.hex().substring(0, 8) + "…, loaded is "
                        + one.manifest().versionDigest().hex().substring(0, 8));
        assertThat(told).containsExactly("tampered iris/1", "published iris/2");

        look(one);
        assertThat(discrepancy("1")).isEmpty();
        assertThat(told.getLast()).isEqualTo("restored [iris/1]");
        assertThat(version("1").state()).isEqualTo(VersionState.READY);
    }

    @Test
    void aLoadedVersionThatTheRegistryMakesUnusableStaysAndThatIsToldOnce() {
        Published one = published("1", "1");
        look(one);
        loadPublished(one);

        look(new Unusable(id("1"), NOW, "its manifest is not signed"));
        look(new Unusable(id("1"), NOW, "its manifest is not signed"), published("2", "3"));

        assertThat(version("1").state()).isEqualTo(VersionState.READY);
        assertThat(discrepancy("1"))
                .contains("overwritten: is unusable in the registry, as its manifest is not signed");
        assertThat(told).containsExactly("tampered iris/1", "published iris/2");
        look(one);
        assertThat(told.getLast()).isEqualTo("restored [iris/1]");
    }

    @Test
    void anArtifactThatIsWrittenOverOrMissingIsTold() {
        Published one = published("1", "1");
        look(one);
        loadPublished(one);

        lookAtDamage("1", "model.onnx is not there", one);

        assertThat(discrepancy("1")).contains("overwritten: was damaged in the registry: model.onnx is not there");
        assertThat(told).containsExactly("tampered iris/1");
        look(one);
        assertThat(told).containsExactly("tampered iris/1", "restored [iris/1]");
    }

    @Test
    void damageBeforeTheLoadIsToldOnceTheLoadFromALocalCopyHasEnded() {
        Published one = published("1", "1");
        lookAtDamage("1", "model.onnx is not there", one);
        assertThat(told).isEmpty();

        loadPublished(one);

        assertThat(told).containsExactly("tampered iris/1");
    }

    @Test
    void versionsThatAreGoneAreToldOnceTogetherAndGoOnServingAndSoIsTheirReturn() {
        look(dropped("1", "a"), dropped("2", "a"), dropped("3", "a"));
        load("1");
        load("2");

        look(dropped("3", "a"));
        look(dropped("3", "b"));
        assertThat(versions()).contains("1 ready", "2 ready");
        assertThat(discrepancy("1")).contains("deleted: is gone from the registry");
        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).startsWith("deleted [iris/").contains("iris/1", "iris/2");

        look(dropped("1", "a"), dropped("2", "a"));
        assertThat(discrepancy("1")).isEmpty();
        assertThat(told).hasSize(2);
        assertThat(told.getLast()).startsWith("restored [iris/").contains("iris/1", "iris/2");
    }

    @Test
    void aModelThatIsGoneKeepsItsVersionsAndItsPolicyAndItsReturnIsNoticed() {
        ModelPolicy policy = policy("{'traffic': {'primary': '1'}}");
        TreeMap<ModelName, RegisteredModel> models = new TreeMap<>();
        models.put(IRIS, new RegisteredModel(IRIS, List.of(dropped("1", "a")), policy, Optional.empty()));
        RegistrySnapshot whole = new RegistrySnapshot(models, List.of(), NOW);
        table.follow(whole);
        load("1");
        told.clear();

        lookAtNothing();
        lookAtNothing();
        assertThat(told).containsExactly("deleted [iris/1]");
        assertThat(catalog.model(IRIS).orElseThrow().policy()).isEqualTo(policy);

        table.follow(whole); // the very same model: a scanner hands it on while it does not change
        assertThat(told).containsExactly("deleted [iris/1]", "restored [iris/1]");
    }

    @Test
    void aVersionThatIsWrittenAgainIsNotTakenForGoneMeanwhile() {
        look(dropped("1", "a"));
        load("1");

        look(copying("1"));
        assertThat(told).isEmpty();
        look(dropped("1", "b"));
        assertThat(told).containsExactly("tampered iris/1");
        assertThat(discrepancy("1")).contains("overwritten: was written again in the registry");
    }

    @Test
    void aVersionThatVanishesWhileItLoadsIsToldWhenItsLoadHasEnded() {
        look(dropped("1", "a"), dropped("2", "a"));
        load("2");
        Load load = begin("1");

        look(dropped("2", "a"));
        assertThat(told).isEmpty();
        ready(load);

        assertThat(told).containsExactly("deleted [iris/1]");
    }

    @Test
    void bytesThatChangeWhileTheyLoadAreFoundOutAtTheEndOfTheLoad() {
        look(dropped("1", "a"));
        Load load = begin("1");

        look(dropped("1", "b"));
        ready(load);

        assertThat(told).containsExactly("tampered iris/1");
    }

    @Test
    void anEvictedVersionIsColdKeepsItsSignatureAndMayLoadAgain() {
        look(dropped("1", "a"), dropped("2", "a"));
        load("1");
        load("2"); // the same bytes: one session

        assertThat(table.evicted(BYTES)).containsExactlyInAnyOrder(id("1"), id("2"));

        assertThat(versions()).containsExactly("1 cold", "2 cold");
        assertThat(version("1").signature()).isPresent();
        assertThat(version("1").memoryBytes()).isZero();
        assertThat(table.begin(id("1"))).isPresent();
    }

    @Test
    void aVersionThatLoadsAgainKeepsItsRoute() {
        look(dropped("1", "a"), dropped("2", "a"));
        load("2");
        table.evicted(BYTES);
        load("1");

        begin("2");
        assertThat(versions()).containsExactly("1 ready", "2 downloading");
        assertThat(catalog.model(IRIS).orElseThrow().newest()).contains(version("2"));
        table.loading(id("2"));
        assertThat(catalog.model(IRIS).orElseThrow().newest()).contains(version("2"));
    }

    @Test
    void aReloadThatFailsOnTheWayLeavesItsVersionColdUntilTheNextTry() {
        look(dropped("1", "a"));
        load("1");
        table.evicted(BYTES);

        table.failed(begin("1"), "the registry is away", new Exception(), Fault.WAY);

        assertThat(versions()).containsExactly("1 cold");
        assertThat(version("1").failure())
                .contains(new Failure("the registry is away", 1, Optional.of(NOW.plusSeconds(2))));
        assertThat(table.begin(id("1"))).isEmpty();
        clock.set(NOW.plusSeconds(2));
        table.failed(begin("1"), "a golden differs", new Exception(), Fault.VERSION);
        assertThat(versions()).containsExactly("1 failed");
    }

    @Test
    void whatThereWasNoRoomForIsNothingOnceTheRegistryHasSomethingElse() {
        look(dropped("1", "a"));
        table.noRoom(begin("1"), "it needs more than there is", BYTES, 9, 7);
        assertThat(table.lacking(id("1"))).contains(BYTES);

        look(dropped("1", "b"));

        assertThat(table.lacking(id("1"))).isEmpty();
    }

    @Test
    void aColdVersionWithoutRoomForgetsWhatElseWasOnceInTheWay() {
        look(dropped("1", "a"));
        load("1");
        table.evicted(BYTES);
        fail(Fault.WAY, "away");
        clock.updateAndGet(now -> now.plusSeconds(60));

        table.noRoom(begin("1"), "it needs more than there is", BYTES, 9, 7);

        assertThat(versions()).containsExactly("1 cold");
        assertThat(version("1").failure()).isEmpty();
    }

    @Test
    void whatThereWasNoRoomForIsNothingOnceItIsLoaded() {
        look(dropped("1", "a"));
        table.noRoom(begin("1"), "it needs more than there is", BYTES, 9, 7);

        load("1");

        assertThat(table.lacking(id("1"))).isEmpty();
    }

    @Test
    void withoutRoomAVersionGoesBackToWhereItWas() {
        look(dropped("1", "a"), dropped("2", "a"));
        load("2");
        table.evicted(BYTES);

        table.noRoom(begin("1"), "it needs more than there is", BYTES, 9, 7);
        table.noRoom(begin("2"), "it needs more than there is", BYTES, 9, 7);

        assertThat(versions()).containsExactly("1 pending", "2 cold");
        assertThat(table.hasNoRoom(id("1"))).isTrue();
        assertThat(table.isSettled(id("1"))).isTrue();
        assertThat(version("1").failure())
                .contains(new Failure("it needs more than there is", 1, Optional.of(NOW.plusSeconds(2))));
        assertThat(version("2").failure()).isEmpty();

        table.tryAgain(id("1"));
        assertThat(table.hasNoRoom(id("1"))).isFalse();
    }

    @Test
    void onlyWhatIsBeingCopiedAtTheStartIsWaitedFor() {
        look(copying("1"));
        assertThat(table.candidates()).isEqualTo(1);

        look(copying("1"));
        assertThat(table.candidates()).isZero();
    }

    private static HandDropped copying(String version) {
        HandDropped settled = dropped(version, "a");
        return new HandDropped(settled.id(), settled.createdAt(), settled.files(), false);
    }

    @Test
    void anUnusableVersionHasFailedForTheRegistrysReason() {
        look(new Unusable(id("1"), NOW, "its name is an alias of iris"));

        assertThat(version("1").failure()).contains(new Failure("its name is an alias of iris", 0, Optional.empty()));
        assertThat(table.begin(id("1"))).isEmpty();
        assertThat(table.isSettled(id("1"))).isTrue();
    }

    @Test
    void aRetiredVersionLeavesAtItsSunsetAndReturnsWhenThatIsTakenBack() {
        ModelPolicy sunset =
                policy("{'retired': {'1': {'at': '2026-11-22T09:00:00Z', 'sunset': '2026-11-22T10:00:05Z'}}}");
        look(dropped("1", "a"));
        load("1");

        look(sunset, Optional.empty(), dropped("1", "a"));
        assertThat(versions()).containsExactly("1 ready");
        assertThat(version("1").sunset())
                .contains(new Sunset(
                        Instant.parse("2026-11-22T09:00:00Z"),
                        Instant.parse("2026-11-22T10:00:05Z"),
                        Optional.empty())); // nothing else would answer

        clock.set(NOW.plusSeconds(5));
        look(sunset, Optional.empty(), dropped("1", "a"));
        assertThat(versions()).containsExactly("1 retired");
        assertThat(table.begin(id("1"))).isEmpty();

        look(dropped("1", "a"));
        assertThat(versions()).containsExactly("1 pending");
        assertThat(version("1").sunset()).isEmpty();
    }

    @Test
    void whatOfAPolicyIsIgnoredIsToldOncePerChange() {
        ModelPolicy canary = policy("{'colour': 1, 'traffic': {'canary': {'id': 'k', 'version': '2', 'weight': 10}}}");
        ModelPolicy more = policy("{'colour': 1, 'traffic': {'canary': {'id': 'k', 'version': '2', 'weight': 50}}}");
        ModelPolicy moreAndAlias = policy("{'colour': 1, 'aliases': {'a': '1'},"
                + " 'traffic': {'canary': {'id': 'k', 'version': '2', 'weight': 50}}}");

        look(canary, Optional.empty(), dropped("1", "a"));
        look(canary, Optional.empty(), dropped("1", "a"), dropped("2", "a"));
        assertThat(told).containsExactly("unknown [colour]", "published iris/2");

        told.clear();
        look(more, Optional.empty(), dropped("1", "a"));
        look(moreAndAlias, Optional.empty(), dropped("1", "a"));
        assertThat(told).containsExactly("policy changed by []", "policy changed by []", "moved none{} to none{a=1}");

        told.clear();
        look(moreAndAlias, Optional.of("line 3"), dropped("1", "a"));
        look(moreAndAlias, Optional.of("line 3"), dropped("1", "a"), dropped("3", "a"));
        assertThat(told).containsExactly("unreadable: line 3", "published iris/3");
        assertThat(catalog.model(IRIS).orElseThrow().policy()).isEqualTo(moreAndAlias);
        assertThat(catalog.model(IRIS).orElseThrow().policyProblem()).contains("line 3");
    }

    @Test
    void whoChangesAPolicyIsToldAndWhatWasThereAtFirstIsNot() {
        String first = "{'at': '2026-11-22T10:00:00Z', 'by': 'ana', 'command': 'alias set iris/1 a'}";
        String second = "{'at': '2026-11-22T10:01:00Z', 'by': 'ben', 'command': 'alias set iris/1 b'}";
        look(policy("{'history': [%s]}".formatted(first)), Optional.empty(), dropped("1", "a"));
        assertThat(told).noneMatch(event -> event.startsWith("policy changed"));

        look(policy("{'history': [%s, %s]}".formatted(first, second)), Optional.empty(), dropped("1", "a"));
        look(policy("{'history': [%s, %s]}".formatted(first, second)), Optional.empty(), dropped("1", "b"));

        assertThat(told)
                .filteredOn(event -> event.startsWith("policy changed"))
                .containsExactly("policy changed by [ben]");
    }

    @Test
    void trafficIsMovedOnlyWhereItWasSomewhereBefore() {
        look(policy("{'traffic': {'primary': '1'}}"), Optional.empty(), dropped("1", "a"), dropped("2", "a"));
        assertThat(told).noneMatch(event -> event.startsWith("moved"));

        load("1");
        load("2");
        look(policy("{'traffic': {'primary': '2'}}"), Optional.empty(), dropped("1", "a"), dropped("2", "a"));

        assertThat(told).contains("moved 1{} to 2{}");
    }

    @Test
    void namesMoveWhenTheVersionIsReadyAndStandForTheFormerOneUntilThen() {
        ModelPolicy first = policy("{'aliases': {'a': '1'}, 'traffic': {'primary': '1'}}");
        ModelPolicy second = policy("{'aliases': {'a': '2'}, 'traffic': {'primary': '2'}}");
        look(first, Optional.empty(), dropped("1", "a"));
        load("1");

        look(second, Optional.empty(), dropped("1", "a"), dropped("2", "a"));
        assertThat(text(catalog.model(IRIS).orElseThrow().targets())).isEqualTo("1{a=1}");
        assertThat(told).noneMatch(event -> event.startsWith("moved"));

        load("2");
        assertThat(text(catalog.model(IRIS).orElseThrow().targets())).isEqualTo("2{a=2}");
        assertThat(told).contains("moved 1{a=1} to 2{a=2}");
    }

    private static String text(Targets targets) {
        return targets.primary().map(ModelVersion::value).orElse("none") + targets.aliases();
    }
}
