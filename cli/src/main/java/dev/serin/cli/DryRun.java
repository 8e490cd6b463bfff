package dev.serin.cli;

import dev.serin.registry.Artifact;
import dev.serin.registry.ConflictException;
import dev.serin.registry.Digest;
import dev.serin.registry.Digests;
import dev.serin.registry.Manifest;
import dev.serin.registry.Publisher;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.Manifests;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/**
 * What a publication would write.
 *
 * @param alreadyThere whether just that is published
 */
record DryRun(Manifest manifest, boolean alreadyThere) {

    /**
     * Digests the files and looks at the registry.
     *
     * @throws ConflictException when the version exists with other content
     */
    static DryRun of(OpenRegistry open, Publisher.Request request) {
        Manifest manifest = manifest(open, request);
        Optional<Manifest> there = open.registry()
                .read(Layout.manifest(request.id()), Manifests.MAX_BYTES)
                .map(Content::bytes)
                .map(bytes -> Manifests.parse(request.id(), bytes));
        boolean same = there.map(Manifest::versionDigest)
                .filter(manifest.versionDigest()::equals)
                .isPresent();
        if (there.isPresent() && !same) {
            throw new ConflictException(
                    "%s is published already, with other files; a version never changes".formatted(request.id()));
        }
        return new DryRun(manifest, same);
    }

    private static Manifest manifest(OpenRegistry open, Publisher.Request request) {
        List<Artifact> artifacts = request.files().entrySet().stream()
                .map(file -> {
                    Path path = file.getValue();
                    return new Artifact(file.getKey(), size(path), digest(path));
                })
                .toList();
        return new Manifest(
                request.id(),
                open.now(),
                artifacts,
                request.signature(),
                request.labels(),
                request.schema(),
                request.metadata());
    }

    private static long size(Path path) {
        try {
            return Files.size(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Digest digest(Path path) {
        MessageDigest sha256 = Digests.sha256();
        try (InputStream in = Files.newInputStream(path);
                var out = new DigestOutputStream(OutputStream.nullOutputStream(), sha256)) {
            in.transferTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Digests.digest(sha256);
    }

    void print(Terminal terminal, Optional<AliasMove> alias) {
        if (terminal.json()) {
            terminal.result(Documents.published(manifest, alreadyThere, true, alias.map(move -> move.document(false))));
            return;
        }
        long bytes = manifest.files().stream().mapToLong(Artifact::sizeBytes).sum();
        terminal.result("%s %s · sha256 %s… · %s in %s%s; nothing was written"
                .formatted(
                        alreadyThere ? "unchanged " : "would publish",
                        manifest.id(),
                        manifest.versionDigest().abbreviated(),
                        Words.size(bytes),
                        Words.count(manifest.files().size(), "file"),
                        alias.map(move -> " · " + move.text(false)).orElse("")));
    }
}
