package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.fault.FreePort;
import dev.serin.registry.s3.S3ProxyStore;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway and its commands on a bucket of a real object store, which goes away and comes back. */
class BucketProcessTest {
    private static final String ROW = "{\"instances\": [[1, 2]]}";

    @TempDir
    private Path work;

    private S3ProxyStore store;
    private URI endpoint = URI.create("http://127.0.0.1:1");
    private String bucket = "";

    @BeforeEach
    void startStore() throws Exception {
        store = S3ProxyStore.start();
        endpoint = store.endpoint();
        bucket = store.newBucket();
    }

    @AfterEach
    void stopStore() {
        store.close();
    }

    private String url() {
        return "s3://" + bucket + "/prod";
    }

    private String endpoint() {
        return "registry.s3.endpoint=" + endpoint;
    }

    private GatewayProcess gateway() throws Exception {
        return GatewayProcess.start(work, url(), S3ProxyStore.environment(S3ProxyStore.SECRET), endpoint());
    }

    /** Runs a command on the bucket, with a secret, and returns what it printed. */
    private String serin(int status, String secret, String... arguments) throws Exception {
        Path log = Files.createTempFile(work, "serin", ".log");
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of("--registry", url(), "--set", endpoint()));
        Process process = GatewayProcess.serin(work, log, S3ProxyStore.environment(secret), all.toArray(String[]::new));
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isEqualTo(status);
        return Files.readString(log);
    }

    private void register(String version, byte[] model) throws Exception {
        Path file = Files.write(work.resolve("model.onnx"), model);
        serin(0, S3ProxyStore.SECRET, "register", version, file.toString());
    }

    @Test
    void aVersionRegisteredInABucketIsServedAndSoIsTheNext() throws Exception {
        register("good/1", TestModels.identity(DataType.FP32, "batch", 2));
        try (GatewayProcess gateway = gateway()) {
            assertThat(gateway.predict("good", ROW).body()).isEqualTo("{\"predictions\":[[1.0,2.0]]}");

            register("good/2", TestModels.addOne("batch", 2));

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> gateway.predict("good", ROW).body().equals("{\"predictions\":[[2.0,3.0]]}"));
            assertThat(serin(0, S3ProxyStore.SECRET, "list")).contains("good");
        }
    }

    @Test
    void whatIsLoadedGoesOnServingWithoutTheStoreAndALaterProcessStartsFromItsCopies() throws Exception {
        register("good/1", TestModels.identity(DataType.FP32, "batch", 2));
        store.put(bucket, "prod/hand/1/model.onnx", TestModels.addOne("batch", 2));
        try (GatewayProcess gateway = gateway()) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> gateway.predict("hand", ROW).statusCode() == 200);
            store.close();

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> gateway.log().contains("registry.stale"));
            for (int i = 0; i < 200; i++) {
                assertThat(gateway.predict("good", ROW).statusCode()).isEqualTo(200);
            }
            assertThat(gateway.status("/health/ready")).isEqualTo(200);
        }

        try (GatewayProcess gateway = gateway()) {
            assertThat(gateway.predict("good", ROW).body()).isEqualTo("{\"predictions\":[[1.0,2.0]]}");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> gateway.predict("hand", ROW).statusCode() == 200);
            assertThat(gateway.log())
                    .contains("registry.stale")
                    .contains("refuses connections")
                    .doesNotContain(S3ProxyStore.SECRET);
        }
    }

    @Test
    void whatWasThereOnceIsNoAnswerToWhatIsThere() throws Exception {
        register("good/1", TestModels.identity(DataType.FP32, "batch", 2));
        String copies = "store.path=" + work.resolve("store");
        assertThat(serin(0, S3ProxyStore.SECRET, "list", "--set", copies)).contains("good");
        store.close();

        assertThat(serin(6, S3ProxyStore.SECRET, "list", "--set", copies)).contains("refuses connections");
        assertThat(serin(6, S3ProxyStore.SECRET, "show", "good/1", "--set", copies))
                .contains("refuses connections");
    }

    @Test
    void aGatewayWithoutStoreAndWithoutCopiesIsAliveAndNotReadyAndRecoversByItself() throws Exception {
        register("good/1", TestModels.identity(DataType.FP32, "batch", 2));
        int port = FreePort.find();
        Path log = work.resolve("gateway.log");
        Process process = GatewayProcess.serin(
                work,
                log,
                S3ProxyStore.environment(S3ProxyStore.SECRET),
                "serve",
                "--registry",
                url(),
                "--port",
                String.valueOf(port),
                "--management-port",
                "0",
                "--set",
                "registry.s3.endpoint=http://127.0.0.1:1",
                "--set",
                "registry.poll-interval=200ms",
                "--set",
                "store.path=" + work.resolve("store"));
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> Files.readString(log).contains("registry.stale"));

            assertThat(status(port, "/health/live")).isEqualTo(200);
            assertThat(status(port, "/health/ready")).isEqualTo(503);
            assertThat(process.isAlive()).isTrue();
        } finally {
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void aKeyThatIsRefusedEndsTheStartAndSaysWhatToDo() throws Exception {
        register("good/1", TestModels.identity(DataType.FP32, "batch", 2));

        String text = serin(
                78,
                "another-secret",
                "serve",
                "--port",
                "0",
                "--management-port",
                "0",
                "--set",
                "store.path=" + work.resolve("store"));

        assertThat(text)
                .contains("Serin did not start: the registry refused our key\n")
                .contains("\n  asked     GET " + endpoint + "/" + bucket)
                .contains("path-style · region us-east-1 · key AKIA…7Q")
                .contains("\n  answered  403 SignatureDoesNotMatch · its clock and ours agree\n")
                .contains("\n  likely    the secret does not belong to this key id;")
                .contains("\n  try       serin doctor")
                .doesNotContain("another-secret")
                .doesNotContain("\tat ");
    }

    @Test
    void theDoctorFindsNothingWrong() throws Exception {
        register("good/1", TestModels.identity(DataType.FP32, "batch", 2));

        assertThat(serin(0, S3ProxyStore.SECRET, "doctor"))
                .contains("ok     address ", "ok     credentials ", "ok     list ", "ok     put-if-match-race ")
                .doesNotContain("FAIL", "skip");
    }

    private static int status(int port, String path) throws Exception {
        return java.net.http.HttpClient.newHttpClient()
                .send(
                        java.net.http.HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        java.net.http.HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
                .statusCode();
    }
}
