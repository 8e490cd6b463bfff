package dev.serin.gateway.catalog;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.gateway.catalog.CatalogVersion.Failure;
import dev.serin.gateway.catalog.CatalogVersion.Source;
import dev.serin.registry.AliasName;
import dev.serin.registry.Digest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Retirement;
import dev.serin.registry.ModelPolicy.ServingOptions;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.VersionId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** Snapshots for tests: {@code model("fraud", "1 ready", "2 failed")}. */
public final class Catalogs {
    public static final Instant LONG_AGO = Instant.parse("2026-10-01T00:00:00Z");

    private Catalogs() {}

    public static CatalogModel model(String name, String... versionsAndStates) {
        List<CatalogVersion> versions = java.util.Arrays.stream(versionsAndStates)
                .map(text -> text.split(" ", 2))
                .map(words ->
                        version(name, words[0], VersionState.valueOf(words[1].toUpperCase(java.util.Locale.ROOT))))
                .toList();
        return new CatalogModel(new ModelName(name), versions, ModelPolicy.NONE, Optional.empty());
    }

    public static CatalogVersion version(String model, String version, VersionState state) {
        return new CatalogVersion(
                VersionId.parse(model + "/" + version),
                state,
                Source.MANIFEST,
                LONG_AGO,
                Optional.of(new Digest("%064x".formatted(version.hashCode()))),
                Optional.empty(),
                Optional.empty(),
                0,
                state == VersionState.FAILED
                        ? Optional.of(new Failure("model.onnx ends early", 1, Optional.empty()))
                        : Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode(),
                Optional.empty());
    }

    /** A model whose only version is ready, and gone from the registry. */
    public static CatalogModel deleted(String model, String version) {
        CatalogVersion ready = version(model, version, VersionState.READY);
        CatalogVersion gone = new CatalogVersion(
                ready.id(),
                ready.state(),
                ready.source(),
                ready.createdAt(),
                ready.digest(),
                ready.signature(),
                ready.loaded(),
                ready.memoryBytes(),
                ready.failure(),
                ready.progress(),
                ready.metadata(),
                Optional.of(new Discrepancy(
                        Discrepancy.Kind.DELETED, LONG_AGO, Optional.empty(), "is gone from the registry")));
        return new CatalogModel(new ModelName(model), List.of(gone), ModelPolicy.NONE, Optional.empty());
    }

    /** The same model under another policy. */
    public static CatalogModel with(CatalogModel model, ModelPolicy policy) {
        return new CatalogModel(model.name(), model.versions(), policy, Optional.empty());
    }

    public static ModelPolicy policy(Optional<String> primary, Map<String, String> aliases) {
        TreeMap<AliasName, ModelVersion> names = new TreeMap<>();
        aliases.forEach((alias, version) -> names.put(new AliasName(alias), new ModelVersion(version)));
        return policy(primary, names, ServingOptions.NONE, Map.of());
    }

    public static ModelPolicy retiring(String version) {
        return policy(
                Optional.empty(),
                new TreeMap<>(),
                ServingOptions.NONE,
                Map.of(new ModelVersion(version), new Retirement(LONG_AGO, Optional.empty(), Optional.empty())));
    }

    public static ModelPolicy serving(Optional<Boolean> preload, OptionalInt keepVersions) {
        return policy(
                Optional.empty(),
                new TreeMap<>(),
                new ServingOptions(
                        preload,
                        keepVersions,
                        OptionalInt.empty(),
                        Optional.empty(),
                        OptionalInt.empty(),
                        OptionalInt.empty()),
                Map.of());
    }

    private static ModelPolicy policy(
            Optional<String> primary,
            java.util.SortedMap<AliasName, ModelVersion> aliases,
            ServingOptions serving,
            Map<ModelVersion, Retirement> retired) {
        return new ModelPolicy(
                aliases,
                primary,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                serving,
                retired,
                List.of(),
                List.of());
    }
}
