package dev.serin.cli;

import dev.serin.cli.Proposal.Form;
import dev.serin.cli.Proposal.Question;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.policy.PolicyChange;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code serin retire}: take a version out of service. */
@Command(
        headerHeading = "serin retire fraud/2 --sunset 2026-12-31   it answers until then, and 410 from then on%n"
                + "serin retire fraud/2 -m \"biased\"           it answers 410 at once%n%n",
        header = "Take a version out of service.",
        description = "Wants the name typed again. What a primary, an alias, a canary or a shadow names is refused.")
final class RetireCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "MODEL/VERSION", description = "The version.")
    private String name = "";

    @Option(
            names = "--sunset",
            paramLabel = "DATE",
            description = "When: 2026-12-31, which begins at midnight UTC, or 2026-12-31T18:00:00Z. Default: at once.")
    private Optional<String> sunset = Optional.empty();

    @Mixin
    private ChangeOptions options = new ChangeOptions();

    RetireCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Name wanted = Name.parse(name);
        String selector = wanted.requireSelector();
        Optional<Instant> end = sunset.map(RetireCommand::instant);
        try (Proposal proposal = Proposal.open(terminal, options, wanted.model())) {
            RegisteredModel model = proposal.model();
            ModelVersion version = proposal.registry()
                    .version(model, Optional.of(selector))
                    .id()
                    .version();
            String id = model.name() + "/" + version;
            return proposal.make(
                    new PolicyChange.Retire(version, end, options.reason()),
                    new Form(
                            _ -> effect(model, version, end),
                            _ -> Optional.of(new Question("type %s to retire it:".formatted(id), id)),
                            "retired",
                            "serin undo " + model.name()));
        }
    }

    private List<String> effect(RegisteredModel model, ModelVersion version, Optional<Instant> end) {
        List<String> lines = new ArrayList<>();
        boolean later = end.filter(terminal.shell().clock().instant()::isBefore).isPresent();
        lines.add("%s/%s answers 410 %s"
                .formatted(
                        model.name(),
                        version,
                        later ? "from " + Words.time(end.orElseThrow()) + " on" : "from now on"));
        boolean newest = Known.newest(model, other -> !model.policy().retired().containsKey(other))
                .filter(found -> found.id().version().equals(version))
                .isPresent();
        if (model.policy().primary().isEmpty() && newest) {
            lines.add(Known.newest(
                            model,
                            other -> !other.equals(version)
                                    && !model.policy().retired().containsKey(other))
                    .map(next -> "it is the newest: then %s answers for %s without a version"
                            .formatted(next.id().version(), model.name()))
                    .orElse("it is the only one: then nothing answers for " + model.name()));
        }
        return lines;
    }

    private static Instant instant(String text) {
        try {
            return text.contains("T")
                    ? Instant.parse(text)
                    : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeException _) {
            throw new CliException(
                    ExitCode.USAGE,
                    "--sunset is '%s'; it takes 2026-12-31 or 2026-12-31T18:00:00Z".formatted(text),
                    "serin retire -h");
        }
    }
}
