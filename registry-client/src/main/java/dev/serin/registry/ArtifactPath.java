package dev.serin.registry;

import java.util.regex.Pattern;

/**
 * Path of an artifact inside its version: one to four segments. No segment begins with a dot, so no path climbs out of
 * the version or names one of the registry's own files.
 */
public record ArtifactPath(String value) implements Comparable<ArtifactPath> {
    private static final String SEGMENT = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
    private static final Pattern SYNTAX = Pattern.compile(SEGMENT + "(/" + SEGMENT + "){0,3}");

    public static final ArtifactPath MODEL = new ArtifactPath("model.onnx");
    public static final ArtifactPath GOLDENS = new ArtifactPath("goldens.ndjson");

    /**
     * Checks the grammar.
     *
     * @throws IllegalArgumentException when the path does not fit the grammar
     */
    public ArtifactPath {
        if (!SYNTAX.matcher(value).matches()) {
            throw new IllegalArgumentException("'%s' is not an artifact path: it must have 1 to 4 segments %s joined by '/'"
                    .formatted(value.length() <= 80 ? value : value.substring(0, 80) + "…", SEGMENT));
        }
    }

    @Override
    public int compareTo(ArtifactPath other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
