package dev.serin.cli;

import dev.serin.gateway.http.ChangeJson;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.policy.Wording;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code serin history}: who changed what. */
@Command(
        headerHeading = "serin history fraud                 who moved what, when and why%n"
                + "serin history fraud -o json         the same for scripts%n%n",
        header = "Who changed what, when and why.",
        description = "The latest 100 changes of a model's aliases, traffic and retirements, newest first.")
final class HistoryCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "MODEL", description = "Whose history.")
    private String name = "";

    @Mixin
    private SettingsOptions settings = new SettingsOptions();

    HistoryCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Name wanted = Name.parse(name);
        try (OpenRegistry open = settings.open(terminal.shell())) {
            RegisteredModel model = open.model(open.snapshot(wanted.model()), wanted.model());
            model.policyProblem().ifPresent(problem -> {
                throw new CliException(ExitCode.VERIFICATION_FAILED, problem, "serin show " + model.name());
            });
            print(model);
        }
        return ExitCode.DONE.status();
    }

    private void print(RegisteredModel model) {
        List<HistoryEntry> newestFirst = model.policy().history().reversed();
        if (terminal.json()) {
            terminal.result(ChangeJson.history(model.name(), newestFirst));
            return;
        }
        if (newestFirst.isEmpty()) {
            terminal.note("nobody has changed anything of %s so far".formatted(model.name()));
            return;
        }
        Instant now = terminal.shell().clock().instant();
        var table = new Table("WHEN", "WHO", "CHANGE", "REASON", "COMMAND");
        newestFirst.forEach(entry -> table.row(
                Words.age(entry.at(), now),
                entry.by(),
                Wording.change(entry),
                entry.reason().orElse(""),
                entry.command()));
        table.print(terminal);
    }
}
