package dev.serin.cli;

import dev.serin.cli.Proposal.Form;
import dev.serin.registry.ModelPolicy.Shadow;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.Wording;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code serin shadow}: let a version see the traffic without answering it. */
@Command(
        headerHeading = "serin shadow start fraud/4 --percent 20   version 4 sees a copy of every fifth request%n"
                + "serin shadow stop fraud                   no more%n%n",
        header = "Let a version see traffic without answering it.")
final class ShadowCommand {
    private ShadowCommand() {}

    static CommandLine group(Terminal terminal) {
        return new CommandLine(new ShadowCommand())
                .addSubcommand("start", new StartCommand(terminal))
                .addSubcommand("report", new ShadowReportCommand(terminal))
                .addSubcommand("stop", new StopCommand(terminal));
    }

    /** {@code serin shadow start}. */
    @Command(
            headerHeading = "serin shadow start fraud/4%n" + "serin shadow start fraud/4 --percent 20%n%n",
            header = "Copy requests to a version; its answers are compared, and nobody gets them.",
            description = "A shadow that is there already is replaced.")
    static final class StartCommand implements Callable<Integer> {
        private static final String ALL = "100";

        private final Terminal terminal;

        @Parameters(paramLabel = "MODEL/VERSION", description = "The version that shall see them.")
        private String name = "";

        @Option(
                names = "--percent",
                paramLabel = "PERCENT",
                defaultValue = ALL,
                description = "Of how many requests. Default: " + ALL + ".")
        private double percent;

        @Mixin
        private ChangeOptions options = new ChangeOptions();

        StartCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            Name wanted = Name.parse(name);
            String selector = wanted.requireSelector();
            try (Proposal proposal = Proposal.open(terminal, options, wanted.model())) {
                ModelVersion version = proposal.registry().servable(proposal.model(), selector);
                proposal.model()
                        .policy()
                        .primaryVersion()
                        .or(() -> proposal.model()
                                .newest()
                                .map(newest -> newest.id().version()))
                        .ifPresent(primary ->
                                Signatures.requireCompatible(proposal.registry(), proposal.model(), primary, version));
                return proposal.make(
                        change(version),
                        Form.quiet(
                                _ -> List.of("%s · shadow %s sees a copy of %s of the requests"
                                        .formatted(wanted.model(), version, Wording.percent(percent))),
                                "started",
                                "serin shadow stop " + wanted.model()));
            }
        }

        private PolicyChange change(ModelVersion version) {
            try {
                return new PolicyChange.StartShadow(version, percent);
            } catch (IllegalArgumentException e) {
                throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), "serin shadow start -h");
            }
        }
    }

    /** {@code serin shadow stop}. */
    @Command(
            headerHeading = "serin shadow stop fraud%n" + "serin shadow stop fraud -m \"seen enough\"%n%n",
            header = "End the shadow.")
    static final class StopCommand implements Callable<Integer> {
        private final Terminal terminal;

        @Parameters(paramLabel = "MODEL", description = "Whose shadow.")
        private String name = "";

        @Mixin
        private ChangeOptions options = new ChangeOptions();

        StopCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            Name wanted = Name.parse(name);
            try (Proposal proposal = Proposal.open(terminal, options, wanted.model())) {
                return proposal.make(
                        new PolicyChange.StopShadow(),
                        Form.quiet(
                                changed -> changed.before().shadow().stream()
                                        .map(Shadow::version)
                                        .map(version -> "%s · shadow %s sees no more requests"
                                                .formatted(wanted.model(), version))
                                        .toList(),
                                "stopped",
                                ""));
            }
        }
    }
}
