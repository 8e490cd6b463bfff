package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.cli.InProcess.Ran;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.fault.InjectingStore;
import dev.serin.registry.fault.InjectingStore.Request;
import dev.serin.registry.fault.InjectingStore.Response;
import dev.serin.registry.s3.S3Config;
import dev.serin.registry.s3.S3Location;
import dev.serin.registry.s3.S3Probe;
import dev.serin.registry.s3.S3ProxyStore;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** The doctor, at the bedside of stores with one disease each. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class DoctorCommandTest {
    private static Optional<S3ProxyStore> started = Optional.empty();

    @TempDir
    private Path directory;

    private final BucketKey key = BucketKey.ofStore();
    private final String bucket = store().newBucket();
    private InjectingStore injecting;

    @BeforeAll
    static void startStore() throws Exception {
        started = Optional.of(S3ProxyStore.start());
    }

    @AfterAll
    static void stopStore() {
        store().close();
    }

    @BeforeEach
    void stepBetween() throws IOException {
        injecting = InjectingStore.before(store().endpoint());
    }

    @AfterEach
    void stepAside() throws IOException {
        injecting.close();
        key.close();
    }

    private static S3ProxyStore store() {
        return started.orElseThrow();
    }

    private Ran doctor(URI endpoint, String... more) {
        return doctorOf(bucket, endpoint, more);
    }

    private Ran doctorOf(String name, URI endpoint, String... more) {
        List<String> arguments = new ArrayList<>(List.of("doctor", "--registry", "s3://" + name + "/prod"));
        arguments.addAll(List.of("--set", "registry.s3.endpoint=" + endpoint));
        arguments.addAll(List.of(more));
        return new InProcess(directory).run(arguments.toArray(String[]::new));
    }

    /** The verdicts, one after another: {@code ok address}. */
    private static List<String> verdicts(Ran ran) {
        return ran.out()
                .lines()
                .filter(line -> !line.startsWith(" "))
                .map(line -> line.split(" +", 3))
                .map(words -> words[0] + " " + words[1])
                .toList();
    }

    private static JsonNode json(Ran ran) throws IOException {
        return Json.MAPPER.readTree(ran.out());
    }

    private void put(String name, String content) {
        store().put(bucket, "prod/" + name, content.getBytes(StandardCharsets.UTF_8));
    }

    private long writes() {
        return injecting.log().stream().filter(DoctorCommandTest::isPut).count();
    }

    private static boolean isPut(Request request) {
        return request.method().equals("PUT");
    }

    private static boolean has(Request request, String header) {
        return request.headers().containsKey(header);
    }

    private static Response written() {
        return Response.of(200, "text/plain", "").with("etag", "\"a-tag\"");
    }

    @Test
    void everythingIsCheckedOneByOneAndNothingIsLeftBehind() {
        put("iris/1/model.onnx", "a model");

        Ran ran = doctor(injecting.endpoint());

        assertThat(ran.status()).as(ran.out() + ran.err()).isZero();
        assertThat(ran.out()
                        .replace(injecting.endpoint().getAuthority(), "STORE")
                        .replace(bucket, "BUCKET")
                        .replaceFirst("[0-9]+ bucket[s]?", "BUCKETS"))
                .isEqualTo("""
                    ok     address                STORE answers
                    note   tls                    none: requests are signed, but what is sent can be read on the way
                    ok     clock                  the store's and ours agree within 1 s
                    ok     credentials            the store knows our key, which sees BUCKETS
                    ok     region                 the store takes signatures for us-east-1
                    ok     addressing             the bucket is in the path of the URL
                    ok     bucket                 there is a bucket BUCKET
                    ok     list                   1 object
                    ok     read                   iris/1/model.onnx
                    ok     get-if-none-match      what is unchanged is answered by 304
                    ok     get-if-match           another version than the expected one is answered by 412
                    ok     get-range              a part of an object is answered by 206
                    ok     write                  allowed
                    ok     put-if-none-match      what is there is not overwritten
                    ok     put-if-none-match-race of 8 writers at once one wins, 12 times in a row
                    ok     put-if-match           what somebody else has changed is not overwritten
                    ok     put-if-match-race      of 8 writers at once one wins, 12 times in a row
                    ok     delete                 nothing is left of what was written
                    """);
        assertThat(doctor(injecting.endpoint()).out()).contains("ok     list                   1 object");
    }

    @Test
    void scriptsReadWhatIsHonouredAndFindARowOfTheTable() throws Exception {
        put("iris/1/model.onnx", "a model");

        JsonNode document = json(doctor(injecting.endpoint(), "-o", "json"));

        assertThat(document.get("honours").properties())
                .extracting(Object::toString)
                .containsExactly(
                        "get-if-none-match=true",
                        "get-if-match=true",
                        "get-range=true",
                        "put-if-none-match=true",
                        "put-if-none-match-race=true",
                        "put-if-match=true",
                        "put-if-match-race=true");
        assertThat(document.get("row").asText()).isEqualTo("| yes | yes | yes | yes | yes |");
    }

    @Test
    void aStoreThatHonoursNothingIsSaidToAndServesAllTheSame() throws Exception {
        put("iris/1/model.onnx", "a model");
        injecting.answerBy((request, store) -> {
            boolean conditional = has(request, "if-none-match") || has(request, "if-match") || has(request, "range");
            boolean object = request.isGet("model.onnx") && conditional;
            return object
                    ? Response.of(200, "text/plain", "a model").with("etag", "\"a-tag\"")
                    : isPut(request) && conditional ? written() : store.answer();
        });

        Ran ran = doctor(injecting.endpoint(), "-o", "json");

        assertThat(ran.status()).isZero();
        assertThat(json(ran).get("row").asText()).isEqualTo("| no | no | no | no | no |");
        assertThat(json(ran).get("honours").get("put-if-none-match-race").isNull())
                .isTrue();
        assertThat(doctor(injecting.endpoint()).out())
                .contains("note   put-if-none-match      not honoured: the store writes where it was told not to\n")
                .contains("publish each version from one place")
                .contains("skip   put-if-none-match-race not checked, as put-if-none-match is not honoured\n")
                .contains("change aliases and traffic from one place")
                .contains("models over 64 MiB cannot be fetched");
    }

    @Test
    void aStoreThatKnowsNoConditionsIsNoStoreThatIgnoresThem() {
        injecting.answer(
                request -> isPut(request) && has(request, "if-none-match"), Response.error(501, "NotImplemented"));

        assertThat(doctor(injecting.endpoint()).out())
                .contains("put-if-none-match      not honoured: the store refuses such a request altogether");
    }

    @Test
    void aRaceThatSeveralWinIsHonouredOneAfterAnotherOnly() throws Exception {
        Set<String> unconditionally = ConcurrentHashMap.newKeySet();
        injecting.answerBy((request, store) -> {
            if (isPut(request) && has(request, "if-none-match") && !unconditionally.contains(request.target())) {
                return written(); // whoever comes before the first has written
            }
            if (isPut(request)) {
                unconditionally.add(request.target());
            }
            return store.answer();
        });

        Ran ran = doctor(injecting.endpoint());

        assertThat(ran.status()).isZero();
        assertThat(ran.out())
                .contains("ok     put-if-none-match ")
                .contains("note   put-if-none-match-race honoured one after another only: of 8 writers at once 8 won");
        assertThat(json(doctor(injecting.endpoint(), "-o", "json")).get("row").asText())
                .startsWith("| one after another | yes |");
    }

    @Test
    void whatWasWrittenIsDeletedEvenIfAllElseFails() {
        Set<String> written = ConcurrentHashMap.newKeySet();
        injecting.answerBy((request, store) -> {
            if (isPut(request)) {
                written.add(request.target());
                store.answer(); // it happens, and seems not to
                return Response.error(500, "InternalError");
            }
            return store.answer();
        });

        doctor(injecting.endpoint());

        assertThat(written).isNotEmpty();
        S3Config config = S3ProxyStore.config(store().endpoint(), new S3Location(bucket, "prod"));
        try (S3Probe probe = S3Probe.open(config, RegistryListener.NONE)) {
            assertThat(probe.registry().list("")).isEmpty();
        }
    }

    @Test
    void whatADoctorLeftThatWasKilledIsDeletedByALaterOneOnceItIsNobodys() {
        put(".serin/probe-of-another", "left behind");
        InstantSource inTwoHours = () -> Instant.now().plus(Duration.ofHours(2));

        S3Config config = S3ProxyStore.config(store().endpoint(), new S3Location(bucket, "prod"));
        try (S3Probe probe = S3Probe.open(config, RegistryListener.NONE)) {
            Checkup.ofBucket(config, probe, InstantSource.system());
            assertThat(probe.registry().list("")).hasSize(1);

            Checkup.ofBucket(config, probe, inTwoHours);
            assertThat(probe.registry().list("")).isEmpty();
        }
    }

    @Test
    void whatCannotBeDeletedIsNamed() {
        injecting.answer(request -> request.method().equals("DELETE"), Response.error(403, "AccessDenied"));

        Ran ran = doctor(injecting.endpoint());

        assertThat(ran.status()).isZero();
        assertThat(ran.out())
                .contains("note   delete                 refused: ")
                .contains("serin register needs s3:DeleteObject; delete yourself, now or later: .serin/probe-");
    }

    @Test
    void aKeyThatMayOnlyReadIsEnoughForAGateway() {
        put("iris/1/model.onnx", "a model");
        injecting.answer(DoctorCommandTest::isPut, Response.error(403, "AccessDenied"));

        Ran ran = doctor(injecting.endpoint());

        assertThat(ran.status()).isZero();
        assertThat(ran.out())
                .contains("ok     get-range ")
                .contains("note   write                  refused: ")
                .contains("a gateway needs no more than to read; serin register needs s3:PutObject")
                .contains("skip   put-if-match-race      not checked, as nothing may be written\n");
        assertThat(writes()).isEqualTo(1);
    }

    @Test
    void aKeyThatMayNotListBucketsNeedNot() {
        injecting.answer(request -> request.target().matches("/(\\?.*)?"), Response.error(403, "AccessDenied"));

        assertThat(doctor(injecting.endpoint()).out())
                .contains("ok     credentials            the store takes our key, which may not list buckets");
    }

    @Test
    void aRefusedKeyEndsTheCheckupThere() {
        try (BucketKey _ = new BucketKey(S3ProxyStore.KEY_ID, "another-secret")) {
            Ran ran = doctor(store().endpoint());

            assertThat(ran.status()).isEqualTo(6);
            assertThat(verdicts(ran))
                    .startsWith("ok address", "note tls", "ok clock", "FAIL credentials", "skip region")
                    .endsWith("skip put-if-match-race", "skip delete")
                    .hasSize(Check.values().length);
            assertThat(ran.out())
                    .contains("FAIL   credentials            the registry refused our key\n")
                    .contains("answered  403 SignatureDoesNotMatch")
                    .contains("skip   list                   not checked, as credentials failed\n")
                    .doesNotContain("serin doctor", "another-secret");
            assertThat(ran.err()).contains("failed 1 of 18 checks: credentials");
        }
    }

    @Test
    void aHostThatNobodyKnowsAndAPortThatNobodyListensOnAreTheAddress() {
        Ran unknown = doctor(URI.create("http://gone.test:9000"));
        Ran refused = doctor(URI.create("http://127.0.0.1:1"));

        assertThat(unknown.status()).isEqualTo(6);
        assertThat(verdicts(unknown)).startsWith("FAIL address", "skip tls", "skip clock", "skip credentials");
        assertThat(unknown.out()).contains("the host of gone.test:9000 is unknown");
        assertThat(refused.status()).isEqualTo(6);
        assertThat(refused.out())
                .contains("FAIL   address                127.0.0.1:1 refuses connections\n")
                .contains("inside a container localhost is the container");
    }

    @Test
    void aPortWithoutTlsIsFoundByTls() {
        Ran ran = doctor(URI.create("https://127.0.0.1:" + store().endpoint().getPort()));

        assertThat(verdicts(ran)).startsWith("ok address", "FAIL tls", "skip clock");
    }

    @Test
    void clocksThatDifferAreMeasuredAlsoWhereTheStoreMinds() {
        injecting.answerBy((_, store) -> {
            Instant ahead = Instant.now().plus(Duration.ofMinutes(20).plusSeconds(1));
            return store.answer()
                    .with("date", DateTimeFormatter.RFC_1123_DATE_TIME.format(ahead.atOffset(ZoneOffset.UTC)));
        });

        Ran ran = doctor(injecting.endpoint());

        assertThat(ran.status()).isEqualTo(6);
        assertThat(verdicts(ran)).contains("FAIL clock", "ok credentials", "ok list");
        assertThat(ran.out())
                .contains("the store's is 20 minutes ahead of ours, and stores refuse more than 15 minutes\n")
                .contains("ours says 2026-11-22T12:00:00Z, the store's 2026-11-22T12:2");
    }

    @Test
    void anotherRegionIsNamed() {
        injecting.answer(
                Request::isList, Response.error(301, "PermanentRedirect").with("x-amz-bucket-region", "eu-central-1"));

        Ran ran = doctor(injecting.endpoint());

        assertThat(verdicts(ran)).contains("ok credentials", "FAIL region", "skip addressing", "skip bucket");
        assertThat(ran.out()).contains("try       --set registry.s3.region=eu-central-1\n");
    }

    @Test
    void aBucketThatIsNotThereIsToldWithThoseThatAre() {
        Ran ran = doctorOf("no-such-bucket", injecting.endpoint());

        assertThat(verdicts(ran)).contains("ok region", "ok addressing", "FAIL bucket", "skip list");
        assertThat(ran.out()).contains("there is no bucket 'no-such-bucket'").contains("buckets   ");
    }

    @Test
    void aBucketInTheHostNameOfAStoreThatWantsItInThePathIsAMatterOfAddressing() {
        URI named = URI.create("http://minio.test:" + store().endpoint().getPort());

        Ran ran = doctor(named, "--set", "registry.s3.path-style=false");
        Ran unknown = doctorOf("gone", named, "--set", "registry.s3.path-style=false");

        for (Ran each : List.of(ran, unknown)) {
            assertThat(verdicts(each)).contains("ok address", "ok credentials", "FAIL addressing", "skip bucket");
            assertThat(each.out()).contains("try       --set registry.s3.path-style=true\n");
        }
    }

    @Test
    void aBucketThatTheEndpointNamesAlreadyIsAMatterOfAddressing() throws Exception {
        try (S3ProxyStore below = S3ProxyStore.startBelow("s3.test")) {
            String name = below.newBucket();
            URI endpoint =
                    URI.create("http://" + name + ".s3.test:" + below.endpoint().getPort());

            Ran ran = doctorOf(name, endpoint);

            assertThat(verdicts(ran)).contains("FAIL addressing", "skip bucket");
            assertThat(ran.out()).contains("try       registry.s3.endpoint without the bucket's name\n");
        }
    }

    @Test
    void aDirectoryHasNoWayThereAndHonoursConditionsToo() throws Exception {
        new InProcess(directory).withSample("iris", "1");

        Ran ran = new InProcess(directory).run("doctor");

        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(verdicts(ran))
                .containsExactly(
                        "ok list",
                        "ok read",
                        "ok write",
                        "ok put-if-none-match",
                        "ok put-if-none-match-race",
                        "ok put-if-match",
                        "ok put-if-match-race",
                        "ok delete");
        JsonNode document = json(new InProcess(directory).run("doctor", "-o", "json"));
        assertThat(document.get("row").isNull()).isTrue();
        assertThat(document.get("honours").has("get-range")).isFalse();
        try (Stream<Path> files = Files.walk(directory.resolve("models"))) {
            assertThat(files).noneMatch(file -> file.toString().contains("probe"));
        }
    }
}
