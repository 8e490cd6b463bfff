package dev.serin.registry.signing;

import dev.serin.registry.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;

/** A file of keys in PEM. */
record Pem(Path file, String text) {
    private static final int MAX_BYTES = 1 << 16;

    /**
     * Reads a file whole.
     *
     * @throws RegistryException when it cannot be read, or is no file of a key by its size
     */
    static Pem read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(MAX_BYTES + 1);
            if (content.length > MAX_BYTES) {
                throw new RegistryException(
                        "%s has more than %d bytes; it must hold one key in PEM".formatted(file, MAX_BYTES));
            }
            return new Pem(file, new String(content, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw RegistryException.because("Cannot read " + file, e);
        }
    }

    /** {@return whether a block of this kind begins in it} */
    boolean has(String kind) {
        return text.contains(begin(kind));
    }

    /** {@return what the only block of this kind encodes; empty when there is none, more than one, or a broken one} */
    Optional<byte[]> only(String kind) {
        int from = text.indexOf(begin(kind));
        int to = text.indexOf("-----END %s-----".formatted(kind));
        if (from < 0 || to < from || text.lastIndexOf(begin(kind)) != from) {
            return Optional.empty();
        }
        String encoded = text.substring(from + begin(kind).length(), to).replaceAll("\\s", "");
        try {
            return Optional.of(Base64.getDecoder().decode(encoded));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static String begin(String kind) {
        return "-----BEGIN %s-----".formatted(kind);
    }
}
