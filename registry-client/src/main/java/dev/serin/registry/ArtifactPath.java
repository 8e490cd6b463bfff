package dev.serin.registry;

import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Path of an artifact inside its version: one to four segments. No segment begins with a dot, so no path climbs out of
 * the version, and the registry's own files ({@code manifest.json} and its signature) are not artifacts.
 */
public record ArtifactPath(String value) implements Comparable<ArtifactPath> {
    private static final String SEGMENT = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
    private static final Pattern SYNTAX = Pattern.compile(SEGMENT + "(/" + SEGMENT + "){0,3}");

    private static final Set<String> OWN_FILES = Set.of("manifest.json", "manifest.json.sig");

    public static final ArtifactPath MODEL = new ArtifactPath("model.onnx");
    public static final ArtifactPath GOLDENS = new ArtifactPath("goldens.ndjson");

    /**
     * Checks the grammar.
     *
     * @throws IllegalArgumentException when the path does not fit the grammar
     */
    public ArtifactPath {
        if (!SYNTAX.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "'%s' is not an artifact path: it must have 1 to 4 segments %s joined by '/'"
                            .formatted(Names.shown(value), SEGMENT));
        }
        if (OWN_FILES.contains(value)) {
            throw new IllegalArgumentException("'%s' cannot be an artifact: it is the registry's own".formatted(value));
        }
    }

    /** {@return the folders this path lies in, none of which can be a file as well} */
    Stream<ArtifactPath> folders() {
        return Stream.iterate(value.lastIndexOf('/'), slash -> slash > 0, slash -> value.lastIndexOf('/', slash - 1))
                .map(slash -> new ArtifactPath(value.substring(0, slash)));
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
