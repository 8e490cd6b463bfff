package dev.serin.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Concurrently;
import dev.serin.registry.ConflictException;
import dev.serin.registry.Publisher;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.VersionId;
import dev.serin.registry.fault.FaultProxy.Fault;
import dev.serin.registry.fault.InjectingStore.Response;
import dev.serin.registry.fault.InjectingStore.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A version comes in the wrong order, not whole, or is not what its manifest says; or the manifest is none. */
class RegistryFaultsInVersionsTest extends RegistryFaultsTestCase {
    /** So large that it is fetched in ranges. */
    private static final int LARGE = 65 << 20;

    @TempDir
    private Path folder;

    private Publisher.Request request(String id, byte[] model) throws IOException {
        SortedMap<ArtifactPath, Path> files = new TreeMap<>();
        Path file = Files.createTempFile(folder, "model", ".onnx");
        files.put(ArtifactPath.MODEL, Files.write(file, model));
        files.put(new ArtifactPath("salt.txt"), Files.writeString(Path.of(file + ".txt"), id));
        return new Publisher.Request(
                VersionId.parse(id),
                files,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode(),
                "ana");
    }

    @Test
    @DisplayName("half an upload, without its manifest")
    void halfAnUploadIsInvisible() throws Exception {
        try (RegistryWriter registry = rig.publisher()) {
            Publisher publisher = new Publisher(registry, InstantSource.system());
            Publisher.Request request = request("half/1", IDENTITY);
            Rule dies = rig.answering(
                    sent -> sent.method().equals("PUT") && sent.target().endsWith("half/1/manifest.json"),
                    Response.error(500, "InternalError"));
            rig.during(dies, () -> {
                Assertions.assertThatExceptionOfType(RegistryException.class)
                        .isThrownBy(() -> publisher.publish(request));
                rig.awaitLook();
                rig.awaitLook();
                assertThat(rig.gateway().status("/models/half/1")).isEqualTo(404);
                assertThat(rig.gateway().predict("half", GatewayUnderFaults.ROW).statusCode())
                        .isEqualTo(404);
            });

            publisher.publish(request);
        }
        rig.awaitReady("half/1");
    }

    @Test
    @DisplayName("the manifest comes before the files")
    void aManifestBeforeItsFilesWaitsForThem() throws Exception {
        SortedMap<String, byte[]> files = GatewayUnderFaults.files("early/1", IDENTITY);
        int mark = rig.mark();

        rig.underLoad(() -> {
            rig.put("early/1/manifest.json", GatewayUnderFaults.manifest("early/1", files));
            rig.awaitFailed("early/1", "its files cannot be fetched just now");
            rig.put("early/1/model.onnx", IDENTITY);
            rig.awaitLook();
            assertThat(rig.told(mark).lines().filter(line -> line.contains("version.loaded")))
                    .noneMatch(line -> line.contains("early"));
        });
        files.forEach((path, content) -> rig.put("early/1/" + path, content));

        rig.awaitReady("early/1");
    }

    @Test
    @DisplayName("a file is overwritten while it is downloaded")
    void aFileOverwrittenWhileItIsDownloadedIsFetchedAnew() throws Exception {
        rig.put("overwritten/1/model.onnx", IDENTITY);
        AtomicBoolean done = new AtomicBoolean();
        Rule overwrites = rig.answering(request -> request.isGet("overwritten/1/model.onnx"), (_, next) -> {
            Response former = next.answer();
            if (done.compareAndSet(false, true)) {
                rig.put("overwritten/1/model.onnx", ADD_ONE);
            }
            return former;
        });
        rig.during(overwrites, () -> rig.awaitReady("overwritten/1"));
        rig.assertAnswers("overwritten/1", GatewayUnderFaults.PLUS_ONE);

        rig.during(
                rig.answering(
                        request -> request.isGet("overwritten/2/salt.txt"),
                        (_, next) -> next.answer().withBody("overwritten/3".getBytes(UTF_8))),
                () -> {
                    rig.publish("overwritten/2", IDENTITY);
                    rig.awaitFailed("overwritten/2", "salt.txt does not match its manifest: sha256 is");
                    rig.assertAnswers("overwritten", GatewayUnderFaults.PLUS_ONE);
                });
        rig.awaitReady("overwritten/2");
    }

