package dev.serin.gateway.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * The word that lets somebody change things over HTTP, in a file of its own. It is read anew each time, so that writing another
 * one into the file is all that it takes to change it.
 *
 * @param file whose text is the token, blanks around it aside
 */
public record ManagementToken(Path file) {
    private static final int FEWEST_SIGNS = 16;
    private static final int MOST_BYTES = 4096;

    /**
     * {@return whether this is the token; how long that takes tells nothing about it}
     *
     * @throws IOException when the file cannot be read, or holds none
     */
    boolean is(String given) throws IOException {
        return MessageDigest.isEqual(read().getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    String read() throws IOException {
        if (Files.size(file) > MOST_BYTES) {
            throw new IOException("%s has more than %d bytes".formatted(file, MOST_BYTES));
        }
        String token = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        if (token.length() < FEWEST_SIGNS || !token.chars().allMatch(sign -> sign > ' ' && sign < 0x7f)) {
            throw new IOException(
                    "a token has at least %d letters, digits and signs of ASCII, and no blank; 'openssl rand -hex 32' makes one"
                            .formatted(FEWEST_SIGNS));
        }
        return token;
    }
}
