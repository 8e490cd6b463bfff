package dev.serin.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ManifestTest {
    private static final Digest ONE = new Digest("1".repeat(64));
    private static final Digest TWO = new Digest("2".repeat(64));
    private static final Artifact MODEL = new Artifact(ArtifactPath.MODEL, 11873, ONE);

    private static Manifest manifest(List<Artifact> files) {
        return new Manifest(
                VersionId.parse("iris/2"),
                Instant.EPOCH,
                files,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode());
    }

    private static Artifact file(String path) {
        return new Artifact(new ArtifactPath(path), 1, ONE);
    }

    @Test
    void theVersionDigestIsThatOfALineForEachFile() throws IOException {
        Manifest manifest = manifest(List.of(new Artifact(ArtifactPath.GOLDENS, 812, TWO), MODEL));

        String lines = "goldens.ndjson 812 %s\nmodel.onnx 11873 %s\n".formatted(TWO, ONE);
        assertThat(manifest.versionDigest())
                .isEqualTo(Digests.of(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(Digests.ofVersion(List.of(MODEL, new Artifact(ArtifactPath.GOLDENS, 812, TWO))));
    }

    @Test
    void anotherByteOrAnotherNameIsAnotherDigest() {
        Digest digest = manifest(List.of(MODEL)).versionDigest();

        assertThat(manifest(List.of(new Artifact(ArtifactPath.MODEL, 11873, TWO)))
                        .versionDigest())
                .isNotEqualTo(digest);
        assertThat(manifest(List.of(new Artifact(ArtifactPath.MODEL, 11874, ONE)))
                        .versionDigest())
                .isNotEqualTo(digest);
        assertThat(manifest(List.of(file("a"), MODEL)).versionDigest())
                .isNotEqualTo(manifest(List.of(file("b"), MODEL)).versionDigest());
    }

    @Test
    void filesMustBeSortedAndEachOnce() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> manifest(List.of(MODEL, file("goldens.ndjson"))))
                .withMessage("files must be sorted by path, each once, but 'goldens.ndjson' follows 'model.onnx'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> manifest(List.of(MODEL, MODEL)))
                .withMessage("files must be sorted by path, each once, but 'model.onnx' follows 'model.onnx'");
    }

    @Test
    void aVersionHasAModel() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> manifest(List.of(file("goldens.ndjson"))))
                .withMessage("files must have an entry for 'model.onnx'");
    }

    @Test
    void noFileLiesInAnother() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> manifest(List.of(file("a"), file("a-b"), file("a/b"), MODEL)))
                .withMessage("'a/b' lies in a folder that is a file too");
    }

    @Test
    void aVersionHasAtMostAThousandFiles() {
        List<Artifact> many = Stream.concat(
                        Stream.of(MODEL), IntStream.range(0, 1_000).mapToObj(i -> file("w%04d".formatted(i))))
                .toList();

        assertThat(manifest(many.subList(0, 1_000)).files()).hasSize(1_000);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> manifest(many))
                .withMessage("files must have at most 1000 entries, got 1001");
    }

    @Test
    void theFilesHaveNoMoreBytesThanCanBeCounted() {
        Artifact large = new Artifact(new ArtifactPath("a"), 1L << 62, ONE);

        assertThat(manifest(List.of(large, new Artifact(ArtifactPath.MODEL, (1L << 62) - 1, ONE)))
                        .files())
                .hasSize(2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> manifest(List.of(large, new Artifact(ArtifactPath.MODEL, 1L << 62, ONE))))
                .withMessage("files must have at most 9223372036854775807 bytes together, but 'model.onnx' alone has"
                        + " 4611686018427387904");
    }

    @Test
    void sizesAreNotNegative() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Artifact(ArtifactPath.MODEL, -1, ONE));
    }
}
