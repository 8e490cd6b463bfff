package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.fault.FaultProxy;
import dev.serin.registry.fault.InjectingStore;
import dev.serin.registry.fault.InjectingStore.Request;
import dev.serin.registry.fault.InjectingStore.Response;
import dev.serin.registry.fault.InjectingStore.Rule;
import dev.serin.registry.s3.S3ProxyStore;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store is not there, or does not let us in, or somebody else answers in its place. */
class RegistryFaultsOnTheWayTest extends RegistryFaultsTestCase {
    private static final String PORTAL = "<!DOCTYPE html><html><body>Please log in to continue</body></html>";

    /** Requests of one look: the generation, and a listing of everything. */
    private static final int REQUESTS_OF_A_LOOK = 2;

    @TempDir
    private Path folder;

    @Test
    @DisplayName("the store is down while models are loaded")
    void aStoreThatIsDownTakesNothingThatIsLoaded() throws Exception {
        rig.publish("down/1", IDENTITY);
        rig.awaitReady("down/1");

        rig.whileDown(() -> {
            rig.awaitStale("refuses connections");
            rig.publish("down/2", ADD_ONE);
            rig.load().awaitMore(10_000);
            assertThat(rig.gateway().status("/health/live")).isEqualTo(200);
            assertThat(rig.gateway().status("/health/ready")).isEqualTo(200);
            rig.assertAnswers("down", GatewayUnderFaults.SAME);
        });

        rig.awaitReady("down/2");
        rig.assertAnswers("down", GatewayUnderFaults.PLUS_ONE);
        rig.awaitRead();
    }

    @Test
    @DisplayName("the store is down at the start, and nothing is remembered of it")
    void aStartWithoutStoreAndMemoryIsAliveAndNotReadyAndRecoversByItself() throws Exception {
        try (S3ProxyStore store = S3ProxyStore.start()) {
            String bucket = store.newBucket();
            SortedMap<String, byte[]> files = GatewayUnderFaults.files("late/1", IDENTITY);
            files.forEach((path, content) -> store.put(bucket, "late/1/" + path, content));
            store.put(bucket, "late/1/manifest.json", GatewayUnderFaults.manifest("late/1", files));
            int port;
            try (FaultProxy free = FaultProxy.before(store.endpoint())) {
                port = free.endpoint().getPort();
            }
            Map<String, String> key = S3ProxyStore.environment(S3ProxyStore.SECRET);
            try (GatewayProcess gateway = rig.load()
                    .whileItRests(() -> GatewayProcess.startUnready(
                            folder, "s3://" + bucket, key, "registry.s3.endpoint=http://127.0.0.1:" + port))) {
                rig.underLoad(() -> {
                    Awaitility.await().until(() -> gateway.log().contains("registry.stale"));
                    assertThat(gateway.status("/health/live")).isEqualTo(200);
                    assertThat(gateway.status("/health/ready")).isEqualTo(503);
                    assertThat(gateway.predict("late", GatewayUnderFaults.ROW).statusCode())
                            .isEqualTo(404);
                });

                try (FaultProxy _ = FaultProxy.before(store.endpoint(), port)) {
                    Awaitility.await()
                            .atMost(Duration.ofSeconds(30))
                            .until(() -> gateway.status("/health/ready") == 200);
                    assertThat(gateway.predict("late", GatewayUnderFaults.ROW).body())
                            .isEqualTo(GatewayUnderFaults.SAME);
                }
            }
        }
    }

