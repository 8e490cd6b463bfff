package dev.serin.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.fault.InjectingStore.Request;
import dev.serin.registry.fault.InjectingStore.Response;
import dev.serin.registry.fault.InjectingStore.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the store lists is too little, too old, strange, or changes all the time. */
class RegistryFaultsInListingsTest extends RegistryFaultsTestCase {
    private static final String OBJECT = "<Contents>.*?</Contents>";

    /** Answers listings with what this makes of the right document. */
    private Rule listing(UnaryOperator<String> change) {
        return rig.answering(Request::isList, (_, next) -> {
            Response right = next.answer();
            return right.withBody(change.apply(new String(right.body(), UTF_8)).getBytes(UTF_8));
        });
    }

    @Test
    @DisplayName("a listing without entries, and one with half of them")
    void aListingWithoutEntriesLosesNothing() throws Exception {
        rig.publish("empty/1", IDENTITY);
        rig.awaitReady("empty/1");

        rig.during(listing(document -> document.replaceAll("(?s)" + OBJECT, "")), () -> {
            rig.publish("empty/2", ADD_ONE);
            rig.awaitHits(4);
            assertThat(rig.state("empty/1")).isEqualTo("ready");
            rig.assertAnswers("empty", GatewayUnderFaults.SAME);
        });
        rig.awaitReady("empty/2");

        rig.during(listing(document -> document.replaceAll("(?s)" + OBJECT + "(" + OBJECT + ")", "$1")), () -> {
            rig.publish("empty/3", IDENTITY);
            rig.awaitHits(4);
            assertThat(rig.state("empty/1")).isEqualTo("ready");
            assertThat(rig.state("empty/2")).isEqualTo("ready");
            assertThat(rig.gateway().predict("empty", GatewayUnderFaults.ROW).statusCode())
                    .isEqualTo(200);
        });
        rig.awaitReady("empty/3");
    }

    @Test
    @DisplayName("stale LIST, fresh GET")
    void aStaleListingWithFreshObjectsConverges() throws Exception {
        rig.publish("stale/1", IDENTITY);
        rig.put("stale/model.json", "{\"format\":1,\"traffic\":{\"primary\":\"1\"}}");
        rig.awaitReady("stale/1");
        AtomicReference<Optional<Response>> old = new AtomicReference<>(Optional.empty());
        rig.during(rig.answering(Request::isList, (_, next) -> remember(old, next.answer())), () -> rig.awaitHits(2));

        rig.during(rig.answering(Request::isList, (_, _) -> old.get().orElseThrow()), () -> {
            rig.publish("stale/2", ADD_ONE);
            rig.put("stale/model.json", "{\"format\":1,\"traffic\":{\"primary\":\"2\"}}");
            rig.awaitHits(4);
            assertThat(rig.state("stale/2")).isEmpty();
            rig.assertAnswers("stale", GatewayUnderFaults.SAME);
        });
        rig.awaitReady("stale/2");
        rig.awaitAnswers("stale", GatewayUnderFaults.PLUS_ONE);

        rig.during(rig.answering(Request::isList, (_, _) -> old.get().orElseThrow()), () -> {
            rig.awaitHits(4);
            assertThat(rig.state("stale/2")).isEqualTo("ready"); // what was seen once is not taken back
            rig.assertAnswers("stale", GatewayUnderFaults.PLUS_ONE);
        });
    }

    private static Response remember(AtomicReference<Optional<Response>> there, Response response) {
        there.set(Optional.of(response));
        return response;
    }

    @Test
    @DisplayName("fresh LIST, stale GET")
    void aFreshListingWithStaleObjectsNeverLoadsAMixture() throws Exception {
        byte[] former = GatewayUnderFaults.manifest("mixed/1", GatewayUnderFaults.files("mixed/1", IDENTITY));
        Rule stale = rig.answering(
                request -> request.isGet("mixed/1/manifest.json"),
                (_, next) -> next.answer().withBody(former).with("etag", "\"former\""));
        int mark = rig.mark();

        rig.during(stale, () -> {
            rig.publish("mixed/1", ADD_ONE);
            rig.awaitFailed("mixed/1", "does not match its manifest");
            rig.awaitLook();
            assertThat(rig.told(mark)).doesNotContain("mixed/1\",\"event\":\"version.loaded");
        });
        rig.awaitReady("mixed/1");
        rig.assertAnswers("mixed/1", GatewayUnderFaults.PLUS_ONE);

        rig.during(
                rig.answering(request -> request.target().contains("/mixed/2/"), Response.error(404, "NoSuchKey")),
                () -> {
                    rig.publish("mixed/2", IDENTITY);
                    rig.awaitHits(4);
                    assertThat(rig.state("mixed/2")).isNotEqualTo("ready");
                    rig.assertAnswers("mixed", GatewayUnderFaults.PLUS_ONE);
                });
        rig.awaitReady("mixed/2");
        assertThat(rig.shown("mixed/2").path("source").asText()).isEqualTo("manifest");
    }

