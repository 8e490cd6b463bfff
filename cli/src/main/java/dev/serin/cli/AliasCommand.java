package dev.serin.cli;

import dev.serin.cli.Proposal.Form;
import dev.serin.cli.Proposal.Question;
import dev.serin.registry.AliasName;
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

/** {@code serin alias}: move a name. */
@Command(
        headerHeading = "serin alias set fraud/4 champion    POST /models/fraud/champion/predict asks version 4%n"
                + "serin alias remove fraud champion   forgets the name%n%n",
        header = "Move a name, or forget it.")
final class AliasCommand {
    private AliasCommand() {}

    static CommandLine group(Terminal terminal) {
        return new CommandLine(new AliasCommand())
                .addSubcommand("set", new SetCommand(terminal))
                .addSubcommand("remove", new RemoveCommand(terminal));
    }

    private static AliasName parse(String text) {
        try {
            return new AliasName(text);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), "serin alias set -h");
        }
    }

    /** {@code serin alias set}. */
    @Command(
            headerHeading =
                    "serin alias set fraud/4 champion%n" + "serin alias set fraud/4 stable -m \"rolled out\" --yes%n%n",
            header = "Let a name stand for a version.",
            description = "Asks before it moves the alias that answers for a model without a version.")
    static final class SetCommand implements Callable<Integer> {
        private final Terminal terminal;

        @Parameters(index = "0", paramLabel = "MODEL/VERSION", description = "What the name shall stand for.")
        private String name = "";

        @Parameters(index = "1", paramLabel = "NAME", description = "The alias, such as stable.")
        private String alias = "";

        @Mixin
        private ChangeOptions options = new ChangeOptions();

        SetCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            Name wanted = Name.parse(name);
            String selector = wanted.requireSelector();
            AliasName moved = parse(alias);
            try (Proposal proposal = Proposal.open(terminal, options, wanted.model())) {
                RegisteredModel model = proposal.model();
                checkNoVersion(model, moved);
                ModelVersion version = proposal.registry().servable(model, selector);
                return proposal.make(
                        new PolicyChange.SetAlias(moved, version),
                        new Form(
                                changed -> List.of(effect(model, changed, moved, version)),
                                changed -> hasTraffic(changed, moved)
                                        ? Optional.of(Question.yesOrNo("move"))
                                        : Optional.empty(),
                                "set",
                                ""));
            }
        }

        private static void checkNoVersion(RegisteredModel model, AliasName alias) {
            if (model.versions().stream()
                    .anyMatch(version -> version.id().version().value().equals(alias.value()))) {
                throw new CliException(
                        ExitCode.CONFLICT,
                        "'%s' is a version of '%s'; take another name".formatted(alias, model.name()),
                        "serin list " + model.name());
            }
        }

        private static boolean hasTraffic(Changed changed, AliasName alias) {
            return changed.before().primary().filter(alias.value()::equals).isPresent();
        }

        private static String effect(RegisteredModel model, Changed changed, AliasName alias, ModelVersion version) {
            String before = Optional.ofNullable(changed.before().aliases().get(alias))
                    .map(target -> target + " ")
                    .orElse("");
            return "%s · alias %s %s→ %s%s"
                    .formatted(
                            model.name(),
                            alias,
                            before,
                            version,
                            hasTraffic(changed, alias) ? " · it is the primary, so all traffic moves" : "");
        }
    }

    /** {@code serin alias remove}. */
    @Command(
            headerHeading = "serin alias remove fraud champion%n"
                    + "serin alias remove fraud/4 champion     only if it stands for 4%n%n",
            header = "Forget a name.")
    static final class RemoveCommand implements Callable<Integer> {
        private final Terminal terminal;

        @Parameters(index = "0", paramLabel = "MODEL[/VERSION]", description = "Whose name it is.")
        private String name = "";

        @Parameters(index = "1", paramLabel = "NAME", description = "The alias, such as champion.")
        private String alias = "";

        @Mixin
        private ChangeOptions options = new ChangeOptions();

        RemoveCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            Name wanted = Name.parse(name);
            AliasName removed = parse(alias);
            try (Proposal proposal = Proposal.open(terminal, options, wanted.model())) {
                RegisteredModel model = proposal.model();
                Optional<ModelVersion> target =
                        Optional.ofNullable(model.policy().aliases().get(removed));
                wanted.selector()
                        .filter(version -> target.filter(there -> !there.value().equals(version))
                                .isPresent())
                        .ifPresent(version -> {
                            throw new CliException(
                                    ExitCode.CONFLICT,
                                    "alias '%s' of '%s' stands for %s, not for %s"
                                            .formatted(removed, model.name(), target.orElseThrow(), version),
                                    "serin show " + model.name());
                        });
                return proposal.make(
                        new PolicyChange.RemoveAlias(removed),
                        Form.quiet(
                                changed -> List.of("%s · alias %s, which stood for %s, goes"
                                        .formatted(
                                                model.name(),
                                                removed,
                                                changed.before().aliases().get(removed))),
                                "removed",
                                ""));
            }
        }
    }
}
