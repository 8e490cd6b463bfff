package dev.serin.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogVersion.Failure;
import dev.serin.gateway.catalog.Discrepancy;
import dev.serin.gateway.catalog.Targets;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.registry.AliasName;
import dev.serin.registry.Digest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;
import dev.serin.registry.StoreException;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.LocalStoreException;
import dev.serin.registry.store.NoRoomException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Catalog catalog = new Catalog();
    private final Metrics metrics = new Metrics(
            catalog,
            config(ObserveConfig.Format.JSON, ObserveConfig.AccessLog.ALL),
            new Metrics.Limits(0, 0),
            Map.of());
    private final Events events = new Events(EventLog.events(metrics), catalog);
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream standardOutput = System.out;
    private final Handler[] handlers = Logger.getLogger("").getHandlers();
    private final Level level = Logger.getLogger("").getLevel();

    private final AtomicLong now = new AtomicLong();

    private static ObserveConfig config(ObserveConfig.Format format, ObserveConfig.AccessLog access) {
        return new ObserveConfig(format, access, 1000);
    }

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(written, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(standardOutput);
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        for (Handler handler : handlers) {
            root.addHandler(handler);
        }
        root.setLevel(level);
    }

    private void json() {
        Logs.install(config(ObserveConfig.Format.JSON, ObserveConfig.AccessLog.ALL), true);
    }

    private void text() {
        Logs.install(config(ObserveConfig.Format.AUTO, ObserveConfig.AccessLog.ALL), true);
    }

    private String output() {
        return written.toString(StandardCharsets.UTF_8);
    }

    private List<JsonNode> lines() {
        return output().lines().map(EventsTest::parse).toList();
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }

    @Test
    void aLoadedVersionIsOneAlignedLineOnATerminal() {
        text();

        events.loaded(Samples.version("iris/2", VersionState.READY));

        assertThat(output())
                .isEqualTo("loaded    iris/2      921.6 KiB memory · 38 ms: download 0, verify 0, read 1, create 33, "
                        + "warm 4 · 3 goldens ok\n");
    }

    @Test
    void aFailedVersionSaysItsReasonItsEffectAndWhatComesNext() {
        text();
        catalog.put(Samples.iris(Samples.version("iris/2", VersionState.READY)));

        events.failed(
                VersionId.parse("iris/3"),
                new Failure("model.onnx does not match its manifest", 2, Optional.of(Instant.EPOCH)),
                new IllegalStateException("model.onnx does not match its manifest"),
                true);

        assertThat(output()).isEqualTo("""
            failed    iris/3      model.onnx does not match its manifest
                      effect    iris/predict keeps answering with 2
                      fix       next try 1970-01-01T00:00:00Z, after 2 so far
            """);
    }

    /** What ONNX Runtime says has paths in it: it is the operators' alone, and the reason is everybody's. */
    @Test
    void whatLiesBehindAFailureIsToldToOperators() {
        Failure failure = new Failure("model.onnx is not a valid graph", 1, Optional.empty());
        Exception cause = new IllegalStateException(
                failure.reason(), new IllegalStateException("Load model from /srv/x/model.onnx failed:\n  Type Error"));

        text();
        events.failed(VersionId.parse("iris/3"), failure, cause, true);
        assertThat(output().lines())
                .startsWith(
                        "failed    iris/3      model.onnx is not a valid graph",
                        "          cause     Load model from /srv/x/model.onnx failed: Type Error");

        written.reset();
        json();
        events.failed(VersionId.parse("iris/3"), failure, cause, true);
        assertThat(lines().getFirst().get("reason").asText()).isEqualTo(failure.reason());
        assertThat(lines().getFirst().get("cause").asText()).endsWith("failed: Type Error");
    }

    @Test
    void elsewhereALineIsOneJsonObjectWithItsFields() {
        json();

        events.loaded(Samples.version("iris/2", VersionState.READY));

        JsonNode line = lines().getFirst();
        assertThat(line.fieldNames())
                .toIterable()
                .containsExactly(
                        "ts",
                        "level",
                        "event",
                        "message",
                        "model",
                        "version",
                        "digest",
                        "bytes",
                        "duration_s",
                        "phases");
        assertThat(line.get("level").asText()).isEqualTo("INFO");
        assertThat(line.get("event").asText()).isEqualTo("version.loaded");
        assertThat(line.get("duration_s").asDouble()).isEqualTo(0.038);
        assertThat(line.get("phases").get("create").asDouble()).isEqualTo(0.033);
    }

    @Test
    void whatAsksForAttentionIsCounted() {
        json();

        events.failed(
                VersionId.parse("iris/3"), new Failure("broken", 1, Optional.empty()), new Exception("broken"), true);
        events.memoryFull(VersionId.parse("iris/3"), 3L << 30, 1L << 30);
        events.registryStale(new RegistryException("refused"), Duration.ofSeconds(312));
        events.registryRecovered(Duration.ofSeconds(9));

        assertThat(lines())
                .extracting(line -> line.get("level").asText())
                .containsExactly("WARN", "WARN", "WARN", "INFO");
        assertThat(lines().get(2).get("age_s").asDouble()).isEqualTo(312);
        assertThat(metrics.scrape())
                .contains("serin_events_total{event=\"version.failed\"} 1")
                .contains("serin_events_total{event=\"memory.full\"} 1")
                .contains("serin_events_total{event=\"registry.stale\"} 1")
                .doesNotContain("registry.recovered");
    }

    @Test
    void aBucketThatCannotBeReachedIsToldWithWhatToDo() {
        json();
        var asked = new StoreException.Asked(
                "GET http://minio:9000/", true, "us-east-1", Optional.empty(), Optional.empty());
        var details = new StoreException.Details(
                Optional.of(asked),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                StoreException.Addressing.NOTHING,
                Optional.empty());

        events.registryStale(
                new StoreException(
                        StoreException.Kind.CONNECTION_REFUSED,
                        false,
                        "Cannot list '' in s3://models",
                        "minio:9000 refuses connections",
                        details,
                        new IOException("refused")),
                Duration.ofSeconds(5));

        assertThat(lines()).singleElement().satisfies(line -> {
            assertThat(line.get("message").asText()).contains("minio:9000 refuses connections");
            assertThat(line.get("advice").get(0).asText()).startsWith("asked     GET http://minio:9000/  (path-style");
            assertThat(line.get("advice").get(1).asText()).contains("inside a container localhost is the container");
            assertThat(line.get("advice").get(2).asText()).startsWith("try       serin doctor");
        });
    }

    @Test
    void aFailureThatIsNoNewsIsCountedByTheMetricsAlone() {
        json();
        Failure failure = new Failure("x", 2, Optional.of(Instant.EPOCH));

        events.failed(VersionId.parse("iris/3"), failure, new RegistryException("connection refused"), false);
        assertThat(lines()).isEmpty();

        events.failed(VersionId.parse("iris/3"), failure, new RegistryException("the disk is full"), true);
        assertThat(lines()).extracting(line -> line.get("cause").asText()).containsExactly("the disk is full");
    }

    @Test
    void aTamperedVersionIsToldWithWhatWasExpectedAndFound() {
        json();
        Digest found = new Digest("12".repeat(32));

        events.tampered(
                Samples.version("iris/2", VersionState.READY),
                new Discrepancy(
                        Discrepancy.Kind.OVERWRITTEN, Instant.EPOCH, Optional.of(found), "has other bytes there"));

        assertThat(lines()).singleElement().satisfies(line -> {
            assertThat(line.get("event").asText()).isEqualTo("version.tampered");
            assertThat(line.get("level").asText()).isEqualTo("WARN");
            assertThat(line.get("message").asText())
                    .isEqualTo("iris/2 has other bytes there; what is loaded goes on serving");
            assertThat(line.get("expected").asText()).isEqualTo("abcdef0123456789".repeat(4));
            assertThat(line.get("found").asText()).isEqualTo(found.hex());
        });
        assertThat(metrics.scrape()).contains("serin_events_total{event=\"version.tampered\"} 1");
    }

    @Test
    void howeverManyVersionsAreGoneAtOnceItIsOneEvent() {
        json();

        events.deleted(List.of(VersionId.parse("iris/2")));
        events.deleted(IntStream.range(0, 1000)
                .mapToObj(i -> VersionId.parse("iris/" + i))
                .toList());
        events.restored(List.of(VersionId.parse("iris/2")));

        assertThat(lines())
                .extracting(line -> line.get("message").asText())
                .containsExactly(
                        "iris/2 is gone from the registry; what is loaded goes on serving",
                        "1000 versions are gone from the registry; what is loaded goes on serving: iris/0, iris/1,"
                                + " iris/2, iris/3, iris/4, iris/5, iris/6, iris/7, iris/8, iris/9 and 990 more",
                        "iris/2 is in the registry again as loaded");
        assertThat(lines().getFirst().get("version").asText()).isEqualTo("2");
        assertThat(lines().get(1).get("count").asInt()).isEqualTo(1000);
        assertThat(metrics.scrape()).contains("serin_events_total{event=\"version.deleted\"} 2");
    }

    @Test
    void whatBecomesOfTheLocalStoreIsToldByTheVersionsConcernedAndItsTroubleCounted() {
        catalog.put(Samples.iris(
                Samples.version("iris/1", VersionState.COLD), Samples.version("iris/2", VersionState.FAILED)));
        Digest known = new Digest("abcdef0123456789".repeat(4));
        IOException full = new IOException("No space left on device");

        json();
        events.evicted(known, 3L << 30, Instant.EPOCH);
        events.evicted(new Digest("0".repeat(64)), 1 << 20, Instant.EPOCH);
        events.damaged(known);
        events.storeFull(
                VersionId.parse("iris/3"),
                new NoRoomException(VersionId.parse("iris/3"), 3L << 30, 18L << 30, 20L << 30));
        events.unwritable(LocalStoreException.of("Cannot write to the store /srv/x", full));
        events.notRemembered(LocalStoreException.of("Cannot write /srv/x/registries", full));

        assertThat(lines())
                .extracting(line ->
                        line.get("level").asText() + " " + line.get("event").asText())
                .containsExactly(
                        "INFO store.evicted",
                        "INFO store.evicted",
                        "WARN store.damaged",
                        "WARN store.full",
                        "WARN store.unwritable",
                        "WARN registry.not-remembered");
        assertThat(lines())
                .extracting(line -> line.get("message").asText())
                .contains(
                        "iris/1, iris/2 3 GiB, not used since 1970-01-01T00:00:00Z, made room for another version",
                        "00000000… 1 MiB, not used since 1970-01-01T00:00:00Z, made room for another version",
                        "iris/3 the local store has no room: iris/3 needs 3.0 GiB; 18.0 of 20.0 GiB are of versions in"
                                + " use");
        assertThat(lines().get(4).get("reason").asText()).isEqualTo("the disk of the local store is full");
        assertThat(metrics.scrape())
                .contains("serin_events_total{event=\"store.damaged\"} 1")
                .contains("serin_events_total{event=\"store.full\"} 1")
                .contains("serin_events_total{event=\"store.unwritable\"} 1")
                .contains("serin_events_total{event=\"registry.not-remembered\"} 1")
                .doesNotContain("store.evicted");
    }

    @Test
    void aBugIsToldOnceWithItsStackAndTheRequest() {
        json();

        events.requestFailed(ErrorCode.INTERNAL, Optional.empty(), "7f3a0c19", new IllegalStateException("broken"));

        assertThat(lines()).singleElement().satisfies(line -> {
            assertThat(line.get("event").asText()).isEqualTo("internal.failed");
            assertThat(line.get("level").asText()).isEqualTo("ERROR");
            assertThat(line.get("request_id").asText()).isEqualTo("7f3a0c19");
            assertThat(line.get("stack").asText()).contains("aBugIsToldOnceWithItsStackAndTheRequest");
        });
    }

    @Test
    void aRunThatFailedIsToldOnceWithItsVersionItsRequestAndItsStack() {
        json();

        events.requestFailed(
                ErrorCode.INFERENCE_FAILED,
                Optional.of(VersionId.parse("iris/2")),
                "7f3a0c19",
                new IllegalStateException("Non-zero status code"));

        assertThat(lines()).singleElement().satisfies(line -> {
            assertThat(line.get("event").asText()).isEqualTo("inference.failed");
            assertThat(line.get("level").asText()).isEqualTo("WARN");
            assertThat(line.get("model").asText()).isEqualTo("iris");
            assertThat(line.get("version").asText()).isEqualTo("2");
            assertThat(line.get("request_id").asText()).isEqualTo("7f3a0c19");
            assertThat(line.get("stack").asText()).contains("Non-zero status code", "EventsTest");
        });
    }

    @Test
    void whatAPolicyAsksForInVainIsTold() {
        text();
        events.policyUnknown(new ModelName("iris"), List.of("colour", "traffic.shade"));
        events.policyUnreadable(new ModelName("iris"), "iris/model.json ends too early");

        assertThat(output()).isEqualTo("""
            unknown   iris        model.json has members that this build does not know, and ignores: colour, traffic.shade
            unreadable iris        iris/model.json ends too early · the last policy that could be read holds
            """);
        assertThat(metrics.scrape())
                .contains("serin_events_total{event=\"policy.unknown\"} 1")
                .contains("serin_events_total{event=\"policy.unreadable\"} 1");
    }

    @Test
    void whoChangedAPolicyIsTold() {
        text();
        events.policyChanged(
                new ModelName("iris"),
                List.of(new HistoryEntry(
                        Instant.parse("2026-11-22T14:00:00Z"),
                        "ana",
                        "canary start iris/2 --weight 5",
                        Optional.empty(),
                        Optional.of("canary 2 5 %"),
                        Optional.of("retrained"),
                        Optional.empty(),
                        Optional.empty())));
        events.policyChanged(new ModelName("iris"), List.of());

        assertThat(output()).isEqualTo("""
            changed   iris        canary start iris/2 --weight 5 · by ana: retrained
            changed   iris        model.json was edited, and its history is as it was
            """);
    }

    @Test
    void movedAliasesAndTrafficAreTold() {
        text();
        events.moved(
                new ModelName("iris"),
                targets(Map.of("old", "1", "stable", "1"), ""),
                targets(Map.of("new", "3", "stable", "2"), "2"));

        assertThat(output()).isEqualTo("""
            moved     iris        alias new: none → 3
            moved     iris        alias old: 1 → none
            moved     iris        alias stable: 1 → 2
            changed   iris        primary: none → 2
            """);
    }

    private static Targets targets(Map<String, String> aliases, String primary) {
        TreeMap<AliasName, ModelVersion> byName = new TreeMap<>();
        aliases.forEach((alias, version) -> byName.put(new AliasName(alias), new ModelVersion(version)));
        return new Targets(
                byName, Optional.of(primary).filter(name -> !name.isEmpty()).map(ModelVersion::new), Optional.empty());
    }

    @Test
    void noCallerWritesALineOfHisOwn() {
        String evil = "x\r\n{\"level\":\"ERROR\"}\u001b[31m" + "a".repeat(5_000);
        AccessLog access = new AccessLog(config(ObserveConfig.Format.AUTO, ObserveConfig.AccessLog.ALL), now::get);

        json();
        access.finished(Samples.refused(evil, ErrorCode.MODEL_NOT_FOUND, 404));
        assertThat(lines()).hasSize(1);
        assertThat(output()).hasSizeLessThan(6_000).doesNotContain("\u001b");

        text();
        written.reset();
        access.finished(Samples.refused(evil, ErrorCode.MODEL_NOT_FOUND, 404));
        assertThat(output().lines()).hasSize(1);
        assertThat(output()).doesNotContain("\u001b").doesNotContain("\r");
    }

    @Test
    void librariesSpeakFromWarning() {
        json();

        Logger.getLogger("io.helidon.webserver").info("Started all channels");
        Logger.getLogger("io.helidon.webserver").warning("odd");

        assertThat(lines()).singleElement().satisfies(line -> {
            assertThat(line.get("logger").asText()).isEqualTo("io.helidon.webserver");
            assertThat(line.get("message").asText()).isEqualTo("odd");
        });
    }

    @Test
    void theAccessLogTellsWhatWasAskedAndHowLongItTook() {
        json();

        new AccessLog(config(ObserveConfig.Format.AUTO, ObserveConfig.AccessLog.ALL), now::get)
                .finished(Samples.answered("iris/2"));

        JsonNode line = lines().getFirst();
        assertThat(line.toString())
                .contains("\"event\":\"request.served\",\"message\":\"iris/2 200 ok in 1.4 ms · request 7f3a0c19\","
                        + "\"model\":\"iris\",\"version\":\"2\",\"route\":\"newest\",\"protocol\":\"native\","
                        + "\"status\":200,\"code\":\"ok\",\"rows\":2,\"bytes_in\":120,\"bytes_out\":45,"
                        + "\"duration_s\":0.0014,\"queue_s\":3.0E-5,\"run_s\":3.0E-4,"
                        + "\"request_id\":\"7f3a0c19\"");
    }

    @Test
    void failuresAreAlwaysToldAndSuccessesAsConfigured() {
        json();
        AccessLog errors = new AccessLog(config(ObserveConfig.Format.AUTO, ObserveConfig.AccessLog.ERRORS), now::get);
        AccessLog sampled = new AccessLog(config(ObserveConfig.Format.AUTO, ObserveConfig.AccessLog.SAMPLED), now::get);

        errors.finished(Samples.answered("iris/2"));
        errors.finished(Samples.refused("iris", ErrorCode.MODEL_BUSY, 429));
        assertThat(lines()).extracting(line -> line.get("event").asText()).containsExactly("request.failed");

        written.reset();
        for (int i = 0; i < 200; i++) {
            sampled.finished(Samples.answered("iris/2"));
        }
        assertThat(lines()).hasSize(2);
    }

    @Test
    void ofRefusalsForLackOfRoomAFewASecondAreToldAndHowManyWereNot() {
        json();
        AccessLog errors = new AccessLog(config(ObserveConfig.Format.AUTO, ObserveConfig.AccessLog.ERRORS), now::get);

        refuse(errors, AccessLog.REFUSALS + 5);
        assertThat(lines())
                .hasSize(AccessLog.REFUSALS)
                .allSatisfy(line -> assertThat(line.get("left_out").asInt()).isZero());

        written.reset();
        errors.finished(Samples.refused("iris", ErrorCode.INVALID_INPUT, 422)); // its caller's own fault
        assertThat(lines())
                .singleElement()
                .satisfies(line -> assertThat(line.has("left_out")).isFalse());

        written.reset();
        now.addAndGet(1_000_000_000);
        refuse(errors, 2);
        assertThat(lines()).extracting(line -> line.get("left_out").asInt()).containsExactly(5, 0);
    }

    @Test
    void whoAsksForEveryRequestIsToldEveryRefusal() {
        json();

        refuse(
                new AccessLog(config(ObserveConfig.Format.AUTO, ObserveConfig.AccessLog.ALL), now::get),
                3 * AccessLog.REFUSALS);

        assertThat(lines()).hasSize(3 * AccessLog.REFUSALS);
    }

    private static void refuse(AccessLog log, int times) {
        for (int i = 0; i < times; i++) {
            log.finished(Samples.refused("iris", ErrorCode.MODEL_BUSY, 429));
        }
    }
}