    @Test
    @DisplayName("a file is overwritten between two ranges of it")
    void aFileOverwrittenBetweenTwoRangesIsFetchedAnew() throws Exception {
        SortedMap<String, byte[]> files = GatewayUnderFaults.files("ranges/1", IDENTITY);
        files.put("large.bin", large(LARGE));
        AtomicBoolean done = new AtomicBoolean();
        Rule overwrites = rig.answering(
                request ->
                        request.isGet("ranges/1/large.bin") && request.headers().containsKey("range"),
                (_, next) -> {
                    if (done.compareAndSet(false, true)) {
                        rig.put("ranges/1/large.bin", new byte[LARGE]);
                    }
                    return next.answer();
                });
        int mark = rig.mark();

        rig.during(overwrites, () -> {
            rig.publish("ranges/1", files);
            rig.awaitTold(mark, "version.failed", "ranges", "it was overwritten meanwhile");
        });
        rig.put("ranges/1/large.bin", files.getOrDefault("large.bin", new byte[0]));

        rig.awaitReady("ranges/1");
    }

    private static byte[] large(int size) {
        byte[] content = new byte[size];
        new Random(7).nextBytes(content);
        return content;
    }

    @Test
    @DisplayName("the body is shorter than it should be")
    void aBodyThatEndsEarlyLeavesNothingAndIsFetchedAgain() throws Exception {
        SortedMap<String, byte[]> files = GatewayUnderFaults.files("short/1", IDENTITY);
        files.put("large.bin", large(1 << 20));
        int mark = rig.mark();

        rig.during(new Fault.CutAfter(500_000), () -> {
            rig.publish("short/1", files);
            rig.awaitTold(mark, "version.failed", "short", "broke off");
        });
        nothingIsLeftHalfDone();

        Rule shortened = rig.answering(request -> request.isGet("short/2/model.onnx"), (_, next) -> {
            Response whole = next.answer();
            return whole.withBodyBehindTheSameHead(Arrays.copyOf(whole.body(), whole.body().length / 2));
        });
        rig.during(shortened, () -> {
            rig.publish("short/2", ADD_ONE);
            rig.awaitTold(mark, "version.failed", "short", "\"2\"", "broke off");
        });
        nothingIsLeftHalfDone();

        rig.awaitReady("short/1", "short/2");
    }

    private void nothingIsLeftHalfDone() {
        Awaitility.await().until(() -> {
            try (Stream<Path> left = Files.list(rig.work().resolve("store/tmp"))) {
                return left.findAny().isEmpty();
            }
        });
    }

    @Test
    @DisplayName("the body stalls in the middle")
    void aBodyThatStallsIsCutAndFetchedAgain() throws Exception {
        SortedMap<String, byte[]> files = GatewayUnderFaults.files("stalled/1", IDENTITY);
        files.put("large.bin", large(1 << 20));
        int mark = rig.mark();

        rig.during(new Fault.Stall(500_000), () -> {
            rig.publish("stalled/1", files);
            rig.awaitState("stalled/1", "downloading");
            rig.publish("beside/1", ADD_ONE);
            rig.awaitReady("beside/1"); // nobody waits for it
            rig.awaitTold(mark, "version.failed", "stalled", "did not answer in time");
        });
        nothingIsLeftHalfDone();

        rig.awaitReady("stalled/1");
    }

    @Test
    @DisplayName("x-amz-checksum is another's")
    void bytesThatAreNotThoseOfTheirChecksumOrDigestAreRefused() throws Exception {
        int mark = rig.mark();
        Rule wrong = rig.answering(
                request -> request.isGet("checksum/1/model.onnx") || request.isGet("checksum/2/model.onnx"),
                (request, next) -> {
                    Response right = next.answer();
                    if (request.target().contains("checksum/1")) {
                        return right.with("x-amz-checksum-crc32", "AAAAAA==");
                    }
                    byte[] changed = right.body().clone();
                    changed[changed.length / 2] ^= 1;
                    return right.withBody(changed);
                });

        rig.during(wrong, () -> {
            rig.publish("checksum/1", IDENTITY);
            rig.awaitTold(
                    mark, "version.failed", "checksum", "the bytes are not those that their checksum was made of");
            rig.publish("checksum/2", ADD_ONE);
            rig.awaitFailed("checksum/2", "model.onnx does not match its manifest: sha256 is");
        });

        rig.awaitReady("checksum/1", "checksum/2");
    }

