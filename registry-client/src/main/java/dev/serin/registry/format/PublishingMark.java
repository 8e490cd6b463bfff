package dev.serin.registry.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.Artifact;
import dev.serin.registry.Digest;
import dev.serin.registry.Digests;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.VersionId;
import java.time.Instant;
import java.util.List;

/**
 * {@code .publishing}: who is publishing a version, since when, and what it will hold.
 *
 * @param id drawn at random by the publisher
 * @param by who publishes, as people know him
 */
public record PublishingMark(String id, String by, Instant startedAt, List<Artifact> files) {
    /** A mark larger than this is refused. */
    public static final int MAX_BYTES = Json.MAX_BYTES;

    private static final int FORMAT = 1;

    public PublishingMark {
        files = List.copyOf(files);
    }

    /**
     * {@return the mark that lies in the folder of this version}
     *
     * @throws MalformedContentException when it is none
     */
    public static PublishingMark parse(VersionId version, byte[] content) {
        String file = Layout.publishing(version);
        Members members = Members.of(file, Json.parse(file, content));
        return new PublishingMark(
                members.text("id"), members.text("by"), members.instant("started-at"), Artifacts.read(members));
    }

    /** {@return the bytes of the mark} */
    public byte[] write() {
        ObjectNode tree = Json.object();
        tree.put("format", FORMAT);
        tree.put("id", id);
        tree.put("by", by);
        tree.put("started-at", startedAt.toString());
        Artifacts.write(tree, files);
        return Json.write(tree);
    }

    /** {@return the digest that the version will have} */
    public Digest versionDigest() {
        return Digests.ofVersion(files);
    }
}
