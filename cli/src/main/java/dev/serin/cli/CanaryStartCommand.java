package dev.serin.cli;

import dev.serin.cli.Proposal.Form;
import dev.serin.cli.Proposal.Question;
import dev.serin.registry.ModelPolicy.Aborted;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.OnSuccess;
import dev.serin.registry.ModelPolicy.Step;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.format.Durations;
import dev.serin.registry.policy.PolicyChange.Ramp;
import dev.serin.registry.policy.PolicyChange.StartCanary;
import dev.serin.registry.policy.PolicyWriter.Changed;
import dev.serin.registry.policy.Wording;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code serin canary start}: give a version a share of the traffic. */
@Command(
        headerHeading = "serin canary start fraud/4 --weight 5%n"
                + "serin canary start fraud/4 --steps 5,25,50,100 --every 10m --guard error-rate=1%%,latency=1.5x%n%n",
        header = "Give a version a share of the traffic.",
        description = "Asks only when the same version was pulled back before.")
final class CanaryStartCommand implements Callable<Integer> {
    private static final String HINT = "serin canary start -h";

    private final Terminal terminal;

    @Parameters(paramLabel = "MODEL/VERSION", description = "The version to try.")
    private String name = "";

    @Option(names = "--weight", paramLabel = "PERCENT", description = "Of the requests, until somebody changes it.")
    private Optional<Double> weight = Optional.empty();

    @Option(
            names = "--steps",
            paramLabel = "PERCENT,…",
            split = ",",
            description = "Rising shares, one after the other; with --every.")
    private List<Double> steps = new ArrayList<>();

    @Option(names = "--every", paramLabel = "DURATION", description = "How long each step takes, such as 10m.")
    private Optional<String> every = Optional.empty();

    @Option(
            names = "--sticky-header",
            paramLabel = "NAME",
            description = "Requests with the same value of this header get the same version.")
    private Optional<String> stickyHeader = Optional.empty();

    @Mixin
    private GuardOptions guard = new GuardOptions();

    @Mixin
    private ChangeOptions options = new ChangeOptions();

    CanaryStartCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Name wanted = Name.parse(name);
        String selector = wanted.requireSelector();
        try (Proposal proposal = Proposal.open(terminal, options, wanted.model())) {
            RegisteredModel model = proposal.model();
            ModelVersion version = proposal.registry().servable(model, selector);
            StartCanary start = change(model, version);
            model.policy()
                    .primaryVersion()
                    .or(start::newest)
                    .ifPresent(primary -> Signatures.requireCompatible(proposal.registry(), model, primary, version));
            return proposal.make(
                    start,
                    new Form(
                            changed -> effect(model, changed),
                            changed -> pulledBack(changed, version).map(_ -> Question.yesOrNo("start it over")),
                            "started",
                            "serin canary watch " + model.name()));
        }
    }

    private StartCanary change(RegisteredModel model, ModelVersion version) {
        try {
            return new StartCanary(
                    StartCanary.newId(),
                    version,
                    ramp(),
                    stickyHeader,
                    guard.guard(),
                    Known.newest(
                                    model,
                                    other -> !other.equals(version)
                                            && !model.policy().retired().containsKey(other))
                            .map(newest -> newest.id().version()));
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), HINT);
        }
    }

    private Ramp ramp() {
        if (weight.isPresent() == !steps.isEmpty()) {
            throw new IllegalArgumentException("say --weight 5, or --steps 5,25,50,100 --every 10m");
        }
        if (steps.isEmpty() == every.isPresent()) {
            throw new IllegalArgumentException("--steps and --every go together: --steps 5,25,50,100 --every 10m");
        }
        return weight.<Ramp>map(Ramp.Weight::new)
                .orElseGet(() -> new Ramp.Steps(steps, Durations.parsePositive(every.orElseThrow())));
    }

    private List<String> effect(RegisteredModel model, Changed changed) {
        Canary canary = changed.after().canary().orElseThrow();
        List<String> lines = new ArrayList<>();
        lines.add("%s · primary %s · canary %s: %s"
                .formatted(model.name(), PolicyText.primary(changed.after()), canary.version(), schedule(canary)));
        canary.guard().map(GuardOptions::text).ifPresent(lines::add);
        pulledBack(changed, canary.version()).ifPresent(lines::add);
        if (changed.before().primary().isEmpty()) {
            terminal.note("note: %s had no primary, so its newest version answered; %s is the primary from now on"
                    .formatted(model.name(), PolicyText.primary(changed.after())));
        }
        if (!changed.before().shadow().equals(changed.after().shadow())) {
            changed.after()
                    .shadow()
                    .ifPresent(shadow -> terminal.note(
                            "note: a shadow of %s of what the primary answers comes with it, for the guard to compare by"
                                    .formatted(Wording.percent(shadow.percent()))));
        }
        if (canary.stickyHeader().isEmpty()) {
            terminal.note("note: no sticky header is set, so a caller may change sides between requests "
                    + "(--sticky-header X-User-Id)");
        }
        return lines;
    }

    /** When each step begins if nothing holds it up, and what comes then. */
    private static String schedule(Canary canary) {
        if (canary.steps().isEmpty()) {
            return Wording.percent(canary.weight()) + " now, until you promote or abort it";
        }
        List<String> parts = new ArrayList<>();
        Instant start = canary.startedAt().orElseThrow();
        Duration since = Duration.ZERO;
        for (Step step : canary.steps()) {
            parts.add("%s %s"
                    .formatted(
                            Wording.percent(step.weight()),
                            since.isZero() ? "now" : Words.clock(start.plus(since), start)));
            since = since.plus(step.length());
        }
        boolean promotes = canary.guard()
                .filter(guard -> guard.onSuccess() == OnSuccess.PROMOTE)
                .isPresent();
        String end = Words.clock(start.plus(since), start);
        return "%s (UTC), %s"
                .formatted(String.join(", ", parts), promotes ? "then promote at " + end : "then it stays there");
    }

    private static Optional<String> pulledBack(Changed changed, ModelVersion version) {
        return changed.before()
                .canary()
                .filter(canary -> canary.version().equals(version))
                .flatMap(Canary::aborted)
                .map(aborted -> "canary %s was pulled back at %s by %s: %s"
                        .formatted(
                                version,
                                Words.time(aborted.at()),
                                aborted.by(),
                                changed.before().whyAborted().orElseGet(() -> why(aborted))));
    }

    private static String why(Aborted aborted) {
        return aborted.measured()
                .map(measured -> "%s %s, allowed %s"
                        .formatted(aborted.rule(), measured, aborted.limit().orElse(0.0)))
                .orElse(aborted.rule());
    }
}
