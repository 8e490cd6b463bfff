package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.config.NearestName;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.json.SignatureJson;
import dev.serin.inference.modelfile.ModelFile;
import dev.serin.registry.AliasName;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.KeyName;
import dev.serin.registry.Manifest;
import dev.serin.registry.Publisher;
import dev.serin.registry.VersionId;
import dev.serin.registry.signing.SigningKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code serin register}: publish a version. */
@Command(
        headerHeading = "serin register fraud/4 model.onnx -m \"retrained on October\"%n"
                + "serin register fraud/4 model.onnx labels.txt --labels decision=labels.txt --alias candidate -n%n%n",
        header = "Publish a version.",
        description = {
            "Publishes a version: checks the model, copies the files, writes the manifest last. A version never"
                    + " changes; running it again with the same files completes what was interrupted.",
            "A file that ends in .onnx is stored as model.onnx when it is the only one; others keep their names; of a"
                    + " directory all files below it are taken."
        })
final class RegisterCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "MODEL/VERSION", description = "The name to publish under, such as fraud/4.")
    private String name = "";

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "FILE", description = "The model and what belongs to it.")
    private List<String> files = new ArrayList<>();

    @Option(
            names = "--labels",
            paramLabel = "OUTPUT=FILE",
            description = "File with the names of the classes of an output, one a line; line n is class n, from 0.")
    private Map<String, String> labels = new LinkedHashMap<>();

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            description = "Anything worth knowing, such as source-commit.")
    private Map<String, String> metadata = new LinkedHashMap<>();

    @Option(
            names = "--alias",
            paramLabel = "NAME",
            description = "Let this name stand for the version once it is published, as serin alias set does.")
    private Optional<String> alias = Optional.empty();

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask before --alias moves the name that is the primary.")
    private boolean yes;

    @Option(
            names = {"-m", "--reason"},
            paramLabel = "TEXT",
            description = "Why there is this version; kept with it.")
    private Optional<String> reason = Optional.empty();

    @Option(
            names = "--signing-key",
            paramLabel = "FILE",
            description =
                    "Private key of Ed25519 in PEM to sign the manifest with. Default: SERIN_SIGNING_KEY, else the"
                            + " version is not signed.")
    private Optional<String> signingKey = Optional.empty();

    @Option(
            names = "--signing-key-name",
            paramLabel = "NAME",
            description = "How gateways call that key. Default: the file's name without its ending.")
    private Optional<String> signingKeyName = Optional.empty();

    @Option(
            names = {"-n", "--dry-run"},
            description = "Check everything and write nothing.")
    private boolean dryRun;

    @Mixin
    private SettingsOptions settings = new SettingsOptions();

    RegisterCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        VersionId id = Name.parseVersion(name);
        Optional<AliasName> wanted = alias.map(text -> AliasCommand.parse(text, "serin register"));
        Optional<SigningKey> signer = signer();
        SortedMap<ArtifactPath, Path> artifacts = Upload.collect(terminal.shell(), files);
        ModelFile model = read(artifacts);
        var request = new Publisher.Request(
                id,
                artifacts,
                Optional.of(SignatureJson.write(model.signature())),
                labelsOf(model.signature(), artifacts),
                Optional.empty(),
                metadata(),
                terminal.shell().user());
        try (OpenRegistry open = settings.open(terminal.shell())) {
            Optional<AliasMove> move = wanted.map(each -> agree(open, id, each));
            Publication publication = new Publication(open, request, signer, move, terminal);
            publication.run(dryRun);
        }
        return ExitCode.DONE.status();
    }

    /** What cannot be done with the alias is said before anything is uploaded. */
    private AliasMove agree(OpenRegistry open, VersionId id, AliasName wanted) {
        return AliasMove.agree(
                Proposal.within(open, terminal, new ChangeOptions(reason, dryRun, yes), id.model()),
                id,
                wanted,
                "the same with");
    }

    private Optional<SigningKey> signer() {
        Optional<KeyName> keyName = signingKeyName.map(RegisterCommand::keyName);
        Optional<SigningKey> key = signingKey
                .or(() -> Optional.ofNullable(terminal.shell().environment().get("SERIN_SIGNING_KEY")))
                .filter(file -> !file.isEmpty())
                .map(file -> SigningKey.read(terminal.shell().resolve(file), keyName));
        if (key.isEmpty() && keyName.isPresent()) {
            throw new CliException(
                    ExitCode.USAGE, "--signing-key-name names a key, and none is given", "serin register -h");
        }
        return key;
    }

    private static KeyName keyName(String text) {
        try {
            return new KeyName(text);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), "serin register -h");
        }
    }

    private ModelFile read(SortedMap<ArtifactPath, Path> artifacts) {
        Path path = Objects.requireNonNull(artifacts.get(ArtifactPath.MODEL));
        ModelFile model = ModelFile.read(path);
        terminal.note("reading    %s · %s, %s, operator set %s, %s"
                .formatted(
                        path.getFileName(),
                        Words.count(model.signature().inputs().size(), "input"),
                        Words.count(model.signature().outputs().size(), "output"),
                        model.opsets().getOrDefault("ai.onnx", 0L),
                        Words.count(model.nodeCount(), "node")));
        for (String location : model.externalData()) {
            if (artifacts.keySet().stream().noneMatch(file -> file.value().equals(location))) {
                throw new ModelRefusedException("%s keeps weights in '%s', which is not among the files given"
                        .formatted(path.getFileName(), location));
            }
        }
        return model;
    }

    private Optional<JsonNode> labelsOf(Signature signature, SortedMap<ArtifactPath, Path> artifacts) {
        ObjectNode json = Json.object();
        labels.forEach((output, file) -> {
            checkOutput(signature, output);
            if (artifacts.keySet().stream().noneMatch(path -> path.value().equals(file))) {
                throw new CliException(
                        ExitCode.USAGE,
                        "--labels names '%s', which is not among the files given".formatted(file),
                        "serin register %s %s %s …".formatted(name, String.join(" ", files), file));
            }
            json.put(output, file);
        });
        return json.isEmpty() ? Optional.empty() : Optional.of(json);
    }

    private static void checkOutput(Signature signature, String output) {
        List<String> outputs = signature.outputs().stream().map(Port::name).toList();
        if (!outputs.contains(output)) {
            String meant = NearestName.of(output, outputs)
                    .map(nearest -> " Did you mean '" + nearest + "'?")
                    .orElse("");
            throw new CliException(
                    ExitCode.USAGE,
                    "the model has no output '%s'; it has %s.%s".formatted(output, String.join(", ", outputs), meant),
                    "serin register -h");
        }
    }

    private ObjectNode metadata() {
        ObjectNode json = Json.object().put("author", terminal.shell().user());
        reason.ifPresent(text -> json.put("reason", text));
        metadata.forEach(json::put);
        return json;
    }

    /** One publication, or what it would be. */
    private record Publication(
            OpenRegistry open,
            Publisher.Request request,
            Optional<SigningKey> signer,
            Optional<AliasMove> alias,
            Terminal terminal) {

        void run(boolean dryRun) {
            if (dryRun) {
                DryRun.of(open, request).print(terminal, alias);
                return;
            }
            terminal.note(
                    "copying    %s to %s".formatted(Words.count(request.files().size(), "file"), open.url()));
            Publisher.Result result = publish();
            try {
                alias.ifPresent(AliasMove::commit);
            } catch (RuntimeException e) { // of whatever kind: the version is published all the same
                print(result, false);
                throw e;
            }
            print(result, true);
            if (!terminal.json()) {
                terminal.note("\nhint: serin predict %s --example | serin predict %s -"
                        .formatted(request.id(), request.id()));
            }
        }

        private Publisher.Result publish() {
            try {
                return new Publisher(open.registry(), terminal.shell().clock(), signer).publish(request);
            } catch (IllegalArgumentException e) { // what was given makes no manifest
                throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), "serin register -h");
            }
        }

        private void print(Publisher.Result result, boolean moved) {
            Manifest manifest = result.manifest();
            if (terminal.json()) {
                terminal.result(Documents.published(
                        manifest, result.alreadyThere(), false, alias.map(move -> move.document(moved))));
                return;
            }
            long bytes =
                    manifest.files().stream().mapToLong(Artifact::sizeBytes).sum();
            String signed = signer.map(key -> " · signed by " + key.name()).orElse("");
            String what = "%s · sha256 %s… · %s%s"
                    .formatted(request.id(), manifest.versionDigest().abbreviated(), Words.size(bytes), signed);
            String name = alias.filter(_ -> moved)
                    .map(move -> " · " + move.text(true))
                    .orElse("");
            terminal.result(
                    result.alreadyThere()
                            ? "unchanged  %s · published %s with the same files%s"
                                    .formatted(what, Words.time(manifest.createdAt()), name)
                            : "published  %s · POST /models/%s/predict answers within 10 s%s"
                                    .formatted(what, request.id(), name));
        }
    }
}
