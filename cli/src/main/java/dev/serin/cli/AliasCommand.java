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
import java.util.stream.Stream;
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

    /** {@return the alias, or else an answer that sends to the help of a command} */
    static AliasName parse(String text, String command) {
        try {
            return new AliasName(text);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), command + " -h");
        }
    }

    /** {@return the change that lets a name stand for a version, which need not be there yet} */
    static PolicyChange.SetAlias change(RegisteredModel model, AliasName alias, ModelVersion version) {
        if (Stream.concat(model.versions().stream().map(each -> each.id().version()), Stream.of(version))
                .anyMatch(each -> each.value().equals(alias.value()))) {
            throw new CliException(
                    ExitCode.CONFLICT,
                    "'%s' is a version of '%s'; take another name".formatted(alias, model.name()),
                    "serin list " + model.name());
        }
        return new PolicyChange.SetAlias(alias, version);
    }

    /** {@return how that is told and when it is asked for} */
    static Form form(RegisteredModel model, PolicyChange.SetAlias set) {
        return new Form(
                changed -> List.of("%s · %s%s"
                        .formatted(
                                model.name(),
                                move(changed, set),
                                hasTraffic(changed, set) ? " · it is the primary, so all traffic moves" : "")),
                changed -> hasTraffic(changed, set) ? Optional.of(Question.yesOrNo("move")) : Optional.empty(),
                "set",
                "");
    }

    /** {@return {@code alias stable 3 → 4}} */
    static String move(Changed changed, PolicyChange.SetAlias set) {
        String before = Optional.ofNullable(changed.before().aliases().get(set.alias()))
                .map(target -> target + " ")
                .orElse("");
        return "alias %s %s→ %s".formatted(set.alias(), before, set.version());
    }

    private static boolean hasTraffic(Changed changed, PolicyChange.SetAlias set) {
        return changed.before().primary().filter(set.alias().value()::equals).isPresent();
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
            AliasName moved = parse(alias, "serin alias set");
            try (Proposal proposal = Proposal.open(terminal, options, wanted.model())) {
                RegisteredModel model = proposal.model();
                PolicyChange.SetAlias set =
                        change(model, moved, proposal.registry().servable(model, selector));
                return proposal.make(set, form(model, set));
            }
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
            AliasName removed = parse(alias, "serin alias remove");
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
