package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code serin shadow report}: how a shadow's answers differ. */
@Command(
        headerHeading = "serin shadow report fraud%n" + "serin shadow report fraud -o json%n%n",
        header = "How the shadow's answers differ from those that callers got.",
        description = "Each gateway compares the copies that it makes: name one with --management.")
final class ShadowReportCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "MODEL", description = "Whose shadow.")
    private String name = "";

    @Mixin
    private ManagementOption management = new ManagementOption();

    ShadowReportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        String model = Name.parse(name).model().value();
        try (var client = new GatewayClient(management.uris(terminal.shell()).getFirst())) {
            JsonNode answer = client.get("/admin/models/" + model + "/shadow")
                    .orElseThrow(() -> new CliException(
                            ExitCode.NOT_FOUND, "the gateway knows no model '%s'".formatted(model), "serin list"));
            if (terminal.json()) {
                terminal.result(answer);
            } else {
                print(model, answer.path("shadow"));
            }
        }
        return ExitCode.DONE.status();
    }

    private void print(String model, JsonNode shadow) {
        if (!shadow.isObject()) {
            terminal.note("this gateway has made no copy for a shadow of %s so far".formatted(model));
            return;
        }
        long compared = shadow.path("compared").asLong();
        terminal.result("%s · shadow %s against %s · since %s"
                .formatted(
                        model,
                        shadow.path("version").asText(),
                        shadow.path("answered_by").asText(),
                        shadow.path("since").asText()));
        terminal.result("compared     %d · %d agree (%s) · %d failed · %d dropped"
                .formatted(
                        compared,
                        shadow.path("agreed").asLong(),
                        share(shadow.path("agreed").asLong(), compared),
                        shadow.path("failed").asLong(),
                        shadow.path("dropped").asLong()));
        terminal.result("difference   at most %s · %s of the number itself"
                .formatted(
                        number(shadow.path("max_absolute_difference").asDouble()),
                        number(shadow.path("max_relative_difference").asDouble())));
        long ranked = shadow.path("ranked").asLong();
        if (ranked > 0) {
            terminal.result("greatest     at the same place in %s of %d"
                    .formatted(share(shadow.path("same_ranks").asLong(), ranked), ranked));
        }
        terminal.result("run          p50 %s, p99 %s · shadow p50 %s, p99 %s"
                .formatted(
                        millis(shadow.at("/usual_run_seconds/p50")),
                        millis(shadow.at("/usual_run_seconds/p99")),
                        millis(shadow.at("/shadow_run_seconds/p50")),
                        millis(shadow.at("/shadow_run_seconds/p99"))));
        if (shadow.path("worst").size() > 0) {
            var table = new Table("REQUEST", "AGREES", "DIFFERENCE", "RELATIVE");
            for (JsonNode example : shadow.path("worst")) {
                table.row(
                        example.path("request_id").asText(),
                        example.path("agrees").asBoolean() ? "yes" : "no",
                        number(example.path("max_absolute_difference").asDouble()),
                        number(example.path("max_relative_difference").asDouble()));
            }
            table.print(terminal);
        }
    }

    private static String share(long part, long whole) {
        return whole == 0 ? "-" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / whole);
    }

    private static String number(double value) {
        return Optional.of(value)
                .filter(difference -> difference < Double.MAX_VALUE)
                .map(difference -> difference == 0 ? "0" : String.format(Locale.ROOT, "%.3g", difference))
                .orElse("not a number");
    }

    private static String millis(JsonNode seconds) {
        return String.format(Locale.ROOT, "%.2f ms", seconds.asDouble() * 1e3);
    }
}
