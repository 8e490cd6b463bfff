package dev.serin.cli;

import dev.serin.cli.Proposal.Form;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyWriter.Changed;
import dev.serin.registry.policy.Wording;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code serin undo}: take the latest change back. */
@Command(
        headerHeading =
                "serin undo fraud                    takes the latest change back; again, and it is made again%n"
                        + "serin undo fraud -n                 what that would be%n%n",
        header = "Take the latest change back.",
        description =
                "Itself a change. It is refused when what the latest change wrote is not there any more. A canary that"
                        + " comes back is paused.")
final class UndoCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "MODEL", description = "Whose latest change.")
    private String name = "";

    @Mixin
    private ChangeOptions options = new ChangeOptions();

    UndoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Name wanted = Name.parse(name);
        try (Proposal proposal = Proposal.open(terminal, options, wanted.model())) {
            return proposal.make(
                    new PolicyChange.Undo(), Form.quiet(changed -> effect(wanted, changed), "taken back", ""));
        }
    }

    private List<String> effect(Name wanted, Changed changed) {
        List<String> lines = new ArrayList<>();
        HistoryEntry latest = changed.before().history().getLast();
        lines.add("%s · takes back %s by %s, %s"
                .formatted(
                        wanted.model(),
                        latest.command(),
                        latest.by(),
                        Words.age(latest.at(), terminal.shell().clock().instant())));
        changed.entry().map(Wording::change).ifPresent(lines::add);
        Optional<Canary> canary =
                changed.after().canary().filter(back -> back.paused().isPresent());
        if (canary.isPresent()
                && changed.before().canary().filter(canary.get()::equals).isEmpty()) {
            lines.add("canary %s comes back paused: serin canary resume %s"
                    .formatted(canary.get().version(), wanted.model()));
        }
        return lines;
    }
}
