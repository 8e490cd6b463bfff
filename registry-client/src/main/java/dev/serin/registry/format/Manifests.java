package dev.serin.registry.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.Artifact;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.VersionId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * {@code manifest.json}, read and written. What it has beyond the known members is ignored, and lost only if somebody
 * should write the manifest anew, which nobody does.
 */
public final class Manifests {
    /** A manifest larger than this is refused. */
    public static final int MAX_BYTES = Json.MAX_BYTES;

    private static final int FORMAT = 1;

    private Manifests() {}

    /**
     * {@return the manifest that lies in the folder of this version}
     *
     * @throws MalformedContentException when it is no manifest, one of another format, or another version's
     */
    public static Manifest parse(VersionId id, byte[] content) {
        String file = Layout.manifest(id);
        Members members = Members.of(file, Json.parse(file, content));
        checkFormat(members);
        checkSame(
                members,
                "model",
                id.model().value(),
                members.get("model", ModelName::new).value());
        checkSame(
                members,
                "version",
                id.version().value(),
                members.get("version", ModelVersion::new).value());
        Instant createdAt = members.instant("created-at");
        List<Artifact> files = Artifacts.read(members);
        try {
            return new Manifest(
                    id,
                    createdAt,
                    files,
                    opaque(members, "signature"),
                    opaque(members, "labels"),
                    opaque(members, "schema"),
                    metadata(members));
        } catch (IllegalArgumentException e) {
            throw new MalformedContentException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * {@return the bytes of {@code manifest.json}} The same manifest always gives the same bytes.
     *
     * @throws IllegalArgumentException when no reader would take them: metadata of another kind, or too large
     */
    public static byte[] write(Manifest manifest) {
        ObjectNode tree = Json.object();
        tree.put("format", FORMAT);
        tree.put("model", manifest.id().model().value());
        tree.put("version", manifest.id().version().value());
        tree.put("created-at", manifest.createdAt().toString());
        Artifacts.write(tree, manifest.files());
        manifest.signature().ifPresent(signature -> tree.set("signature", signature));
        manifest.labels().ifPresent(labels -> tree.set("labels", labels));
        manifest.schema().ifPresent(schema -> tree.set("schema", schema));
        if (!manifest.metadata().isEmpty()) {
            tree.set("metadata", manifest.metadata());
        }
        byte[] content = Json.write(tree);
        try {
            parse(manifest.id(), content);
        } catch (MalformedContentException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        return content;
    }

    private static void checkFormat(Members members) {
        JsonNode format = members.get("format");
        members.require(format.equals(IntNode.valueOf(FORMAT)), "format", "must be 1, which this build reads", format);
    }

    private static void checkSame(Members members, String name, String folder, String given) {
        if (!given.equals(folder)) {
            throw members.failure("%s must be '%s', as the folder it lies in, got '%s'".formatted(name, folder, given));
        }
    }

    private static Optional<JsonNode> opaque(Members members, String name) {
        Optional<JsonNode> value = members.find(name);
        value.ifPresent(tree -> members.require(tree.isObject(), name, "must be an object", tree));
        return value;
    }

    private static JsonNode metadata(Members members) {
        JsonNode metadata = opaque(members, "metadata").orElseGet(Json::object);
        metadata.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            boolean fits = value.isTextual() || value.isNumber();
            members.require(fits, "metadata." + entry.getKey(), "must be a string or a number", value);
        });
        return metadata;
    }
}