    @Test
    @DisplayName("200 with a web page, or with other XML")
    void aWebPageInTheStoresPlaceIsNotBelieved() throws Exception {
        rig.publish("portal/1", IDENTITY);
        rig.awaitReady("portal/1");

        rig.during(rig.answering(_ -> true, Response.of(200, "text/html", PORTAL)), () -> {
            rig.awaitStale("is no S3 store");
            rig.publish("portal/2", ADD_ONE);
            thereIsNoStorm();
            rig.assertAnswers("portal", GatewayUnderFaults.SAME);
        });
        rig.awaitReady("portal/2");

        Response page = Response.of(200, "text/html", PORTAL).with("etag", "\"1\"");
        rig.during(rig.answering(request -> request.isGet("portal/3/model.onnx"), page), () -> {
            rig.publish("portal/3", IDENTITY);
            rig.awaitFailed("portal/3", "does not match its manifest");
            rig.assertAnswers("portal", GatewayUnderFaults.PLUS_ONE);
        });
        rig.awaitReady("portal/3");

        Response buckets = Response.of(
                200,
                "application/xml",
                "<?xml version=\"1.0\"?><ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>");
        rig.during(rig.answering(Request::isList, buckets), () -> {
            rig.awaitStale("is no S3 store");
            rig.publish("portal/4", ADD_ONE);
            rig.assertAnswers("portal", GatewayUnderFaults.SAME);
        });
        rig.awaitReady("portal/4");
    }

    @Test
    @DisplayName("503 SlowDown")
    void aStoreThatAsksForFewerRequestsIsNotAskedMore() throws Exception {
        rig.publish("slow/1", IDENTITY);
        rig.awaitReady("slow/1");

        rig.during(rig.answering(_ -> true, Response.error(503, "SlowDown")), () -> {
            rig.awaitStale("asks for fewer requests (503 SlowDown)");
            rig.publish("slow/2", ADD_ONE);
            thereIsNoStorm();
            rig.assertAnswers("slow", GatewayUnderFaults.SAME);
        });

        rig.awaitReady("slow/2");
    }

    /** A second of failures brings no more requests than a second of successes. */
    private void thereIsNoStorm() {
        int before = rig.hits();
        long began = System.nanoTime();
        rig.load().awaitMore(1_000);
        rig.awaitHits(before + 2);
        double looks = (System.nanoTime() - began) / 200e6 + 1;
        assertThat(rig.hits() - before).isLessThanOrEqualTo((int) (looks * REQUESTS_OF_A_LOOK));
    }

    @Test
    @DisplayName("credentials expire, and rotate")
    void aKeyThatExpiresAndOneThatRotatesAreReplacedWithoutARestart() throws Exception {
        rig.publish("rotating/1", IDENTITY);
        rig.awaitReady("rotating/1");

        rig.during(rig.answering(_ -> true, Response.error(400, "ExpiredToken")), () -> {
            rig.awaitStale("ExpiredToken");
            rig.publish("rotating/2", ADD_ONE);
            rig.assertAnswers("rotating", GatewayUnderFaults.SAME);
        });
        rig.awaitReady("rotating/2");

        rig.underLoad(() -> {
            rig.useKey("AKIAANOTHERKEYX1", "another-secret");
            rig.awaitStale("the store refused our key AKIA…X1 from a profile");
            rig.publish("rotating/3", IDENTITY);
            rig.assertAnswers("rotating", GatewayUnderFaults.PLUS_ONE);
        });
        rig.useKey(S3ProxyStore.KEY_ID, S3ProxyStore.SECRET);
        rig.awaitReady("rotating/3");

        assertThat(rig.gateway().log()).doesNotContain("another-secret", S3ProxyStore.SECRET, S3ProxyStore.KEY_ID);
    }

