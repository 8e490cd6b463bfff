package dev.serin.registry.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digests;
import dev.serin.registry.Publisher;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.RegisteredVersion.Published;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Kind;
import dev.serin.registry.VersionId;
import dev.serin.registry.fault.FaultProxy;
import dev.serin.registry.fault.FaultProxy.Fault;
import dev.serin.registry.fault.InjectingStore;
import dev.serin.registry.fault.InjectingStore.Request;
import dev.serin.registry.fault.InjectingStore.Response;
import dev.serin.registry.store.LocalStore;
import dev.serin.registry.store.StoredVersion;
import dev.serin.registry.watch.RegistryScanner;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Large objects, and whole versions, on their way to a bucket and back. */
class S3TransferTest extends S3TestCase {
    private static final Sizes SMALL = new Sizes(1 << 20, 256 << 10, 4, 5 << 20);
    private static final String MODEL = "iris/1/model.onnx";

    @TempDir
    private Path folder;

    private S3Registry open() {
        return open(config(store().endpoint()), SMALL);
    }

    private Path file(byte[] content) throws IOException {
        return Files.write(folder.resolve("net.onnx"), content);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 262_143, 1 << 20, (1 << 20) + 1, 5 << 18, 3_000_001})
    void anObjectOfAnySizeIsReadAsOneStream(int size) throws IOException {
        byte[] content = bytes(size, size);
        put(MODEL, content);

        try (InputStream in = open().open(MODEL)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
            assertThat(in.read()).isNegative();
        }
    }

    @Test
    void aLargeObjectIsReadInPiecesOfAnySize() throws IOException {
        byte[] content = bytes(2_000_000, 1);
        put(MODEL, content);
        byte[] read = new byte[content.length];

        try (InputStream in = open().open(MODEL)) {
            for (int at = 0, piece = 1; at < read.length; piece = piece * 7 % 100_003) {
                at += in.readNBytes(read, at, Math.min(piece, read.length - at));
            }
        }

        assertThat(read).isEqualTo(content);
    }

    @Test
    void theRangesOfALargeObjectAreOfOneStateOfIt() throws IOException {
        put(MODEL, bytes(2 << 20, 1));
        InjectingStore injecting = injecting();

        try (InputStream in = open(config(injecting.endpoint()), SMALL).open(MODEL)) {
            assertThat(in.readAllBytes()).hasSize(2 << 20);
        }

        List<Request> ranges = injecting.log().stream()
                .filter(request -> request.headers().containsKey("range"))
                .toList();
        assertThat(ranges).hasSize(7).allMatch(request -> request.headers().containsKey("if-match"));
        assertThat(injecting.log()).hasSize(8);
    }

    @Test
    void noMoreRangesAreUnderWayThanAllowed() throws IOException {
        put(MODEL, bytes(8 << 20, 1));
        InjectingStore injecting = injecting();

        try (InputStream in = open(config(injecting.endpoint()), SMALL).open(MODEL)) {
            assertThat(in.read()).isNotNegative();
            await().until(() -> injecting.log().size() == 4);
            await().during(Duration.ofMillis(200)).until(() -> injecting.log().size() == 4);
        }
    }

    @Test
    void aLargeObjectClosedEarlyLeavesNothingUnderWay() throws IOException {
        put(MODEL, bytes(8 << 20, 1));
        FaultProxy network = network();
        network.set(new Fault.RateLimit(1 << 20));

        try (InputStream in = open(config(network.endpoint()), SMALL).open(MODEL)) {
            assertThat(in.read()).isNotNegative();
        }

        await().atMost(Duration.ofSeconds(2)).until(() -> network.openSockets() == 0);
    }

    @Test
    void aRangeThatFailsFailsTheStream() throws IOException {
        put(MODEL, bytes(2 << 20, 1));
        InjectingStore injecting = injecting();
        injecting.answer(
                request -> request.headers().getOrDefault("range", "").startsWith("bytes=1048576-"),
                Response.error(503, "SlowDown"));

        try (InputStream in = open(config(injecting.endpoint()), SMALL).open(MODEL)) {
            assertThatIOException()
                    .isThrownBy(in::readAllBytes)
                    .withMessage("the store asks for fewer requests (503 SlowDown)");
        }
    }

    @Test
    void aStoreThatIgnoresRangesIsNotBelieved() throws IOException {
        put(MODEL, bytes(2 << 20, 1));
        InjectingStore injecting = injecting();
        injecting.answerBy((request, store) -> request.headers().containsKey("range")
                ? new Response(200, Map.of("etag", "\"1\""), bytes(2 << 20, 1))
                : store.answer());

        try (InputStream in = open(config(injecting.endpoint()), SMALL).open(MODEL)) {
            assertThatIOException().isThrownBy(in::readAllBytes).withMessageContaining("range");
        }
    }

    @Test
    void aLargeFileIsWrittenInParts() throws IOException {
        byte[] content = bytes((11 << 20) + 5, 1);
        S3Registry registry = open();

        registry.upload(MODEL, file(content));

        try (InputStream in = registry.open(MODEL)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        assertThat(registry.list("")).hasSize(1);
    }

    @Test
    void anUploadThatFailsLeavesNoPartsBehind() throws IOException {
        InjectingStore injecting = injecting();
        injecting.answer(request -> request.target().contains("partNumber=2"), Response.error(500, "InternalError"));
        S3Registry registry = open(config(injecting.endpoint()), SMALL);
        Path file = file(bytes(11 << 20, 1));

        assertThat(failure(() -> registry.upload(MODEL, file)).kind()).isEqualTo(Kind.OTHER);

        assertThat(registry.list("")).isEmpty();
        assertThat(injecting.log().get(3).method()).isEqualTo("DELETE");
        assertThat(injecting.log().get(3).target()).contains("uploadId=");
    }

    @Test
    void uploadsAreNeitherChunkedNorTrailedNorAnnounced() throws IOException {
        InjectingStore injecting = injecting();

        open(injecting.endpoint()).upload(MODEL, file(bytes(3_000_000, 1)));

        assertThat(injecting.log()).singleElement().satisfies(request -> {
            assertThat(request.headers()).containsEntry("content-length", "3000000");
            assertThat(request.headers()).doesNotContainKeys("x-amz-trailer", "transfer-encoding", "expect");
            assertThat(request.headers().getOrDefault("content-encoding", "")).doesNotContain("aws-chunked");
        });
    }

    @Test
    void theBucketMayStandInTheNameOfTheHost() throws Exception {
        try (S3ProxyStore below = S3ProxyStore.startBelow("store.test")) {
            String bucket = below.newBucket();
            URI endpoint = URI.create("http://store.test:" + below.endpoint().getPort());
            S3Registry registry = open(withBucketInHost(S3ProxyStore.config(endpoint, new S3Location(bucket, "prod"))));

            registry.upload(MODEL, file(bytes(1000, 1)));

            assertThat(registry.list("iris/")).hasSize(1);
            try (InputStream in = registry.open(MODEL)) {
                assertThat(in.readAllBytes()).isEqualTo(bytes(1000, 1));
            }
            S3Config missing = withBucketInHost(S3ProxyStore.config(endpoint, new S3Location("no-bucket", "prod")));
            StoreException failure = failure(() -> open(missing).list(""));
            assertThat(failure.kind()).isEqualTo(Kind.NO_SUCH_BUCKET);
            assertThat(failure.details().asked()).hasValueSatisfying(asked -> {
                assertThat(asked.request()).startsWith("GET http://no-bucket.store.test:");
                assertThat(asked.pathStyle()).isFalse();
            });
        }
    }

    private static S3Config withBucketInHost(S3Config config) {
        return new S3Config(
                config.location(),
                config.endpoint(),
                config.region(),
                Optional.of(false),
                config.caFile(),
                config.attempts(),
                config.timeouts());
    }

    @Test
    void aVersionIsPublishedSeenAndFetched() throws IOException {
        S3Registry registry = open();
        byte[] model = bytes(6 << 20, 1);
        SortedMap<ArtifactPath, Path> files = new TreeMap<>();
        files.put(ArtifactPath.MODEL, file(model));
        files.put(new ArtifactPath("labels/en.txt"), Files.writeString(folder.resolve("labels.txt"), "setosa"));
        Publisher.Request request = new Publisher.Request(
                VersionId.parse("iris/1"),
                files,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode(),
                "ana");
        Publisher publisher = new Publisher(registry, InstantSource.system());

        assertThat(publisher.publish(request).alreadyThere()).isFalse();
        assertThat(publisher.publish(request).alreadyThere()).isTrue();

        RegistryScanner.Options options =
                new RegistryScanner.Options(Duration.ofSeconds(10), Duration.ofMinutes(5), true);
        RegistryScanner scanner = new RegistryScanner(registry, options, InstantSource.system());
        RegistrySnapshot snapshot = scanner.poll();
        RegisteredVersion version =
                snapshot.models().firstEntry().getValue().versions().getFirst();
        assertThat(version).isInstanceOf(Published.class);
        StoredVersion stored = LocalStore.open(folder.resolve("store"))
                .fetch(registry, ((Published) version).manifest(), LocalStore.Progress.NONE);
        assertThat(stored.directory().resolve("model.onnx")).hasBinaryContent(model);
        assertThat(stored.directory().resolve("labels/en.txt")).hasContent("setosa");

        heard.clear();
        scanner.poll();
        assertThat(heard).containsExactly("GET"); // nothing has changed
    }

    @Test
    void aDownloadThatIsCutLeavesNothingAndSucceedsOnceTheNetworkDoes() throws IOException {
        byte[] model = bytes(1 << 20, 1);
        put(MODEL, model);
        FaultProxy network = network();
        S3Registry registry = open(config(network.endpoint()), SMALL);
        RegisteredVersion.HandDropped version = new RegisteredVersion.HandDropped(
                VersionId.parse("iris/1"), InstantSource.system().instant(), registry.list("iris/1/"), true);
        LocalStore local = LocalStore.open(folder.resolve("store"));

        network.set(new Fault.CutAfter(500_000));
        assertThat(anyFailure(() -> local.fetch(registry, version, LocalStore.Progress.NONE)))
                .hasMessageContaining("Cannot read iris/1/model.onnx in s3://")
                .hasMessageContaining("broke off");
        assertThat(folder.resolve("store/tmp")).isEmptyDirectory();
        assertThat(folder.resolve("store/versions")).isEmptyDirectory();

        network.set(new Fault.None());
        StoredVersion stored = local.fetch(registry, version, LocalStore.Progress.NONE);
        try (InputStream in = Files.newInputStream(stored.directory().resolve("model.onnx"))) {
            assertThat(Digests.of(in)).isEqualTo(stored.files().getFirst().sha256());
        }
    }

    @Test
    void aSmallWriteIsSignedWithItsDigest() throws IOException {
        InjectingStore injecting = injecting();
        open(injecting.endpoint()).write("a", "{}".getBytes(UTF_8), new Condition.Always());

        assertThat(injecting.log().getFirst().headers())
                .containsEntry(
                        "x-amz-content-sha256",
                        Digests.of(new ByteArrayInputStream("{}".getBytes(UTF_8)))
                                .hex());
    }
}
