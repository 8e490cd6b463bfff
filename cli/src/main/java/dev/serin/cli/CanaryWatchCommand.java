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
import java.util.Optional;
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
    /** What is drawn more often than five times a second nobody can read. */
    private static final Duration DRAWN_AT_MOST_EVERY = Duration.ofMillis(200);

    private final Terminal terminal;

    @Parameters(paramLabel = "MODEL", description = "Whose canary.")
    private String name = "";

    @Option(names = "--wait", description = "End with status 8 if the canary is pulled back.")
    private boolean wait;

    @Option(names = "--once", description = "Show what there is, once.")
    private boolean once;

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            defaultValue = "2s",
            description = "How often to look. Default: ${DEFAULT-VALUE}.")
    private String interval = "";

    @Option(
            names = "--patience",
            hidden = true, // for those who try this command out
            paramLabel = "DURATION",
            defaultValue = "15s",
            description = "How long a canary may take to appear.")
    private String patience = "";

    @Mixin
    private ManagementOption management = new ManagementOption();

    CanaryWatchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        String model = Name.parse(name).model().value();
        if (!draws()) {
            return watch(model);
        }
        Thread farewell = Thread.ofPlatform().unstarted(() -> farewell(model));
        Runtime.getRuntime().addShutdownHook(farewell);
        try {
            return watch(model);
        } finally {
            forget(farewell);
        }
    }

    private boolean draws() {
        return terminal.canAsk() && !terminal.json();
    }

    private int watch(String model) throws InterruptedException {
        List<URI> gateways = management.uris(terminal.shell());
        long patienceNanos = Durations.parsePositive(patience).toNanos();
        boolean looksOnce = once || (terminal.json() && !wait);
        boolean draws = draws();
        Duration asked = Durations.parsePositive(interval);
        Duration pause = draws && asked.compareTo(DRAWN_AT_MOST_EVERY) < 0 ? DRAWN_AT_MOST_EVERY : asked;
        Optional<String> watched = Optional.empty();
        String shown = "";
        int drawn = 0;
        long seen = System.nanoTime(); // when it ran last
        while (true) {
            List<JsonNode> answers = ask(gateways, model);
            RolloutText text = new RolloutText(
                    model,
                    answers,
                    gateways.size(),
                    watched,
                    terminal.shell().clock().instant());
            watched = text.id();
            seen = text.stage() == Stage.RUNNING ? System.nanoTime() : seen;
            boolean ends = looksOnce || ends(text, System.nanoTime() - seen >= patienceNanos);
            if (terminal.json()) {
                if (ends) {
                    print(model, answers);
                }
            } else if (ends || text.stage() == Stage.RUNNING) {
                if (draws || !text.state().equals(shown)) {
                    drawn = draw(text.lines(), draws ? drawn : 0);
                    shown = text.state();
                }
            }
            if (ends) {
                return status(text.stage());
            }
            pause(pause);
        }
    }

    /** Gateways follow a change one after the other, so for a while none may know the canary, or it may be a former one. */
    private static boolean ends(RolloutText text, boolean impatient) {
        return switch (text.stage()) {
            case RUNNING -> false;
            case ABORTED, PROMOTED -> text.id().isPresent() || impatient;
            case GONE -> impatient;
        };
    }

    /** After Ctrl-C nobody need wonder what became of the canary. */
    private void farewell(String model) {
        terminal.note(""); // behind the sign that the terminal shows for Ctrl-C
        terminal.note("stopped watching; the canary of %s goes on".formatted(model));
    }

    private static void forget(Thread farewell) {
        try {
            Runtime.getRuntime().removeShutdownHook(farewell);
        } catch (IllegalStateException _) {
            // it is being said
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

    /** {@return how many rows of the screen were drawn} */
    private int draw(List<String> lines, int over) {
        // Where the screen is drawn again, a row that the terminal folds would be one that nobody counted.
        int columns = columns();
        List<String> rows = terminal.canAsk()
                ? lines.stream().flatMap(line -> folded(line, columns).stream()).toList()
                : lines;
        String toTheFirst = over > 0 ? "\u001b[" + over + "A\u001b[J" : "";
        terminal.result(toTheFirst + String.join("\n", rows)); // at once, or a Ctrl-C may be shown in the middle of it
        return rows.size();
    }

    /** {@return a line as rows of at most so many characters, between words where it has any} */
    private static List<String> folded(String line, int columns) {
        List<String> rows = new ArrayList<>();
        String left = line;
        while (left.codePointCount(0, left.length()) > columns) {
            int end = left.offsetByCodePoints(0, columns);
            int blank = left.lastIndexOf(' ', end);
            rows.add(left.substring(0, blank > 0 ? blank : end));
            left = left.substring(blank > 0 ? blank + 1 : end);
        }
        rows.add(left);
        return rows;
    }

    private int columns() {
        String columns = terminal.shell().environment().getOrDefault("COLUMNS", "");
        return columns.matches("[1-9][0-9]{0,3}") ? Integer.parseInt(columns) : 80;
    }

    private void print(String model, List<JsonNode> answers) {
        ObjectNode document = Json.object().put("model", model);
        ArrayNode gateways = document.putArray("gateways");
        answers.forEach(gateways::add);
        terminal.result(document);
    }

    /** Those that do not answer, or not as they should, are missing; somebody has to. */
    private static List<JsonNode> ask(List<URI> gateways, String model) {
        List<JsonNode> answers = new ArrayList<>();
        List<CliException> silent = new ArrayList<>();
        for (URI gateway : gateways) {
            if (gateways.size() > 1 && !GatewayClient.answers(gateway)) {
                silent.add(new CliException(
                        ExitCode.GATEWAY_UNREACHABLE,
                        "none of the %d gateways answers".formatted(gateways.size()),
                        "serin serve"));
                continue;
            }
            try (var client = new GatewayClient(gateway)) {
                client.get("/admin/models/" + model + "/rollout").ifPresent(answers::add);
            } catch (CliException e) {
                silent.add(e);
            }
        }
        if (silent.size() == gateways.size()) {
            throw silent.getFirst();
        }
        if (answers.isEmpty()) {
            throw new CliException(
                    ExitCode.NOT_FOUND, "no gateway that answers knows a model '%s'".formatted(model), "serin list");
        }
        return answers;
    }
}
