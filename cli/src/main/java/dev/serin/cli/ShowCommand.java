package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.inference.Signature;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.VersionId;
import dev.serin.registry.signing.Verdict;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code serin show}: one thing, whole. */
@Command(
        headerHeading = "serin show iris                     the version that answers for iris%n"
                + "serin show iris/1 -o json           this version, for scripts%n%n",
        header = "One version, whole.",
        description = "Where it comes from, what it takes and gives, how it was loaded, how to call it.")
final class ShowCommand implements Callable<Integer> {
    private static final int LONGEST_BODY = 400;

    private final Terminal terminal;

    @Parameters(paramLabel = "MODEL[/VERSION]", description = "A model, or one of its versions or aliases.")
    private String name = "";

    @Mixin
    private SettingsOptions settings = new SettingsOptions();

    @Mixin
    private ServerOption server = new ServerOption();

    ShowCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Name wanted = Name.parse(name);
        List<URI> uris = server.uris(terminal.shell());
        try (OpenRegistry open = settings.open(terminal.shell())) {
            RegisteredModel model = open.model(open.snapshot(wanted.model()), wanted.model());
            RegisteredVersion version = open.version(model, wanted.selector());
            List<Replica> replicas = uris.stream()
                    .map(uri -> Replica.of(uri, model, version, ask(uri, version.id())))
                    .toList();
            Replica told = replicas.stream()
                    .filter(Replica::isOfThisRegistry)
                    .findFirst()
                    .orElseGet(replicas::getFirst);
            replicas.stream().flatMap(replica -> replica.differs(told).stream()).forEach(terminal::note);
            print(open, told, replicas);
        }
        return ExitCode.DONE.status();
    }

    private Optional<JsonNode> ask(URI uri, VersionId id) {
        if (!GatewayClient.answers(uri)) {
            terminal.note("note: no gateway answers at %s, so its state there is not known".formatted(uri));
            return Optional.empty();
        }
        try (var client = new GatewayClient(uri)) {
            return client.get("/models/" + id);
        } catch (CliException e) {
            terminal.note("note: " + e.text());
            return Optional.empty();
        }
    }

    /** Tells of the version what the first gateway says that knows it, and the states of all. */
    private void print(OpenRegistry open, Replica told, List<Replica> replicas) {
        Known known = told.known();
        Optional<JsonNode> gateway = told.isOfThisRegistry() ? told.answer() : Optional.empty();
        Optional<Signature> signature = gateway.flatMap(Signatures::of).or(() -> Signatures.of(open, known.version()));
        Optional<Verdict> signed = open.signature(known.version().id());
        if (terminal.json()) {
            terminal.result(Documents.version(known, signature, signed, gateway, replicas));
        } else {
            String tryLine = Examples.of(open, known.version())
                    .map(body -> curl(told.uri(), known.version().id(), body))
                    .orElse("");
            new VersionText(known, replicas.stream().map(Replica::known).toList(), signed, gateway)
                    .lines(terminal, signature, tryLine)
                    .forEach(terminal::result);
        }
    }

    private static String curl(URI uri, VersionId id, String body) {
        String url = "%s/models/%s/predict".formatted(uri, id);
        return body.length() > LONGEST_BODY
                ? "serin predict %s --example | curl %s -d @-".formatted(id, url)
                : "curl %s -d '%s'".formatted(url, body.replace("'", "'\\''"));
    }
}
