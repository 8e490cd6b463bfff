package dev.serin.cli;

import dev.serin.gateway.RegistryConfig;
import dev.serin.gateway.RegistryConfig.Source;
import dev.serin.gateway.config.NearestName;
import dev.serin.registry.AliasName;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.DoubtfulListingException;
import dev.serin.registry.MalformedContentException;
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
import dev.serin.registry.format.ManifestSignature;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.signing.Verdict;
import dev.serin.registry.store.RememberingRegistry;
import dev.serin.registry.watch.RegistryLook;
import dev.serin.registry.watch.RegistryOverview;
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
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
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
     * {@return what it holds now, every manifest read} Those of a bucket are remembered beside the local copies of a
     * gateway, so that only those are asked for that no command and no gateway here has read before.
     */
    RegistrySnapshot snapshot() {
        return look((from, _) -> new RegistryScanner(from, options(), clock).poll());
    }

    /** {@return what it holds now, with the versions that a table of all models shows, and what else is remembered} */
    RegistryOverview overview() {
        return look((from, isAtHand) -> new RegistryLook(from, options(), clock).overview(isAtHand));
    }

    /** {@return what it holds now of one model alone; nothing of it when it is not there} */
    RegistrySnapshot snapshot(ModelName name) {
        return look((from, _) -> new RegistryLook(from, options(), clock).at(name));
    }

    private RegistryScanner.Options options() {
        return new RegistryScanner.Options(config.pollInterval(), config.fullScanInterval(), false);
    }

    /** Given the registry, and which of its small objects are at hand. */
    private <T> T look(BiFunction<Registry, Predicate<String>, T> look) {
        return switch (config.source()) {
            case Source.Directory _ -> look.apply(registry, _ -> false);
            case Source.Bucket _ ->
                lookWithMemory(new RememberingRegistry(registry, config.store().path(), clock), look);
        };
    }

    private <T> T lookWithMemory(RememberingRegistry remembering, BiFunction<Registry, Predicate<String>, T> look) {
        T seen = look.apply(remembering, remembering::isRemembered);
        Optional<RegistryException> failure = remembering.unreachable();
        if (failure.orElse(null) instanceof DoubtfulListingException) {
            return look.apply(registry, _ -> false); // somebody looks who knows what he has deleted
        }
        if (failure.isPresent()) {
            throw failure.get(); // what was there once is no answer to what is there
        }
        try {
            remembering.save();
        } catch (RegistryException _) {
            // the next command reads them again
        }
        return seen;
    }

    /** {@return whether a trusted key has signed a version; empty when none are required, or it has no manifest} */
    Optional<Verdict> signature(VersionId id) {
        try {
            return config.trustedKeys()
                    .flatMap(keys -> registry.read(Layout.manifest(id), Manifests.MAX_BYTES)
                            .map(manifest -> keys.judge(id, manifest.bytes(), signatureFile(id))));
        } catch (MalformedContentException e) { // too large to be read
            return Optional.of(new Verdict.Refused(e.getMessage()));
        }
    }

    private Optional<byte[]> signatureFile(VersionId id) {
        return registry.read(Layout.signature(id), ManifestSignature.MAX_BYTES).map(Registry.Content::bytes);
    }

    /** {@return the model, or else an answer that names the nearest one} */
    RegisteredModel model(RegistrySnapshot snapshot, ModelName name) {
        return Optional.ofNullable(snapshot.models().get(name)).orElseThrow(() -> noSuchModel(name));
    }

    private CliException noSuchModel(ModelName name) {
        List<String> names = new RegistryLook(registry, options(), clock)
                .names().stream()
                        .filter(each -> !each.equals(name)) // a folder that is no model
                        .map(ModelName::value)
                        .toList();
        String nearest = NearestName.of(name.value(), names)
                .map(meant -> " Did you mean '" + meant + "'?")
                .orElse("");
        return new CliException(
                ExitCode.NOT_FOUND, "no model '%s' in %s.%s".formatted(name, config.url(), nearest), "serin list");
    }

    /** {@return the version that a selector names; without one, the version that answers for the model} */
    RegisteredVersion version(RegisteredModel model, Optional<String> selector) {
        return selector.or(() -> model.policy().primaryVersion().map(ModelVersion::value))
                .map(name -> version(model, name))
                .or(model::newest)
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
