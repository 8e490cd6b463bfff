package dev.serin.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/** How digests are computed. */
public final class Digests {
    private Digests() {}

    /** {@return a fresh SHA-256} Every JDK has it. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java has no SHA-256", e);
        }
    }

    /** {@return the digest that has just been computed} */
    public static Digest digest(MessageDigest sha256) {
        return new Digest(HexFormat.of().formatHex(sha256.digest()));
    }

    /** {@return the digest of everything up to the end of the stream, which the caller closes} */
    public static Digest of(InputStream in) throws IOException {
        MessageDigest sha256 = sha256();
        byte[] buffer = new byte[1 << 16];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            sha256.update(buffer, 0, n);
        }
        return digest(sha256);
    }

    /** {@return the digest of a text in UTF-8} */
    public static Digest of(String text) {
        MessageDigest sha256 = sha256();
        sha256.update(text.getBytes(StandardCharsets.UTF_8));
        return digest(sha256);
    }

    /** {@return the digest of a version that has these files, in whatever order they are given} */
    public static Digest ofVersion(List<Artifact> files) {
        MessageDigest sha256 = sha256();
        files.stream()
                .sorted(Comparator.comparing(Artifact::path))
                .map(file -> file.path() + " " + file.sizeBytes() + " " + file.sha256() + "\n")
                .forEach(line -> sha256.update(line.getBytes(StandardCharsets.UTF_8)));
        return digest(sha256);
    }
}