    @Test
    @DisplayName("a version is deleted while it serves")
    void aVersionThatIsDeletedGoesOnServing() throws Exception {
        rig.publish("gone/1", IDENTITY);
        rig.awaitReady("gone/1");

        try (Load load = Load.on(rig.gateway().port(), "gone/1", GatewayUnderFaults.ROW, GatewayUnderFaults.SAME)) {
            rig.underLoad(() -> {
                for (String file : List.of("manifest.json", "model.onnx", "salt.txt")) {
                    rig.delete("gone/1/" + file); // in a bucket with versions: each is a delete marker
                }
                rig.awaitLook();
                assertThat(rig.state("gone/1")).isEqualTo("ready");
                rig.publish("gone/2", ADD_ONE);
                rig.awaitReady("gone/2");
                load.awaitMore(300);
            });
            assertThat(load.failures()).isEmpty();
        }

        rig.assertAnswers("gone", GatewayUnderFaults.PLUS_ONE);
        rig.assertAnswers("gone/1", GatewayUnderFaults.SAME);
    }

    @Test
    @DisplayName("strange keys")
    void keysThatAreNoneAreIgnoredAndNothingIsWrittenOutsideTheStore() throws Exception {
        rig.publish("Odd/1", IDENTITY);
        rig.awaitReady("Odd/1");
        String entries = Stream.of(
                        "../../etc/cron.d/serin",
                        "Odd/../../../serin-canary/1/model.onnx",
                        "../serin-canary/model.onnx",
                        "a//b/model.onnx",
                        "Odd/2//model.onnx",
                        "Odd/3/",
                        "Odd/4/../../x/model.onnx",
                        "Odd/5/" + "k".repeat(1_024 - "prod/Odd/5/".length()),
                        "k".repeat(1_000) + "/1/model.onnx",
                        "odd/1/model.onnx",
                        "odd/1/manifest.json",
                        "Odd/6\t/model.onnx",
                        "Odd\n/1/model.onnx",
                        "Odd/7/..",
                        "/Odd/8/model.onnx",
                        "Odd/9\\..\\..\\x/model.onnx",
                        "Odd/é/model.onnx")
                .map(key -> entry("prod/" + key))
                .reduce("", String::concat);
        List<String> before = outside();

        rig.during(
                listing(document -> document.replace("</ListBucketResult>", entries + "</ListBucketResult>")), () -> {
                    rig.publish("Odd/10", ADD_ONE);
                    rig.awaitReady("Odd/10"); // strange keys hide nothing
                    rig.awaitHits(4);
                    rig.assertAnswers("Odd", GatewayUnderFaults.PLUS_ONE);
                });

        assertThat(outside()).isEqualTo(before);
        assertThat(Path.of("/etc/cron.d/serin")).doesNotExist();
        assertThat(rig.requestsFor("serin-canary")).isEmpty();
        assertThat(rig.requestsFor("cron.d")).isEmpty();
        assertThat(rig.requestsFor("prod/odd/")).allMatch(request -> request.isGet("manifest.json"));
    }

    private static String entry(String key) {
        String escaped = key.codePoints()
                .mapToObj(sign -> sign < ' ' ? "&#x%x;".formatted(sign) : Character.toString(sign))
                .reduce("", String::concat);
        return ("<Contents><Key>%s</Key><LastModified>2026-11-22T10:00:00.000Z</LastModified>"
                        + "<ETag>&quot;0123456789abcdef&quot;</ETag><Size>10</Size></Contents>")
                .formatted(escaped);
    }

    private List<String> outside() throws IOException {
        try (Stream<Path> files = Files.walk(rig.work())) {
            return files.map(file -> rig.work().relativize(file).toString())
                    .filter(file -> !file.startsWith("store"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    @DisplayName("control characters in keys")
    void aControlCharacterInAKeyHidesNothing() throws Exception {
        rig.publish("control/1", IDENTITY);
        rig.awaitReady("control/1");
        Rule rule = rig.answering(Request::isList, (request, next) -> {
            boolean encoded = request.target().contains("encoding-type=url"); // as S3 does it
            String key = encoded ? "prod%2Fcontrol%2F2%01%1B%2Fmodel.onnx" : "prod/control/2\u0001\u001b/model.onnx";
            Response right = next.answer();
            String document = new String(right.body(), UTF_8);
            return right.withBody(document.replace("</ListBucketResult>", entry(key) + "</ListBucketResult>")
                    .getBytes(UTF_8));
        });

        rig.during(rule, () -> {
            rig.publish("control/3", ADD_ONE);
            rig.awaitReady("control/3");
            rig.assertAnswers("control", GatewayUnderFaults.PLUS_ONE);
        });
    }

    @Test
    @DisplayName("the desired version flips at every look")
    void aDesiredVersionThatFlipsIsFollowedWithoutThrashing() throws Exception {
        String primary = "{\"format\":1,\"traffic\":{\"primary\":\"%d\"}}";
        rig.publish("flip/1", IDENTITY);
        rig.publish("flip/2", ADD_ONE);
        rig.put("flip/model.json", primary.formatted(1));
        rig.awaitReady("flip/1", "flip/2");
        int mark = rig.mark();

        rig.underLoad(() -> {
            for (int i = 1; i <= 6; i++) {
                rig.put("flip/model.json", primary.formatted(1 + i % 2));
                rig.awaitLooks(1);
                assertThat(rig.gateway().predict("flip", GatewayUnderFaults.ROW).statusCode())
                        .isEqualTo(200);
            }
            rig.put("flip/model.json", primary.formatted(2));
            rig.awaitAnswers("flip", GatewayUnderFaults.PLUS_ONE);
        });

        rig.awaitLook();
        rig.assertAnswers("flip", GatewayUnderFaults.PLUS_ONE);
        assertThat(rig.told(mark)).doesNotContain("version.loaded", "version.evicted", "version.failed");
    }
}
