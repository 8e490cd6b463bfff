package dev.serin.registry.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.serin.registry.KeyName;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.VersionId;
import java.util.Base64;

/**
 * {@code manifest.json.sig}: who signed the manifest beside it, and the Ed25519 signature over its exact bytes.
 *
 * @param signature {@value #SIGNATURE_BYTES} bytes; the caller's
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record ManifestSignature(KeyName key, byte[] signature) {
    /** A signature file larger than this is refused. */
    public static final int MAX_BYTES = 1 << 14;

    private static final int SIGNATURE_BYTES = 64;
    private static final int FORMAT = 1;
    private static final String ALGORITHM = "ed25519";

    public ManifestSignature {
        if (signature.length != SIGNATURE_BYTES) {
            throw new IllegalArgumentException(
                    "must be an Ed25519 signature of %d bytes, got %d".formatted(SIGNATURE_BYTES, signature.length));
        }
    }

    /**
     * {@return the signature that lies in the folder of this version} Members beyond the known ones are ignored.
     *
     * @throws MalformedContentException when it is none, or one of another format or algorithm
     */
    public static ManifestSignature parse(VersionId version, byte[] content) {
        String file = Layout.signature(version);
        Members members = Members.of(file, Json.parse(file, content));
        JsonNode format = members.get("format");
        members.require(format.equals(IntNode.valueOf(FORMAT)), "format", "must be 1, which this build reads", format);
        JsonNode algorithm = members.get("algorithm");
        members.require(
                algorithm.equals(TextNode.valueOf(ALGORITHM)),
                "algorithm",
                "must be \"%s\"".formatted(ALGORITHM),
                algorithm);
        KeyName key = members.get("key", KeyName::new);
        return members.get("signature", text -> new ManifestSignature(key, decode(text)));
    }

    private static byte[] decode(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("must be an Ed25519 signature in Base64", e);
        }
    }

    /** {@return the bytes of the file} */
    public byte[] write() {
        ObjectNode tree = Json.object();
        tree.put("format", FORMAT);
        tree.put("key", key.value());
        tree.put("algorithm", ALGORITHM);
        tree.put("signature", Base64.getEncoder().encodeToString(signature));
        return Json.write(tree);
    }
}
