package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway whose local store lies on a disk in trouble; {@code .ci/suites/disk} makes the disks. */
@Tag("real-disk")
class DiskProcessTest {
    private static final String ROW = "{\"instances\": [[1, 2]]}";
    private static final String SAME = "{\"predictions\":[[1.0,2.0]]}";
    private static final int LARGE = 3 << 20;

    /** Two pauses, two and ten seconds, and a load. */
    private static final Duration TRIED_AGAIN = Duration.ofSeconds(40);

    @TempDir
    private Path work;

    private Path registry;

    @BeforeEach
    void fillRegistry() throws IOException {
        registry = Files.createDirectory(work.resolve("registry"));
        copyByHand("good/1", TestModels.identity(DataType.FP32, "batch", 2), 0);
    }

    private static Path folder(String variable) {
        return Path.of(Objects.requireNonNull(System.getenv(variable), variable));
    }

    private void copyByHand(String id, byte[] model, int moreBytes) throws IOException {
        Path folder = Files.createDirectories(registry.resolve(id));
        Files.write(folder.resolve("more.bin"), new byte[moreBytes]);
        Files.write(folder.resolve("model.onnx"), model);
    }

    private GatewayProcess gateway(String name, Path store) throws IOException {
        Path folder = Files.createDirectory(work.resolve(name));
        return GatewayProcess.start(folder, registry, "store.path=" + store);
    }

    private static void awaitState(GatewayProcess gateway, String version, String state) {
        Awaitility.await()
                .atMost(TRIED_AGAIN)
                .until(() ->
                        gateway.get("/models/" + version).path("state").asText().equals(state));
    }

    private static void assertFailed(GatewayProcess gateway, String version, String reason) throws Exception {
        awaitState(gateway, version, "failed");
        JsonNode shown = gateway.get("/models/" + version);
        assertThat(shown.get("reason").asText()).isEqualTo(reason);
        HttpResponse<String> refused = gateway.predict(version, ROW);
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Serin-Error")).contains("version-failed");
        assertThat(refused.body()).contains(reason);
        assertThat(gateway.status("/health/live")).isEqualTo(200);
        assertThat(gateway.status("/health/ready")).isEqualTo(200);
    }

    private static void assertGood(GatewayProcess gateway) throws Exception {
        assertThat(gateway.predict("good", ROW).body()).isEqualTo(SAME);
    }

    @Test
    void aFullDiskFailsOneVersionUntilThereIsSpaceAndHurtsNothingElse() throws Exception {
        Path disk = folder("DISK_SUITE_FULL");
        Path store = disk.resolve("store");
        Path ballast = disk.resolve("ballast");
        try (GatewayProcess gateway = gateway("first", store);
                Load load = Load.on(gateway.port(), "good", ROW, SAME)) {
            fill(ballast);
            copyByHand("large/1", TestModels.addOne("batch", 2), LARGE);
            assertFailed(gateway, "large/1", "the disk of the local store is full");
            Awaitility.await().until(() -> isEmpty(store.resolve("tmp")));
            try (GatewayProcess restarted = gateway("second", store)) {
                assertGood(restarted);
                assertFailed(restarted, "large/1", "the disk of the local store is full");
            }

            Files.delete(ballast);
            awaitState(gateway, "large/1", "ready");
            assertThat(gateway.predict("large/1", ROW).body()).isEqualTo("{\"predictions\":[[2.0,3.0]]}");
            load.awaitMore(100);
            assertThat(load.failures()).isEmpty();
        }
    }

    private static void fill(Path ballast) throws IOException {
        try (OutputStream out = Files.newOutputStream(ballast)) {
            byte[] page = new byte[4096];
            while (true) {
                out.write(page);
            }
        } catch (IOException full) {
            assertThat(full).hasMessage("No space left on device");
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (var all = Files.list(folder)) {
            return all.findAny().isEmpty();
        }
    }

    @Test
    void aDiskThatBecomesReadOnlyFailsOneVersionUntilItCanBeWrittenAndAGatewayStartsOnIt() throws Exception {
        Path disk = folder("DISK_SUITE_READ_ONLY");
        Path store = disk.resolve("store");
        String reason = "the local store cannot be written: read-only file system";
        try (GatewayProcess gateway = gateway("first", store);
                Load load = Load.on(gateway.port(), "good", ROW, SAME)) {
            // Another mount above the first: a disk with files open for writing cannot be turned by hand.
            system("mount", "--bind", folder("DISK_SUITE_BEHIND").toString(), disk.toString());
            try {
                system("mount", "-o", "remount,bind,ro", disk.toString());
                copyByHand("large/1", TestModels.addOne("batch", 2), LARGE);
                assertFailed(gateway, "large/1", reason);
                try (GatewayProcess restarted = gateway("second", store)) {
                    assertGood(restarted);
                    assertFailed(restarted, "large/1", reason);
                    assertThat(restarted.log()).contains("\"store.unwritable\"");
                }
            } finally {
                system("umount", disk.toString());
            }

            awaitState(gateway, "large/1", "ready");
            load.awaitMore(100);
            assertThat(load.failures()).isEmpty();
            assertThat(isEmpty(store.resolve("tmp"))).isTrue();
        }
    }

    private static void system(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }
}
