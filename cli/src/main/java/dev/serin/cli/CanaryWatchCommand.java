package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.cli.RolloutText.Stage;
import dev.serin.registry.format.Durations;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code serin canary watch}: how a canary does, until it has ended. */
@Command(
        headerHeading =
                "serin canary watch fraud                    until it ends, or you do (Ctrl-C changes nothing)%n"
                        + "serin canary watch fraud --wait             status 8 if it was pulled back%n%n",
        header = "Watch a canary.",
        description = "Draws the screen anew on a terminal; elsewhere prints it when something has changed.")
final class CanaryWatchCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "MODEL", description = "Whose canary.")
    private String name = "";

    @Option(names = "--wait", description = "End with status 8 if the canary is pulled back.")
    private boolean wait;

    @Option(names = "--once", description = "Show it once.")
    private boolean once;

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            defaultValue = "2s",
            description = "How often to look. Default: ${DEFAULT-VALUE}.")
    private String interval = "";

    @Mixin
    private ManagementOption management = new ManagementOption();

    CanaryWatchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        String model = Name.parse(name).model().value();
        List<URI> gateways = management.uris(terminal.shell());
        Duration pause = Durations.parsePositive(interval);
        String shown = "";
        int drawn = 0;
        while (true) {
            List<JsonNode> answers = ask(gateways, model);
            RolloutText text = new RolloutText(
                    model, answers, gateways.size(), terminal.shell().clock().instant());
            boolean draws = terminal.canAsk() && !terminal.json();
            if (terminal.json()) {
                print(model, answers);
            } else if (draws || !text.state().equals(shown)) {
                drawn = draw(text.lines(), draws ? drawn : 0);
                shown = text.state();
            }
            if (once || terminal.json() || text.stage() != Stage.RUNNING) {
                return status(text.stage());
            }
            pause(pause);
        }
    }

    private static void pause(Duration time) throws InterruptedException {
        var never = new CountDownLatch(1);
        if (never.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new IllegalStateException("nobody opens it");
        }
    }

    private int status(Stage stage) {
        ExitCode code = stage == Stage.GONE ? ExitCode.NOT_FOUND : ExitCode.DONE;
        return (wait && stage == Stage.ABORTED ? ExitCode.PULLED_BACK : code).status();
    }

    /** {@return how many lines were drawn} */
    private int draw(List<String> lines, int over) {
        if (over > 0) {
            terminal.shell().out().print("\u001b[" + over + "A\u001b[J"); // back to the first of them
        }
        lines.forEach(terminal::result);
        return lines.size();
    }

    private void print(String model, List<JsonNode> answers) {
        ObjectNode document = Json.object().put("model", model);
        ArrayNode gateways = document.putArray("gateways");
        answers.forEach(gateways::add);
        terminal.result(document);
    }

    /** Those that do not answer are missing; somebody has to. */
    private List<JsonNode> ask(List<URI> gateways, String model) {
        List<JsonNode> answers = new ArrayList<>();
        for (URI gateway : gateways) {
            if (gateways.size() > 1 && !GatewayClient.answers(gateway)) {
                continue;
            }
            try (var client = new GatewayClient(gateway)) {
                client.get("/admin/models/" + model + "/rollout").ifPresent(answers::add);
            }
        }
        if (answers.isEmpty()) {
            throw new CliException(
                    ExitCode.NOT_FOUND, "no gateway that answers knows a model '%s'".formatted(model), "serin list");
        }
        return answers;
    }
}
