package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code serin predict}: ask a gateway. */
@Command(
        headerHeading = "serin predict iris --example        a body that works%n"
                + "serin predict iris body.json        its answer; - reads the body from stdin%n%n",
        header = "Ask a gateway for a prediction.",
        description = "Prints the answer; which version gave it is told on stderr.")
final class PredictCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(
            index = "0",
            paramLabel = "MODEL[/VERSION]",
            description = "A model, or one of its versions or aliases.")
    private String name = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "FILE", description = "The body, JSON; - is stdin.")
    private Optional<String> file = Optional.empty();

    @Option(names = "--example", description = "Print a body that the version takes, and send nothing.")
    private boolean example;

    @Mixin
    private SettingsOptions settings = new SettingsOptions();

    @Mixin
    private ServerOption server = new ServerOption();

    PredictCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Name wanted = Name.parse(name);
        if (example) {
            terminal.result(Examples.find(wanted, settings, server.uri(terminal.shell()), terminal.shell()));
            return ExitCode.DONE.status();
        }
        byte[] body = body(file.orElseThrow(() -> new CliException(
                ExitCode.USAGE,
                "'serin predict' needs a body: a FILE, or - for stdin",
                "serin predict %s --example | serin predict %s -".formatted(wanted, wanted))));
        try (var client = new GatewayClient(server.uri(terminal.shell()))) {
            return report(client, wanted, client.post("/models/%s/predict".formatted(wanted), body));
        }
    }

    private byte[] body(String source) {
        if (source.equals("-")) {
            try {
                return terminal.shell().in().readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        Path path = terminal.shell().resolve(source);
        try {
            return Files.readAllBytes(path);
        } catch (NoSuchFileException _) {
            throw new CliException(ExitCode.NOT_FOUND, "there is no file '%s'".formatted(source), "ls");
        } catch (IOException e) {
            throw new CliException(ExitCode.FAILED, "'%s' cannot be read: %s".formatted(source, e.getMessage()), "");
        }
    }

    private int report(GatewayClient client, Name wanted, HttpResponse<byte[]> response) {
        if (response.statusCode() != 200) {
            throw Refusal.of(wanted, response);
        }
        var served = new Served(response.headers());
        String answer = new String(response.body(), StandardCharsets.UTF_8);
        if (terminal.json()) {
            terminal.result(document(served, answer));
        } else {
            terminal.result(answer.stripTrailing());
            if (!terminal.isQuiet()) {
                terminal.note(served.text(served.isCanary() ? share(client, wanted, served) : Optional.empty()));
            }
        }
        return ExitCode.DONE.status();
    }

    /** {@return what the canary gets of the requests now; empty when the gateway cannot tell, or it is another one by now} */
    private static Optional<Double> share(GatewayClient client, Name wanted, Served served) {
        try {
            return client.get("/models/" + wanted.model())
                    .map(model -> model.at("/traffic/canary"))
                    .filter(canary -> canary.path("version").asText().equals(served.version()))
                    .map(canary -> canary.path("weight").asDouble())
                    .filter(weight -> weight > 0);
        } catch (CliException _) { // the answer is there, and is what was asked for
            return Optional.empty();
        }
    }

    private static ObjectNode document(Served served, String answer) {
        try {
            JsonNode response = Json.MAPPER.readTree(answer);
            return served.document().set("response", response);
        } catch (IOException _) {
            throw new CliException(ExitCode.FAILED, "the gateway's answer is no JSON", "");
        }
    }
}
