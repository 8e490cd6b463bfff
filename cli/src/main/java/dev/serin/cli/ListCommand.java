package dev.serin.cli;

import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.VersionId;
import dev.serin.registry.watch.RegistryOverview;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code serin list}: what is there. */
@Command(
        headerHeading = "serin list                          every model of the registry%n"
                + "serin list iris --failed            what is wrong with this one%n%n",
        header = "What a registry holds.",
        description = "The state of each version is what a gateway says; without one it is not known.")
final class ListCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(arity = "0..1", paramLabel = "MODEL", description = "Only this model, version by version.")
    private Optional<String> name = Optional.empty();

    @Option(names = "--failed", description = "Only what cannot be served, and why.")
    private boolean failed;

    @Mixin
    private SettingsOptions settings = new SettingsOptions();

    @Mixin
    private ServerOption server = new ServerOption();

    ListCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        try (OpenRegistry open = settings.open(terminal.shell())) {
            RegistryOverview overview = look(open);
            Live live = Live.ask(server.uri(terminal.shell()), terminal);
            overview.snapshot().ignored().forEach(sentence -> terminal.note("note: " + sentence));
            print(open, overview, live);
        }
        return ExitCode.DONE.status();
    }

    /** Sees all of one model, and of all models no more than is shown. */
    private RegistryOverview look(OpenRegistry open) {
        if (name.isPresent()) {
            ModelName model = Name.parse(name.get()).model();
            RegistrySnapshot snapshot = open.snapshot(model);
            open.model(snapshot, model);
            return RegistryOverview.whole(snapshot);
        }
        return failed || terminal.json() ? RegistryOverview.whole(open.snapshot()) : open.overview();
    }

    private void print(OpenRegistry open, RegistryOverview overview, Live live) {
        RegistrySnapshot snapshot = overview.snapshot();
        Collection<RegisteredModel> models = snapshot.models().values();
        if (terminal.json() && failed) {
            terminal.result(Failures.of(models, live).document(open.url(), live));
        } else if (terminal.json()) {
            terminal.result(Documents.list(open.url(), snapshot, models, live));
        } else if (models.isEmpty()) {
            terminal.note("%s holds no models".formatted(open.url()));
            terminal.note("\nhint: serin register MODEL/1 model.onnx");
        } else if (failed) {
            Failures.of(models, live).print(terminal);
        } else if (name.isPresent()) {
            models.forEach(model -> printVersions(model, live));
        } else {
            printModels(overview, live);
        }
    }

    private void printModels(RegistryOverview overview, Live live) {
        var table = new Table("MODEL", "VERSIONS", "NEWEST", "TRAFFIC", "ALIASES", "STATE", "MEMORY", "REQ/S");
        for (RegisteredModel model : overview.snapshot().models().values()) {
            List<ModelVersion> unread = overview.unread(model.name());
            List<Known> known = Known.of(model, live);
            table.row(
                    model.name().value(),
                    String.valueOf(model.versions().size() + unread.size()),
                    newest(model),
                    PolicyText.now(model.policy(), terminal.shell().clock().instant()),
                    aliases(model),
                    state(known, failed(unread(model, unread, live))),
                    memory(known, unread(model, unread, live)),
                    live.rate(model).map(Words::rate).orElse(""));
        }
        table.print(terminal);
        if (overview.unreadCount() > 0) {
            terminal.note(("note: %,d manifests were not read, so versions that cannot be served for theirs are not"
                            + " counted as failed; serin list --failed reads them all")
                    .formatted(overview.unreadCount()));
        }
    }

    /** {@return what the gateway says of versions whose manifests were not read} */
    private static List<Live.Version> unread(RegisteredModel model, List<ModelVersion> versions, Live live) {
        return versions.stream()
                .flatMap(version -> live.version(new VersionId(model.name(), version), Optional.empty()).stream())
                .toList();
    }

    private static String memory(List<Known> versions, List<Live.Version> unread) {
        long bytes = versions.stream().mapToLong(Known::memoryBytes).sum()
                + unread.stream().mapToLong(Live.Version::memoryBytes).sum();
        return bytes == 0 ? "" : Words.size(bytes);
    }

    private static long failed(List<Live.Version> unread) {
        return unread.stream()
                .filter(version -> version.state().equals("failed"))
                .count();
    }

    private String newest(RegisteredModel model) {
        return model.newest()
                .map(version -> version.id().version() + "  "
                        + Words.age(
                                version.createdAt(), terminal.shell().clock().instant()))
                .orElse("");
    }

    private static String aliases(RegisteredModel model) {
        return model.policy().aliases().entrySet().stream()
                .map(alias -> alias.getKey() + "→" + alias.getValue())
                .collect(Collectors.joining(" "));
    }

    /** The state of the version that has the traffic, and how many others cannot be served. */
    private static String state(List<Known> versions, long unreadFailed) {
        String first = versions.stream()
                .filter(version -> !version.role().isEmpty())
                .findFirst()
                .map(Known::state)
                .orElse("");
        long others = unreadFailed
                + versions.stream()
                        .filter(version -> version.role().isEmpty() && version.isFailed())
                        .count();
        if (others == 0) {
            return first;
        }
        return first.isEmpty() ? others + " failed" : "%s, %d failed".formatted(first, others);
    }

    private void printVersions(RegisteredModel model, Live live) {
        var table = new Table("VERSION", "REGISTERED", "TRAFFIC", "ALIASES", "SIZE", "SHA256", "STATE");
        for (Known known : Known.of(model, live).reversed()) {
            table.row(
                    known.name(),
                    Words.age(
                            known.version().createdAt(),
                            terminal.shell().clock().instant()),
                    PolicyText.now(known, terminal.shell().clock().instant()),
                    String.join(" ", known.aliases()),
                    known.sizeBytes() == 0 ? "" : Words.size(known.sizeBytes()),
                    known.digest().map(digest -> digest.substring(0, 8)).orElse(""),
                    known.state());
        }
        table.print(terminal);
        model.policyProblem().ifPresent(problem -> terminal.note("note: " + problem));
    }
}
