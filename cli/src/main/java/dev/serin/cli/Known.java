package dev.serin.cli;

import dev.serin.registry.AliasName;
import dev.serin.registry.Artifact;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry.RegistryObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** One version, as the registry and the gateway know it. */
record Known(RegisteredModel model, RegisteredVersion version, Optional<Live.Version> live) {

    static List<Known> of(RegisteredModel model, Live live) {
        return model.versions().stream()
                .map(version -> of(model, version, live))
                .toList();
    }

    static Known of(RegisteredModel model, RegisteredVersion version, Live live) {
        return new Known(model, version, live.version(version.id(), digest(version)));
    }

    String name() {
        return version.id().version().value();
    }

    /** {@return what the gateway says, else what the registry makes of it; empty when nobody can tell} */
    String state() {
        return switch (version) {
            case RegisteredVersion.BeingPublished _ -> "publishing";
            case RegisteredVersion.Unusable _ -> "unusable";
            case RegisteredVersion.Published _, RegisteredVersion.HandDropped _ ->
                live.map(Live.Version::state).orElse("");
        };
    }

    boolean isFailed() {
        return state().equals("failed") || state().equals("unusable");
    }

    /** {@return why the registry finds it unusable} */
    Optional<String> problem() {
        return version instanceof RegisteredVersion.Unusable unusable
                ? Optional.of(unusable.reason())
                : Optional.empty();
    }

    /** {@return its files' sizes together; 0 when they are not known} */
    long sizeBytes() {
        return switch (version) {
            case RegisteredVersion.Published(var manifest) ->
                manifest.files().stream().mapToLong(Artifact::sizeBytes).sum();
            case RegisteredVersion.HandDropped dropped ->
                dropped.files().stream().mapToLong(RegistryObject::sizeBytes).sum();
            case RegisteredVersion.BeingPublished _, RegisteredVersion.Unusable _ -> 0;
        };
    }

    /** {@return native memory that it takes in the gateway; 0 where it is not loaded} */
    long memoryBytes() {
        return live.map(Live.Version::memoryBytes).orElse(0L);
    }

    /** {@return of the manifest, else of the gateway, which has digested what was copied in by hand} */
    Optional<String> digest() {
        return digest(version).or(() -> live.flatMap(Live.Version::digest));
    }

    private static Optional<String> digest(RegisteredVersion version) {
        return version instanceof RegisteredVersion.Published(var manifest)
                ? Optional.of(manifest.versionDigest().hex())
                : Optional.empty();
    }

    /** {@return how it came into the registry} */
    String source() {
        return switch (version) {
            case RegisteredVersion.Published _ -> "manifest";
            case RegisteredVersion.HandDropped _ -> "files";
            case RegisteredVersion.BeingPublished _, RegisteredVersion.Unusable _ -> "";
        };
    }

    List<String> aliases() {
        return model.policy().aliases().entrySet().stream()
                .filter(alias -> alias.getValue().equals(version.id().version()))
                .map(Map.Entry::getKey)
                .map(AliasName::value)
                .toList();
    }

    /** {@return {@code primary}, {@code newest}, or empty when it answers only to its own name} */
    String role() {
        if (model.policy().primary().isPresent()) {
            return model.policy()
                            .primaryVersion()
                            .filter(version.id().version()::equals)
                            .isPresent()
                    ? "primary"
                    : "";
        }
        return model.newest().filter(version::equals).isPresent() ? "newest" : "";
    }

    /** {@return the greatest of these versions that could be served} */
    static Optional<RegisteredVersion> newest(RegisteredModel model, Predicate<ModelVersion> which) {
        return model.versions().reversed().stream()
                .filter(version -> version instanceof RegisteredVersion.Published
                        || version instanceof RegisteredVersion.HandDropped)
                .filter(version -> which.test(version.id().version()))
                .findFirst();
    }
}
