package dev.serin.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.routing.StickyBucket;
import dev.serin.registry.CanarySchedule;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code serin route}: which version a caller gets. */
@Command(
        headerHeading = "serin route fraud --key user-1      which version answers this caller%n"
                + "serin route fraud                   who gets how much%n%n",
        header = "Which version a caller gets, and why.",
        description =
                "As the policy in the registry says: a gateway on which a canary is not ready answers by the primary.")
final class RouteCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "MODEL", description = "Whose traffic.")
    private String name = "";

    @Option(names = "--key", paramLabel = "KEY", description = "The value of the policy's sticky header.")
    private Optional<String> key = Optional.empty();

    @Mixin
    private SettingsOptions settings = new SettingsOptions();

    RouteCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** What is said. */
    private record Said(
            Optional<ModelVersion> usual,
            Optional<ModelVersion> canary,
            int canaryBelow,
            Optional<String> header,
            int bucket,
            String why) {}

    @Override
    public Integer call() {
        Name wanted = Name.parse(name);
        try (OpenRegistry open = settings.open(terminal.shell())) {
            RegisteredModel model = open.model(open.snapshot(wanted.model()), wanted.model());
            print(model, said(model));
        }
        return ExitCode.DONE.status();
    }

    private Said said(RegisteredModel model) {
        Optional<ModelVersion> usual = model.policy().primaryVersion().or(() -> newestButCanary(model));
        Optional<Canary> canary = model.policy().canary();
        if (canary.isEmpty()) {
            String why = model.policy()
                    .primary()
                    .map(primary -> "primary " + primary)
                    .orElse("no policy: the newest version");
            return new Said(usual, Optional.empty(), 0, Optional.empty(), -1, why);
        }
        int below = CanarySchedule.of(canary.get())
                .weightAt(terminal.shell().clock().millis());
        Optional<String> header = canary.get().stickyHeader();
        int bucket = header.flatMap(_ -> key)
                .filter(value -> !value.isBlank()) // as a gateway does
                .map(value -> StickyBucket.of(canary.get().id(), value))
                .orElse(-1);
        return new Said(
                usual, Optional.of(canary.get().version()), below, header, bucket, why(canary.get(), below, bucket));
    }

    private static Optional<ModelVersion> newestButCanary(RegisteredModel model) {
        Optional<ModelVersion> trial = model.policy().canary().map(Canary::version);
        return model.versions().reversed().stream()
                .filter(version -> version instanceof RegisteredVersion.Published
                        || version instanceof RegisteredVersion.HandDropped)
                .map(version -> version.id().version())
                .filter(version -> !trial.equals(Optional.of(version)))
                .findFirst()
                .or(() -> trial); // which is alone
    }

    private String why(Canary canary, int below, int bucket) {
        if (canary.aborted().isPresent()) {
            return "canary %s was pulled back".formatted(canary.version());
        }
        if (bucket >= 0) {
            return "bucket %d of %d; canary %s has those below %d"
                    .formatted(bucket, StickyBucket.BUCKETS, canary.version(), below);
        }
        return canary.stickyHeader().isEmpty()
                ? "chance decides each request: no sticky header is set"
                : "chance decides requests without " + canary.stickyHeader().get();
    }

    private void print(RegisteredModel model, Said said) {
        boolean onTrial = said.bucket() >= 0 && said.bucket() < said.canaryBelow();
        Optional<ModelVersion> answers =
                said.bucket() < 0 && said.canaryBelow() > 0 ? Optional.empty() : onTrial ? said.canary() : said.usual();
        if (terminal.json()) {
            ObjectNode document = Json.object()
                    .put("model", model.name().value())
                    .put("version", answers.map(ModelVersion::value).orElse(null))
                    .put("route", answers.isEmpty() ? null : onTrial ? "canary" : route(model))
                    .put("primary", said.usual().map(ModelVersion::value).orElse(null))
                    .put("canary", said.canary().map(ModelVersion::value).orElse(null))
                    .put("canary_weight", BigDecimal.valueOf(said.canaryBelow(), 2))
                    .put("sticky_header", said.header().orElse(null))
                    .put("bucket", said.bucket() < 0 ? null : Integer.valueOf(said.bucket()))
                    .put("why", said.why());
            terminal.result(document);
            return;
        }
        String usual = said.usual().map(ModelVersion::value).orElse("none");
        terminal.result(answers.map(version -> "%s/%s (%s) · %s"
                        .formatted(model.name(), version, onTrial ? "canary" : route(model), said.why()))
                .orElseGet(() -> "%s · canary %s %s %%, %s %s the rest · %s"
                        .formatted(
                                model.name(),
                                said.canary().map(ModelVersion::value).orElse(""),
                                percent(said.canaryBelow()),
                                route(model),
                                usual,
                                said.why())));
    }

    private static String percent(int hundredths) {
        return BigDecimal.valueOf(hundredths, 2).stripTrailingZeros().toPlainString();
    }

    private static String route(RegisteredModel model) {
        return model.policy().primary().isPresent() ? "primary" : "newest";
    }
}