    @Test
    @DisplayName("two publishers race for one version")
    void ofTwoPublishersOfOneVersionOneWinsAndItsFilesAreServed() throws Exception {
        try (RegistryWriter registry = rig.publisher()) {
            Publisher publisher = new Publisher(registry, InstantSource.system());
            rig.underLoad(() -> {
                for (int i = 1; i <= 3; i++) {
                    String id = "race/" + i;
                    List<Publisher.Request> both = List.of(request(id, IDENTITY), request(id, ADD_ONE));

                    List<Boolean> won = Concurrently.call(2, number -> () -> publishes(publisher, both.get(number)));

                    assertThat(won).containsOnlyOnce(true);
                    rig.awaitReady(id);
                    rig.assertAnswers(id, won.getFirst() ? GatewayUnderFaults.SAME : GatewayUnderFaults.PLUS_ONE);
                    assertThat(registry.list(id + "/"))
                            .extracting(object -> object.key().substring(id.length() + 1))
                            .containsExactly("manifest.json", "model.onnx", "salt.txt");
                }
            });
        }
    }

    private static boolean publishes(Publisher publisher, Publisher.Request request) {
        try {
            publisher.publish(request);
            return true;
        } catch (ConflictException e) {
            return false;
        }
    }

    @Test
    @DisplayName("a manifest of 100 MB behind a listing that lies, and far too many files")
    void whatIsTooLargeIsRefusedAtItsLimit() throws Exception {
        byte[] huge = new byte[100 << 20];
        Rule lies = rig.answering(
                request -> request.isGet("huge/1/manifest.json"),
                (_, next) -> next.answer().withBody(huge));
        List<String> many = new ArrayList<>();
        String file = "{\"path\":\"f%07d\",\"size\":0,\"sha256\":\"" + "0".repeat(64) + "\"}";
        for (int i = 0; i < 1_001; i++) {
            many.add(file.formatted(i));
        }
        rig.during(lies, () -> {
            rig.publish("huge/1", IDENTITY);
            rig.put(
                    "huge/2/manifest.json",
                    "{\"format\":1,\"model\":\"huge\",\"version\":\"2\",\"created-at\":\"2026-11-22T10:00:00Z\",\"files\":"
                            + many + "}");
            rig.put("huge/3/manifest.json", "[".repeat(100_000));
            rig.put("huge/4/manifest.json", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n");
            for (int i = 0; i < 1_001; i++) {
                rig.put("huge/5/f" + i, "");
            }
            rig.put("huge/5/model.onnx", IDENTITY);
            rig.awaitFailed("huge/1", "more than the 1048576 bytes allowed");
            rig.awaitFailed("huge/2", "at most 1000");
            rig.awaitFailed("huge/3", "manifest.json");
            rig.awaitFailed("huge/4", "manifest.json");
            rig.awaitFailed("huge/5", "more than the 1000 allowed");
        });

        rig.publish("huge/6", ADD_ONE);
        rig.awaitReady("huge/6");
    }

    @Test
    @DisplayName("a manifest that names URLs, other buckets, absolute paths")
    void aManifestThatNamesWhatIsNotItsOwnIsRefusedAndNothingIsFetched() throws Exception {
        List<String> paths = List.of(
                "http://169.254.169.254/latest/meta-data",
                "s3://other-bucket/model.onnx",
                "/etc/passwd",
                "../../other/1/model.onnx",
                "file:///etc/passwd",
                "..%2f..%2fmodel.onnx");
        String manifest =
                "{\"format\":1,\"model\":\"foreign\",\"version\":\"%d\",\"created-at\":\"2026-11-22T10:00:00Z\","
                        + "\"files\":[{\"path\":\"%s\",\"size\":1,\"sha256\":\"" + "0".repeat(64) + "\"},"
                        + "{\"path\":\"model.onnx\",\"size\":1,\"sha256\":\"" + "0".repeat(64) + "\"}]}";

        rig.underLoad(() -> {
            for (int i = 0; i < paths.size(); i++) {
                rig.put("foreign/" + i + "/manifest.json", manifest.formatted(i, paths.get(i)));
            }
            for (int i = 0; i < paths.size(); i++) {
                rig.awaitFailed("foreign/" + i, "is not an artifact path");
            }
        });

        assertThat(rig.requestsFor("foreign")).allMatch(request -> request.isGet("manifest.json"));
        assertThat(rig.requestsFor("passwd")).isEmpty();
        assertThat(rig.requestsFor("169.254")).isEmpty();
        rig.publish("foreign/9", IDENTITY);
        rig.awaitReady("foreign/9");
    }
}
