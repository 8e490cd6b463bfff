package dev.serin.cli;

import dev.serin.cli.Proposal.Form;
import dev.serin.cli.Proposal.Question;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.ModelPolicy.Promoted;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyWriter.Changed;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code serin canary}: try a version on part of the traffic. */
@Command(
        headerHeading = "serin canary start fraud/4 --weight 5    version 4 answers 5 of 100 requests%n"
                + "serin canary promote fraud               it answers all%n%n",
        header = "Try a version on part of the traffic.")
final class CanaryCommand {
    private CanaryCommand() {}

    static CommandLine group(Terminal terminal) {
        return new CommandLine(new CanaryCommand())
                .addSubcommand("start", new CanaryStartCommand(terminal))
                .addSubcommand("watch", new CanaryWatchCommand(terminal))
                .addSubcommand("pause", new PauseCommand(terminal))
                .addSubcommand("resume", new ResumeCommand(terminal))
                .addSubcommand("promote", new PromoteCommand(terminal))
                .addSubcommand("abort", new AbortCommand(terminal));
    }

    /** What all of them have in common but {@code start}: they are about the canary that is there. */
    abstract static class OfRunning implements Callable<Integer> {
        private final Terminal terminal;

        @Parameters(paramLabel = "MODEL", description = "Whose canary.")
        private String name = "";

        @Mixin
        private ChangeOptions options = new ChangeOptions();

        OfRunning(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public final Integer call() {
            Name wanted = Name.parse(name);
            try (Proposal proposal = Proposal.open(terminal, options, wanted.model())) {
                return run(proposal, proposal.model());
            }
        }

        abstract int run(Proposal proposal, RegisteredModel model);

        static Canary canary(RegisteredModel model) {
            return model.policy()
                    .canary()
                    .orElseThrow(() -> new CliException(
                            ExitCode.NOT_FOUND,
                            "'%s' has no canary".formatted(model.name()),
                            "serin canary start %s/VERSION --weight 5".formatted(model.name())));
        }

        /** {@return one side of what a change tells, without the name of the canary} */
        static String side(Optional<String> told, ModelVersion version) {
            return told.orElse("").replace("canary " + version + " ", "");
        }
    }

    /** {@code serin canary pause}. */
    @Command(
            headerHeading = "serin canary pause fraud%n" + "serin canary pause fraud -m \"looking at the log\"%n%n",
            header = "Let the canary stay at its weight.")
    static final class PauseCommand extends OfRunning {
        PauseCommand(Terminal terminal) {
            super(terminal);
        }

        @Override
        int run(Proposal proposal, RegisteredModel model) {
            Canary canary = canary(model);
            return proposal.make(
                    new PolicyChange.PauseCanary(canary.id(), Optional.empty()),
                    Form.quiet(
                            changed -> List.of("%s · canary %s stays at %s"
                                    .formatted(
                                            model.name(),
                                            canary.version(),
                                            side(changed.entry().flatMap(HistoryEntry::from), canary.version()))),
                            "paused",
                            "serin canary resume " + model.name()));
        }
    }

    /** {@code serin canary resume}. */
    @Command(
            headerHeading = "serin canary resume fraud%n" + "serin canary resume fraud -n%n%n",
            header = "Let a paused canary go on.",
            description = "Its schedule goes on from where it was.")
    static final class ResumeCommand extends OfRunning {
        ResumeCommand(Terminal terminal) {
            super(terminal);
        }

        @Override
        int run(Proposal proposal, RegisteredModel model) {
            Canary canary = canary(model);
            return proposal.make(
                    new PolicyChange.ResumeCanary(canary.id()),
                    Form.quiet(
                            changed -> List.of("%s · canary %s goes on at %s"
                                    .formatted(
                                            model.name(),
                                            canary.version(),
                                            side(changed.entry().flatMap(HistoryEntry::to), canary.version()))),
                            "resumed",
                            ""));
        }
    }

    /** {@code serin canary promote}. */
    @Command(
            headerHeading =
                    "serin canary promote fraud%n" + "serin canary promote fraud --yes -m \"ten days clean\"%n%n",
            header = "Make the canary the primary.",
            description = "Asks first. An alias that names the primary moves.")
    static final class PromoteCommand extends OfRunning {
        PromoteCommand(Terminal terminal) {
            super(terminal);
        }

        @Override
        int run(Proposal proposal, RegisteredModel model) {
            return proposal.make(
                    new PolicyChange.PromoteCanary(canary(model).id()),
                    new Form(
                            changed -> List.of(movesPrimary(changed)),
                            _ -> Optional.of(Question.yesOrNo("promote")),
                            "promoted",
                            "serin undo " + model.name()));
        }
    }

    /** {@code serin canary abort}. */
    @Command(
            headerHeading = "serin canary abort fraud -m \"support tickets\"%n" + "serin canary abort fraud --yes%n%n",
            header = "Take all traffic from the canary.",
            description = "Asks first. Without a canary, a promotion of the last 24 hours is taken back.")
    static final class AbortCommand extends OfRunning {
        AbortCommand(Terminal terminal) {
            super(terminal);
        }

        @Override
        int run(Proposal proposal, RegisteredModel model) {
            Optional<Promoted> promoted = model.policy()
                    .promoted()
                    .filter(_ -> model.policy().canary().isEmpty())
                    .filter(latest ->
                            latest.at().isAfter(proposal.registry().now().minus(PolicyChange.AbortCanary.FRESH)));
            String id = promoted.map(Promoted::id).orElseGet(() -> canary(model).id());
            ModelVersion version = promoted.map(Promoted::version)
                    .orElseGet(() -> canary(model).version());
            return proposal.make(
                    new PolicyChange.AbortCanary(id, Optional.empty()),
                    new Form(
                            changed -> List.of(
                                    promoted.isPresent()
                                            ? movesPrimary(changed)
                                            : "canary %s: %s → 0 %% · %s is healthy on %s"
                                                    .formatted(
                                                            version,
                                                            side(changed.entry().flatMap(HistoryEntry::from), version),
                                                            model.name(),
                                                            PolicyText.primary(changed.after()))),
                            _ -> Optional.of(Question.yesOrNo("abort")),
                            "aborted",
                            "serin canary start %s/%s starts it over".formatted(model.name(), version)));
        }
    }

    /** {@return {@code primary 3 → 4 (stable 3 → 4 too, it named the primary)}} */
    private static String movesPrimary(Changed changed) {
        ModelPolicy before = changed.before();
        String move = "%s → %s".formatted(PolicyText.primary(before), PolicyText.primary(changed.after()));
        String alias = before.primary()
                .filter(name -> before.aliases().keySet().stream()
                        .anyMatch(each -> each.value().equals(name)))
                .map(name -> " (%s %s too, it named the primary)".formatted(name, move))
                .orElse("");
        return "primary " + move + alias;
    }
}
