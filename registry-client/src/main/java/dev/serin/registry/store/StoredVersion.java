package dev.serin.registry.store;

import dev.serin.registry.Artifact;
import dev.serin.registry.Digest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A version on the local disk, verified.
 *
 * @param directory holds the files at their artifact paths: regular files, no links, nothing else
 * @param downloadTook zero when nothing had to be fetched
 * @param verifyTook zero when this process had digested the bytes before
 */
public record StoredVersion(
        Digest digest, Path directory, List<Artifact> files, Duration downloadTook, Duration verifyTook) {
    public StoredVersion {
        files = List.copyOf(files);
    }
}
