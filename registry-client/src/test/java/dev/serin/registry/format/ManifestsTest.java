package dev.serin.registry.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.Manifest;
import dev.serin.registry.VersionId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestsTest {
    private static final VersionId IRIS_2 = VersionId.parse("iris/2");
    private static final Digest ONE = new Digest("1".repeat(64));
    private static final String GOOD = """
        { "format": 1, "model": "iris", "version": "2", "created-at": "2026-11-22T10:00:00Z",
          "files": [ {"path": "goldens.ndjson", "size": 812, "sha256": "%1$s"},
                     {"path": "model.onnx", "size": 11873, "sha256": "%1$s"} ],
          "signature": { "inputs": [ {"name": "x", "datatype": "FP32", "shape": ["batch", 4]} ] },
          "labels": { "label": "labels.txt" }, "schema": { },
          "metadata": { "author": "ana", "accuracy": 0.970, "epochs": 12 } }
        """.formatted(ONE);

    private static Manifest parse(String content) {
        return Manifests.parse(IRIS_2, content.getBytes(UTF_8));
    }

    @Test
    void everyMemberIsRead() {
        Manifest manifest = parse(GOOD);

        assertThat(manifest.id()).isEqualTo(IRIS_2);
        assertThat(manifest.createdAt()).isEqualTo(Instant.parse("2026-11-22T10:00:00Z"));
        assertThat(manifest.files())
                .containsExactly(
                        new Artifact(ArtifactPath.GOLDENS, 812, ONE), new Artifact(ArtifactPath.MODEL, 11873, ONE));
        assertThat(manifest.signature().orElseThrow().at("/inputs/0/shape/1").intValue())
                .isEqualTo(4);
        assertThat(manifest.labels().orElseThrow().get("label").textValue()).isEqualTo("labels.txt");
        assertThat(manifest.schema()).isPresent();
        assertThat(manifest.metadata().get("author").textValue()).isEqualTo("ana");
    }

    @Test
    void whatIsReadIsWrittenAsItWas() {
        byte[] written = Manifests.write(parse(GOOD));

        assertThat(written).asString(UTF_8).startsWith("""
            {
              "format": 1,
              "model": "iris",
              "version": "2",
              "created-at": "2026-11-22T10:00:00Z",
              "files": [
                {
                  "path": "goldens.ndjson",
                  "size": 812,
            """).endsWith("""
                  "schema": {},
                  "metadata": {
                    "author": "ana",
                    "accuracy": 0.970,
                    "epochs": 12
                  }
                }
                """);
        assertThat(Manifests.write(Manifests.parse(IRIS_2, written))).isEqualTo(written);
    }

    @Test
    void theOptionalPartsMayBeMissingOrNull() {
        Manifest manifest = parse("""
            { "format": 1, "model": "iris", "version": "2", "created-at": "2026-11-22T10:00:00Z", "schema": null,
              "files": [ {"path": "model.onnx", "size": 0, "sha256": "%s"} ] }
            """.formatted(ONE));

        assertThat(manifest.signature()).isEmpty();
        assertThat(manifest.labels()).isEmpty();
        assertThat(manifest.schema()).isEmpty();
        assertThat(manifest.metadata().isEmpty()).isTrue();
    }

    @Test
    void membersOfANewerBuildAreIgnored() {
        String newer = GOOD.replace("\"format\": 1,", "\"format\": 1, \"provenance\": {\"a\": [1]},")
                .replace("\"size\": 812", "\"size\": 812, \"encoding\": \"zstd\"");

        assertThat(parse(newer)).isEqualTo(parse(GOOD));
    }

    @Test
    void aByteOrderMarkIsNoHarm() {
        assertThat(parse("\uFEFF" + GOOD)).isEqualTo(parse(GOOD));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
        "format": 1                      | "format": 2              | format must be 1, which this build reads, got 2
        "format": 1                      | "format": "1"            | format must be 1, which this build reads, got "1"
        "format": 1,                     | `   `                    | format is missing
        "model": "iris"                  | "model": "irys"          | model must be 'iris', as the folder it lies in, got 'irys'
        "version": "2"                   | "version": "3"           | version must be '2', as the folder it lies in, got '3'
        "version": "2"                   | "version": 2             | version must be a string, got 2
        "version": "2"                   | "version": "../2"        | version: '../2' is not a version
        "2026-11-22T10:00:00Z"           | "yesterday"              | created-at must be a time from 1970 to 9998 such as "2026-11-22T10:00:00Z", got "yesterday"
        "2026-11-22T10:00:00Z"           | "+1000000000-01-01T00:00:00Z" | created-at must be a time from 1970 to 9998 such as "2026-11-22T10:00:00Z", got "+1000000000-01-01T00:00:00Z"
        "2026-11-22T10:00:00Z"           | 1732269600               | created-at must be a time from 1970 to 9998 such as "2026-11-22T10:00:00Z", got 1732269600
        "size": 812                      | "size": -1               | files[0].size must be a whole number from 0 to 9223372036854775807, got -1
        "size": 812                      | "size": 1e3              | files[0].size must be a whole number
        "size": 812                      | "size": 99999999999999999999 | files[0].size must be a whole number
        "path": "model.onnx"             | "path": "../../etc/passwd" | files[1].path: '../../etc/passwd' is not an artifact path
        "path": "model.onnx"             | "path": "/etc/passwd"    | files[1].path: '/etc/passwd' is not an artifact path
        "path": "model.onnx"             | "path": "http://host/x"  | files[1].path: 'http://host/x' is not an artifact path
        "path": "model.onnx"             | "path": "manifest.json"  | files[1].path: 'manifest.json' cannot be an artifact
        "path": "model.onnx"             | "path": "a.onnx"         | files must be sorted by path, each once, but 'a.onnx' follows 'goldens.ndjson'
        "path": "model.onnx"             | "path": "net.onnx"       | files must have an entry for 'model.onnx'
        "path": "goldens.ndjson",        | `   `                    | files[0].path is missing
        "labels": {                      | "labels": 3, "x": {      | labels must be an object, got 3
        "author": "ana"                  | "author": {"a": 1}       | metadata.author must be a string or a number, got {"a":1}
        "author": "ana"                  | "author": "a", "author": "b" | Duplicate field 'author'
        """)
    void whatDoesNotFitIsNamed(String good, String bad, String complaint) {
        assertThat(GOOD).contains(good);

        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() -> parse(GOOD.replace(good, bad.strip())))
                .withMessageStartingWith("iris/2/manifest.json")
                .withMessageContaining(complaint);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
        ``                 | iris/2/manifest.json must hold a JSON object, but is empty
        []                 | iris/2/manifest.json must hold a JSON object, but holds []
        "text"             | iris/2/manifest.json must hold a JSON object, but holds "text"
        {}{}               | iris/2/manifest.json cannot be read as JSON: line 1, column 3
        {"a": }            | iris/2/manifest.json cannot be read as JSON: line 1, column 7
        <html>             | iris/2/manifest.json cannot be read as JSON: line 1, column 1
        {"format": NaN}    | iris/2/manifest.json cannot be read as JSON
        --- !!java.net.URL | iris/2/manifest.json cannot be read as JSON
        """)
    void whatIsNoJsonObjectIsRefused(String content, String complaint) {
        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() -> parse(content))
                .withMessageContaining(complaint);
    }

    @Test
    void textThatIsNotUtf8IsRefused() {
        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() ->
                        Manifests.parse(IRIS_2, GOOD.replace("ana", "\u00E4").getBytes(ISO_8859_1)))
                .withMessage("iris/2/manifest.json is not UTF-8 text");
    }

    @Test
    void aManifestThatIsTooLargeIsRefusedBeforeItIsParsed() {
        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() -> Manifests.parse(IRIS_2, new byte[(1 << 20) + 1]))
                .withMessage("iris/2/manifest.json has 1048577 bytes, more than the 1048576 allowed");
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 100, 100_000})
    void aManifestThatIsTooDeepIsRefused(int depth) {
        String deep = "{\"x\":" + "[".repeat(depth) + "]".repeat(depth) + "}";

        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() -> parse(deep))
                .withMessageContaining("depth");
    }

    @Test
    void aNumberThatIsTooLongIsRefused() {
        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() -> parse("{\"format\": " + "1".repeat(100_000) + "}"));
    }

    @Test
    void moreFilesThanAThousandAreRefused() {
        String files = IntStream.range(0, 1_001)
                .mapToObj(i -> "{\"path\": \"w%04d\", \"size\": 1, \"sha256\": \"%s\"}".formatted(i, ONE))
                .collect(Collectors.joining(","));
        String content = GOOD.replaceFirst("(?s)\"files\": \\[.*?]", "\"files\": [" + files + "]");

        assertThatExceptionOfType(MalformedContentException.class)
                .isThrownBy(() -> parse(content))
                .withMessage("iris/2/manifest.json: files must have at most 1000 entries, got 1001");
    }

    @Test
    void aManifestThatNoReaderWouldTakeIsNotWritten() {
        ObjectNode flags = JsonNodeFactory.instance.objectNode().put("flag", true);
        ObjectNode large = JsonNodeFactory.instance.objectNode().put("note", "x".repeat(1 << 20));

        for (JsonNode metadata : List.of(flags, large)) {
            Manifest manifest = new Manifest(
                    IRIS_2,
                    Instant.EPOCH,
                    List.of(new Artifact(ArtifactPath.MODEL, 1, ONE)),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    metadata);
            assertThatIllegalArgumentException().isThrownBy(() -> Manifests.write(manifest));
        }
    }
}
