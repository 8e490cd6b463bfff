package dev.serin.registry;

import dev.serin.registry.Publisher.Request;
import dev.serin.registry.Publisher.Result;
import dev.serin.registry.Publisher.Signer;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.ManifestSignature;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.format.PublishingMark;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** The publishing of one version, once. Whatever it finds half done of the same content it goes on with. */
final class Publication {
    private static final int MAX_TRIES = 3;

    private final RegistryWriter registry;
    private final VersionId id;
    private final Request request;
    private final Optional<? extends Signer> signer;
    private final LocalFiles files;
    private final Manifest manifest;
    private final byte[] manifestBytes;
    private final PublishingMark mark;

    Publication(RegistryWriter registry, Request request, Instant now, Optional<? extends Signer> signer) {
        this.registry = registry;
        this.id = request.id();
        this.request = request;
        this.signer = signer;
        this.files = LocalFiles.digest(request.files());
        Instant createdAt = now.truncatedTo(ChronoUnit.MILLIS);
        this.manifest = manifest(createdAt);
        this.manifestBytes = Manifests.write(manifest);
        this.mark = new PublishingMark(UUID.randomUUID().toString(), request.by(), createdAt, files.artifacts());
    }

    /** A manifest that is in the registry: its exact bytes, and what they say. */
    @SuppressWarnings("ArrayRecordComponent") // never compared as a whole
    private record Published(byte[] bytes, Manifest manifest) {}

    private Manifest manifest(Instant createdAt) {
        return new Manifest(
                id,
                createdAt,
                files.artifacts(),
                request.signature(),
                request.labels(),
                request.schema(),
                request.metadata());
    }

    Result run() {
        checkNoAlias();
        Optional<Published> published = readManifest();
        SortedMap<String, RegistryObject> folder = list();
        if (published.isPresent()) {
            return finish(published.get(), folder.containsKey(Layout.publishing(id)));
        }
        Set<ArtifactPath> uploaded = compare(folder);
        claim();
        Optional<Published> publishedMeanwhile = readManifest();
        if (publishedMeanwhile.isPresent()) {
            return finish(publishedMeanwhile.get(), true);
        }
        files.paths().filter(path -> !uploaded.contains(path)).forEach(this::upload);
        files.checkUnchanged();
        return publish(folder.containsKey(Layout.signature(id)));
    }

    private void checkNoAlias() {
        String version = id.version().value();
        registry.read(Layout.policy(id.model()), ModelPolicies.MAX_BYTES)
                .map(content -> ModelPolicies.parse(id.model(), content.bytes()))
                .flatMap(policy -> policy.aliases().entrySet().stream()
                        .filter(alias -> alias.getKey().value().equals(version))
                        .findFirst())
                .ifPresent(alias -> {
                    throw new ConflictException("%s cannot be published: '%s' is an alias of %s, for version %s; %s"
                            .formatted(id, version, id.model(), alias.getValue(), "take another name"));
                });
    }

    private Optional<Published> readManifest() {
        try {
            return registry.read(Layout.manifest(id), Manifests.MAX_BYTES)
                    .map(content -> new Published(content.bytes(), Manifests.parse(id, content.bytes())));
        } catch (MalformedContentException e) {
            throw new ConflictException(
                    "%s exists already, and cannot be read: %s; %s".formatted(id, e.getMessage(), wayOut()));
        }
    }

    private SortedMap<String, RegistryObject> list() {
        SortedMap<String, RegistryObject> objects = new TreeMap<>();
        registry.list(Layout.folder(id)).forEach(object -> objects.put(object.key(), object));
        return objects;
    }

    /**
     * {@return the artifacts that need no upload, as the same bytes lie there} Files that somebody copied in by hand may
     * be served already, so they are never overwritten by others; what a publisher left half done may be.
     */
    private Set<ArtifactPath> compare(SortedMap<String, RegistryObject> folder) {
        boolean resumed = folder.containsKey(Layout.publishing(id));
        Set<ArtifactPath> same = new HashSet<>();
        for (RegistryObject object : folder.values()) {
            Optional<ArtifactPath> path = artifactPath(object.key());
            if (path.isEmpty()) {
                continue;
            }
            Optional<Artifact> wanted = files.artifact(path.get());
            boolean agrees = wanted.isPresent() && holds(object, wanted.get());
            if (agrees) {
                same.add(path.get());
            } else if (wanted.isEmpty() || !resumed) {
                throw new ConflictException("%s holds %s %s already, which nobody published; remove it, or %s"
                        .formatted(id, wanted.isEmpty() ? "a file" : "another", path.get(), wayOut()));
            }
        }
        return same;
    }

    private Optional<ArtifactPath> artifactPath(String key) {
        try {
            return Optional.of(new ArtifactPath(key.substring(Layout.folder(id).length())));
        } catch (IllegalArgumentException _) {
            return Optional.empty(); // no artifact, whatever it is
        }
    }

