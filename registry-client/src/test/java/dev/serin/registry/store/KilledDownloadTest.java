package dev.serin.registry.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digests;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.Manifest;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.LocalStore.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that does nothing but download and evict, killed at any moment. */
class KilledDownloadTest {
    /** How often; {@code .ci/prove} asks for 100. */
    private static final int KILLS = Integer.getInteger("serin.kills", 2);

    private static final long SEED = Long.getLong("serin.seed", System.nanoTime());
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final int BYTES = 2 << 20;

    @TempDir
    private Path root;

    private static Manifest manifest(InMemoryRegistry registry, int number) {
        String content = (number + "-").repeat(BYTES).substring(0, BYTES);
        registry.put("iris/" + number + "/model.onnx", content);
        return new Manifest(
                VersionId.parse("iris/" + number),
                NOW,
                List.of(new Artifact(ArtifactPath.MODEL, BYTES, Digests.of(content))),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode());
    }

    private static List<Manifest> manifests(InMemoryRegistry registry) {
        return IntStream.range(1, 5).mapToObj(i -> manifest(registry, i)).toList();
    }

    /** With room for two of the four versions. */
    private static LocalStore open(Path root) {
        return LocalStore.open(root, 2L * BYTES, StoreListener.NONE, Instant::now);
    }

    @Test
    void leavesNothingHalfDoneThatIsUsedOrStays() throws Exception {
        Random random = new Random(SEED);
        InMemoryRegistry registry = new InMemoryRegistry(() -> NOW);
        List<Manifest> versions = manifests(registry);
        registry.failWith((_, _) -> {
            throw new RegistryException("nobody is asked: a copy is whole or not there");
        });
        int halfDone = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            OtherProcess.class.getName(),
                            root.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                assertThat(process.inputReader().readLine()).isEqualTo("downloading");
                boolean _ = process.waitFor(random.nextInt(50), TimeUnit.MILLISECONDS);
            } finally {
                process.destroyForcibly().waitFor();
            }

            halfDone += root.resolve("tmp").toFile().list().length > 0 ? 1 : 0;
            try (LocalStore store = open(root)) {
                assertThat(root.resolve("tmp")).as("seed %d", SEED).isEmptyDirectory();
                assertThat(List.of(root.resolve("in-use").toFile().list())).isSubsetOf("lock");
                for (Manifest version : versions) {
                    if (Files.exists(root.resolve("versions/" + version.versionDigest()))) {
                        store.fetch(registry, version, Progress.NONE).close();
                    }
                }
                assertThat(root.resolve("versions").toFile().list()).hasSizeLessThanOrEqualTo(2);
            }
        }
        assertThat(halfDone)
                .as("of %d kills those that hit a download; seed %d", KILLS, SEED)
                .isGreaterThanOrEqualTo(KILLS / 20);
    }

    /** Downloads each version in turn until it is killed. */
    static final class OtherProcess {
        private OtherProcess() {}

        static void main(String[] args) throws IOException {
            InMemoryRegistry registry = new InMemoryRegistry(() -> NOW);
            List<Manifest> versions = manifests(registry);
            try (LocalStore store = open(Path.of(args[0]))) {
                System.out.println("downloading");
                while (true) {
                    for (Manifest version : versions) {
                        store.fetch(registry, version, Progress.NONE).close();
                    }
                }
            }
        }
    }
}
