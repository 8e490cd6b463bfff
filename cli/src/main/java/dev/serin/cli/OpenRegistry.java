package dev.serin.cli;

import dev.serin.gateway.RegistryConfig;
import dev.serin.gateway.RegistryConfig.Source;
import dev.serin.gateway.config.NearestName;
import dev.serin.registry.AliasName;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.DoubtfulListingException;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import dev.serin.registry.store.RememberingRegistry;
import dev.serin.registry.watch.RegistryScanner;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A registry as commands look at it: once. Closed by the command. */
final class OpenRegistry implements AutoCloseable {
    private final RegistryConfig config;
    private final RegistryWriter registry;
    private final InstantSource clock;

    private OpenRegistry(RegistryConfig config, RegistryWriter registry, InstantSource clock) {
        this.config = config;
        this.registry = registry;
        this.clock = clock;
    }

    static OpenRegistry open(RegistryConfig config, InstantSource clock) {
        return new OpenRegistry(config, config.openForCommand(), clock);
    }

    /** {@return as configured} */
    String url() {
        return config.url();
    }

    RegistryWriter registry() {
        return registry;
    }

    Instant now() {
        return clock.instant();
    }

    /**
     * {@return what it holds now} The manifests of a bucket are remembered beside the local copies of a gateway, so that
     * only those are read that no command and no gateway here has read before.
     */
    RegistrySnapshot snapshot() {
        return switch (config.source()) {
            case Source.Directory _ -> look(registry);
            case Source.Bucket _ ->
                lookWithMemory(new RememberingRegistry(registry, config.store().path(), clock));
        };
    }

    private RegistrySnapshot lookWithMemory(RememberingRegistry remembering) {
        RegistrySnapshot snapshot = look(remembering);
        Optional<RegistryException> failure = remembering.unreachable();
        if (failure.orElse(null) instanceof DoubtfulListingException) {
            return look(registry); // somebody looks who knows what he has deleted
        }
        if (failure.isPresent()) {
            throw failure.get(); // what was there once is no answer to what is there
        }
        try {
            remembering.save();
        } catch (RegistryException _) {
            // the next command reads them again
        }
        return snapshot;
    }

    private RegistrySnapshot look(Registry from) {
        var options = new RegistryScanner.Options(config.pollInterval(), config.fullScanInterval(), false);
        return new RegistryScanner(from, options, clock).poll();
    }

    /** {@return the model, or else an answer that names the nearest one} */
    RegisteredModel model(RegistrySnapshot snapshot, ModelName name) {
        RegisteredModel model = snapshot.models().get(name);
        if (model != null) {
            return model;
        }
        List<String> names =
                snapshot.models().keySet().stream().map(ModelName::value).toList();
        String nearest = NearestName.of(name.value(), names)
                .map(meant -> " Did you mean '" + meant + "'?")
                .orElse("");
        throw new CliException(
                ExitCode.NOT_FOUND, "no model '%s' in %s.%s".formatted(name, config.url(), nearest), "serin list");
    }

    /** {@return the version that a selector names; without one, the version that answers for the model} */
    RegisteredVersion version(RegisteredModel model, Optional<String> selector) {
        return selector.or(() -> Known.primary(model).map(ModelVersion::value))
                .map(name -> version(model, name))
                .or(() -> Known.newest(model))
                .orElseThrow(() -> new CliException(
                        ExitCode.NOT_FOUND,
                        "model '%s' has no version that could be served".formatted(model.name()),
                        "serin list " + model.name()));
    }

    /** {@return the version that a selector names, which a gateway can serve} */
    ModelVersion servable(RegisteredModel model, String selector) {
        RegisteredVersion found = version(model, selector);
        String id = found.id().toString();
        return switch (found) {
            case RegisteredVersion.Published _, RegisteredVersion.HandDropped _ ->
                found.id().version();
            case RegisteredVersion.BeingPublished _ ->
                throw new CliException(ExitCode.CONFLICT, id + " is being published", "serin list " + model.name());
            case RegisteredVersion.Unusable unusable ->
                throw new CliException(
                        ExitCode.VERIFICATION_FAILED, "%s cannot be served: %s".formatted(id, unusable.reason()), "");
        };
    }

    /** {@return the version that a version or an alias names, or else an answer that tells which there are} */
    private static RegisteredVersion version(RegisteredModel model, String selector) {
        ModelVersion meant = model.policy().aliases().entrySet().stream()
                .filter(alias -> alias.getKey().value().equals(selector))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElseGet(() -> new ModelVersion(selector));
        return model.versions().stream()
                .filter(version -> version.id().version().equals(meant))
                .findFirst()
                .orElseThrow(() -> noSuchVersion(model, selector));
    }

    private static CliException noSuchVersion(RegisteredModel model, String selector) {
        List<String> there = new ArrayList<>();
        there.add(
                model.versions().isEmpty()
                        ? "no versions"
                        : model.versions().stream()
                                .map(version -> version.id().version().value())
                                .collect(Collectors.joining(", ")));
        model.policy().aliases().forEach((alias, version) -> there.add(alias(alias, version)));
        return new CliException(
                ExitCode.NOT_FOUND,
                "model '%s' has no version '%s'. It has %s".formatted(model.name(), selector, String.join(", ", there)),
                "serin list " + model.name());
    }

    private static String alias(AliasName alias, ModelVersion version) {
        return "alias %s (%s)".formatted(alias, version);
    }

    /** {@return what a function makes of an artifact as a file, which for a bucket is copied for as long as that takes} */
    <T> T withFile(VersionId id, ArtifactPath artifact, Function<Path, T> function) {
        String key = Layout.artifact(id, artifact);
        return switch (config.source()) {
            case Source.Directory(Path root) -> function.apply(root.resolve(key));
            case Source.Bucket _ -> withCopy(key, function);
        };
    }

    private <T> T withCopy(String key, Function<Path, T> function) {
        try {
            Path copy = Files.createTempFile("serin-", ".onnx");
            try (InputStream in = registry.open(key)) {
                Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
                return function.apply(copy);
            } finally {
                Files.delete(copy);
            }
        } catch (IOException e) {
            throw RegistryException.because("Cannot read %s in %s".formatted(key, registry.location()), e);
        }
    }

    @Override
    public void close() {
        registry.close();
    }
}
