package dev.serin.registry;

/** One file of a version, as its manifest lists it. */
public record Artifact(ArtifactPath path, long sizeBytes, Digest sha256) {
    public Artifact {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("Size of " + path + " must not be negative, got " + sizeBytes);
        }
    }
}