    private boolean holds(RegistryObject object, Artifact artifact) {
        if (object.sizeBytes() != artifact.sizeBytes()) {
            return false;
        }
        try (InputStream in = registry.open(object.key())) {
            return Digests.of(in).equals(artifact.sha256());
        } catch (IOException e) {
            throw RegistryException.because("Cannot read %s in %s".formatted(object.key(), registry.location()), e);
        }
    }

    /** Sets the mark, unless a publisher of the same content has. */
    private void claim() {
        for (int i = 0; i < MAX_TRIES; i++) { // again if the other one finishes between the two requests
            try {
                registry.write(Layout.publishing(id), mark.write(), new Condition.IfAbsent());
                return;
            } catch (ConflictException _) {
                if (othersMark().isPresent()) {
                    return;
                }
            }
        }
        throw new ConflictException(id + " is being published by others, again and again; try again later");
    }

    private Optional<PublishingMark> othersMark() {
        Optional<PublishingMark> others;
        try {
            others = registry.read(Layout.publishing(id), PublishingMark.MAX_BYTES)
                    .map(content -> PublishingMark.parse(id, content.bytes()));
        } catch (MalformedContentException e) {
            throw new ConflictException("%s is marked as being published, but %s; if nobody is, delete it, or %s"
                    .formatted(id, e.getMessage(), wayOut()));
        }
        others.filter(mark -> !mark.versionDigest().equals(manifest.versionDigest()))
                .ifPresent(mark -> {
                    throw new ConflictException(
                            "%s is being published with other content by %s since %s; if that has died, delete %s, or %s"
                                    .formatted(id, mark.by(), mark.startedAt(), Layout.folder(id), wayOut()));
                });
        return others;
    }

    private void upload(ArtifactPath path) {
        registry.upload(Layout.artifact(id, path), files.file(path));
    }

    private Result publish(boolean hasOldSignature) {
        if (signer.isPresent()) {
            writeSignature(signer.get().sign(manifestBytes));
        } else if (hasOldSignature) { // of a publication that died, and of another manifest
            registry.delete(Layout.signature(id));
        }
        try {
            registry.write(Layout.manifest(id), manifestBytes, new Condition.IfAbsent());
        } catch (ConflictException e) {
            return finish(readManifest().orElseThrow(() -> e), true);
        }
        sign(new Published(manifestBytes, manifest)); // a publisher of the same content may have put his own there
        tidyUp();
        return new Result(manifest, false);
    }

    /** The version is there: fine if it is the same, which may be our own doing before a crash. */
    private Result finish(Published published, boolean marked) {
        Digest digest = published.manifest().versionDigest();
        boolean same = digest.equals(manifest.versionDigest());
        boolean signed = same && sign(published);
        if (marked) {
            tidyUp();
        } else if (signed) {
            Generations.touch(registry, id.model());
        }
        if (same) {
            return new Result(published.manifest(), true);
        }
        throw new ConflictException("%s exists already with other content (sha256 %s…); a version never changes: %s"
                .formatted(id, digest.abbreviated(), wayOut()));
    }

    /**
     * Makes sure that our signature lies beside a manifest that is there, which another publisher of the same content may
     * have written. Only what we would have written ourselves is signed: files alone do not tell what else it says.
     *
     * @return whether it had to be written
     */
    private boolean sign(Published published) {
        if (signer.isEmpty()) {
            return false;
        }
        byte[] signature = signer.get().sign(published.bytes());
        if (holdsSignature(signature)) {
            return false;
        }
        byte[] ours = Manifests.write(manifest(published.manifest().createdAt()));
        if (!Arrays.equals(published.bytes(), ours)) {
            throw new ConflictException(
                    "%s exists already with the same files and another manifest (%s), which '%s' has not signed: %s"
                            .formatted(
                                    id,
                                    "signature, labels or metadata",
                                    signer.get().name(),
                                    wayOut()));
        }
        writeSignature(signature);
        return true;
    }

    private boolean holdsSignature(byte[] signature) {
        try {
            return registry.read(Layout.signature(id), ManifestSignature.MAX_BYTES)
                    .filter(content -> Arrays.equals(content.bytes(), signature))
                    .isPresent();
        } catch (MalformedContentException _) {
            return false;
        }
    }

    private void writeSignature(byte[] signature) {
        registry.write(Layout.signature(id), signature, new Condition.Always());
    }

    private void tidyUp() {
        registry.delete(Layout.publishing(id));
        Generations.touch(registry, id.model());
    }

    /** What to do instead: a version that is free. */
    private String wayOut() {
        if (!id.version().value().matches("[0-9]{1,18}")) {
            return "register it as another version";
        }
        String prefix = Layout.folder(id.model());
        Set<String> taken = registry.list(prefix).stream()
                .map(object -> object.key().substring(prefix.length()).split("/", 2)[0])
                .collect(Collectors.toSet());
        BigInteger next = new BigInteger(id.version().value()).add(BigInteger.ONE);
        while (taken.contains(next.toString())) {
            next = next.add(BigInteger.ONE);
        }
        return "register %s/%s".formatted(id.model(), next);
    }
}
