package dev.serin.registry;

import java.util.regex.Pattern;

/** A SHA-256, as 64 lower-case hexadecimal digits. */
public record Digest(String hex) {
    private static final Pattern SYNTAX = Pattern.compile("[0-9a-f]{64}");

    /**
     * Checks the grammar.
     *
     * @throws IllegalArgumentException when the text is not 64 lower-case hexadecimal digits
     */
    public Digest {
        if (!SYNTAX.matcher(hex).matches()) {
            throw new IllegalArgumentException("A SHA-256 has 64 lower-case hexadecimal digits, got '" + hex + "'");
        }
    }

    /** {@return the first eight digits, enough for people} */
    public String abbreviated() {
        return hex.substring(0, 8);
    }

    @Override
    public String toString() {
        return hex;
    }
}
