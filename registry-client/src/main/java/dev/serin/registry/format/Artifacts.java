package dev.serin.registry.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import java.util.List;

/** The list of artifacts, as manifests and publishing marks spell it. */
final class Artifacts {
    private Artifacts() {}

    static List<Artifact> read(Members members) {
        return members.objects(
                "files",
                file -> new Artifact(
                        file.get("path", ArtifactPath::new), file.size("size"), file.get("sha256", Digest::new)));
    }

    static void write(ObjectNode tree, List<Artifact> files) {
        ArrayNode list = tree.putArray("files");
        for (Artifact file : files) {
            list.addObject()
                    .put("path", file.path().value())
                    .put("size", file.sizeBytes())
                    .put("sha256", file.sha256().hex());
        }
    }
}