    @Test
    @DisplayName("the clock is off by 20 minutes, and by more than the store itself takes")
    void aClockThatIsOffIsNamedAndAllowedFor() throws Exception {
        rig.publish("clock/1", IDENTITY);
        rig.awaitReady("clock/1");

        rig.during(ofAStoreAhead(Duration.ofSeconds(20 * 60 + 30)), () -> {
            rig.awaitTold(
                    0, "registry.stale", "the store's clock is 20 minutes ahead of ours"); // over at the next poll
            rig.publish("clock/2", ADD_ONE);
            rig.awaitReady("clock/2"); // allowed for, while it is off
        });

        rig.during(ofAStoreAhead(Duration.ofMinutes(5 * 60 + 30)), () -> {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> signedAt(rig.requestsFor("generation").getLast())
                            .isAfter(Instant.now().plus(Duration.ofHours(4)))); // by now we go by the store's clock
            rig.publish("clock/3", IDENTITY);
        });
        rig.awaitReady("clock/3"); // the real one refuses that by itself, and we go by the real one's
    }

    /** A store whose clock is ahead takes what was signed by its clock, give or take a quarter of an hour. */
    private Rule ofAStoreAhead(Duration ahead) {
        return (request, next) -> {
            Instant clock = Instant.now().plus(ahead);
            boolean skewed = Duration.between(signedAt(request), clock).abs().compareTo(Duration.ofMinutes(15)) > 0;
            Response response = skewed
                    ? rig.answering(_ -> true, Response.error(403, "RequestTimeTooSkewed"))
                            .answer(request, next)
                    : next.answer();
            return response.with("date", DateTimeFormatter.RFC_1123_DATE_TIME.format(clock.atOffset(ZoneOffset.UTC)));
        };
    }

    private static Instant signedAt(Request request) {
        return Instant.from(DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssX")
                .parse(request.headers().getOrDefault("x-amz-date", "")));
    }

    @Test
    @DisplayName("the store's name is unknown, then leads elsewhere, then to it again")
    void aNameThatIsGoneOrLeadsElsewhereIsLookedUpAgain() throws Exception {
        rig.publish("name/1", IDENTITY);
        rig.awaitReady("name/1");

        rig.underLoad(() -> {
            rig.resolve();
            rig.awaitStale("the host of store.example", "is unknown");
            rig.publish("name/2", ADD_ONE);
            rig.assertAnswers("name", GatewayUnderFaults.SAME);
        });
        rig.resolveRightly();
        rig.awaitReady("name/2");

        rig.underLoad(() -> {
            rig.resolve("127.0.0.2"); // where nobody listens
            rig.awaitStale("store.example");
            rig.publish("name/3", IDENTITY);
            rig.assertAnswers("name", GatewayUnderFaults.PLUS_ONE);
        });
        rig.resolveRightly();
        rig.awaitReady("name/3");
    }

    @Test
    @DisplayName("a certificate that is not trusted, one that has expired, and plain HTTP in place of TLS")
    void aStoreThatCannotProveWhoItIsIsNotAsked() throws Exception {
        Certificates certificates = rig.load().whileItRests(() -> Certificates.in(folder));
        try (S3ProxyStore right = S3ProxyStore.startSecure(certificates.right(), Certificates.PASSWORD);
                S3ProxyStore expired = S3ProxyStore.startSecure(certificates.expired(), Certificates.PASSWORD);
                S3ProxyStore stranger = S3ProxyStore.startSecure(certificates.stranger(), Certificates.PASSWORD);
                S3ProxyStore plain = S3ProxyStore.start();
                FaultProxy network = FaultProxy.before(right.secureEndpoint())) {
            String bucket = right.newBucket();
            put(right, bucket, "secure/1", IDENTITY);
            for (S3ProxyStore other : List.of(expired, stranger, plain)) {
                other.newBucket(bucket);
                put(other, bucket, "forged/1", ADD_ONE);
            }
            Map<String, String> key = S3ProxyStore.environment(S3ProxyStore.SECRET);
            String endpoint = "https://127.0.0.1:" + network.endpoint().getPort();
            try (GatewayProcess gateway = rig.load()
                            .whileItRests(() -> GatewayProcess.start(
                                    folder,
                                    "s3://" + bucket,
                                    key,
                                    "registry.s3.endpoint=" + endpoint,
                                    "registry.s3.ca-file=" + certificates.authority()));
                    Load load = Load.on(gateway.port(), "secure/1", GatewayUnderFaults.ROW, GatewayUnderFaults.SAME)) {
                int version = 1;
                for (URI other : List.of(stranger.secureEndpoint(), expired.secureEndpoint(), plain.endpoint())) {
                    long before = network.connections();
                    network.leadTo(other);
                    rig.underLoad(() -> {
                        Awaitility.await()
                                .atMost(Duration.ofSeconds(30))
                                .until(() -> network.connections() >= before + 2 // the first has ended
                                        || gateway.log().contains("forged"));
                        load.awaitMore(300);
                    });
                    version++;
                    String id = "secure/" + version;
                    put(right, bucket, id, ADD_ONE);
                    network.leadTo(right.secureEndpoint());
                    Awaitility.await()
                            .atMost(Duration.ofSeconds(30))
                            .until(() -> gateway.get("/models/" + id)
                                    .path("state")
                                    .asText()
                                    .equals("ready"));
                }
                assertThat(load.failures()).isEmpty();
                assertThat(gateway.log()).contains("registry.stale").doesNotContain("forged");
            }
        }
    }

    private static void put(S3ProxyStore store, String bucket, String id, byte[] model) {
        SortedMap<String, byte[]> files = GatewayUnderFaults.files(id, model);
        files.forEach((path, content) -> store.put(bucket, id + "/" + path, content));
        store.put(bucket, id + "/manifest.json", GatewayUnderFaults.manifest(id, files));
    }

    @Test
    @DisplayName("a redirection to plain HTTP")
    void aRedirectionToPlainHttpIsNotFollowed() throws Exception {
        rig.publish("moved/1", IDENTITY);
        rig.awaitReady("moved/1");

        try (InjectingStore elsewhere = InjectingStore.before(URI.create("http://127.0.0.1:1"))) {
            Rule redirect = rig.answering(
                    _ -> true,
                    (request, _) -> Response.error(307, "TemporaryRedirect")
                            .with("location", elsewhere.endpoint() + request.target()));
            rig.during(redirect, () -> {
                rig.awaitStale();
                rig.publish("moved/2", ADD_ONE);
                rig.awaitHits(2);
                rig.assertAnswers("moved", GatewayUnderFaults.SAME);
            });

            rig.awaitReady("moved/2");
            assertThat(elsewhere.log()).isEmpty();
        }
    }

    /** Certificates of one authority, right and expired, and one of nobody; each in a key store of its own. */
    private record Certificates(Path right, Path expired, Path stranger, Path authority) {
        static final String PASSWORD = "changeit";

        static Certificates in(Path folder) throws Exception {
            Path all = folder.resolve("all.p12");
            keytool(all, "authority", "-ext", "bc:c");
            keytool(all, "right", "-signer", "authority", "-ext", "san=ip:127.0.0.1");
            keytool(
                    all,
                    "expired",
                    "-signer",
                    "authority",
                    "-ext",
                    "san=ip:127.0.0.1",
                    "-startdate",
                    "-3d",
                    "-validity",
                    "1");
            keytool(all, "stranger", "-ext", "san=ip:127.0.0.1");
            KeyStore keys = KeyStore.getInstance(all.toFile(), PASSWORD.toCharArray());
            String pem = Base64.getMimeEncoder()
                    .encodeToString(keys.getCertificate("authority").getEncoded());
            return new Certificates(
                    alone(keys, "right", folder),
                    alone(keys, "expired", folder),
                    alone(keys, "stranger", folder),
                    Files.writeString(
                            folder.resolve("authority.pem"),
                            "-----BEGIN CERTIFICATE-----\n" + pem + "\n-----END CERTIFICATE-----\n"));
        }

        private static Path alone(KeyStore keys, String alias, Path folder) throws Exception {
            char[] password = PASSWORD.toCharArray();
            KeyStore one = KeyStore.getInstance("PKCS12");
            one.load(null, null);
            one.setKeyEntry(alias, keys.getKey(alias, password), password, keys.getCertificateChain(alias));
            Path file = folder.resolve(alias + ".p12");
            try (OutputStream out = Files.newOutputStream(file)) {
                one.store(out, password);
            }
            return file;
        }

        private static void keytool(Path keys, String alias, String... more) throws Exception {
            ProcessBuilder builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
            builder.command().addAll(List.of("-genkeypair", "-alias", alias, "-dname", "CN=" + alias, "-keyalg", "EC"));
            builder.command().addAll(List.of("-keystore", keys.toString(), "-storepass", PASSWORD));
            builder.command().addAll(List.of(more));
            Process process = builder.redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(said).isZero();
        }
    }
}
