package dev.serin.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.RegistryConfig;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code serin doctor}: what is wrong with the way to the registry. */
@Command(
        headerHeading = "serin doctor --registry s3://models/prod%n"
                + "serin doctor --registry s3://models --set registry.s3.endpoint=http://127.0.0.1:9000%n%n",
        header = "Check the way to a registry, step by step.",
        description =
                "Checks address, TLS, credentials, region, bucket, clock, list, read and conditional write, and says"
                        + " of each failure what to do. The last check writes an object under .serin/ and deletes it"
                        + " again.")
final class DoctorCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private SettingsOptions settings = new SettingsOptions();

    DoctorCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        RegistryConfig config = settings.registry(terminal.shell());
        List<Checkup.Finding> findings;
        try (OpenRegistry open = OpenRegistry.open(config, terminal.shell().clock())) {
            findings = new Checkup(config, open.registry()).run();
        }
        long failed = findings.stream().filter(Checkup.Finding::isFailure).count();
        if (terminal.json()) {
            terminal.result(document(config, findings));
        } else {
            findings.forEach(this::print);
        }
        if (failed > 0) {
            throw new CliException(
                    ExitCode.REGISTRY_UNREACHABLE,
                    "%s failed %d of %d checks".formatted(config.url(), failed, findings.size()),
                    "");
        }
        return ExitCode.DONE.status();
    }

    private void print(Checkup.Finding finding) {
        terminal.result("%-6s %-12s %s".formatted(finding.verdict().word(), finding.check(), finding.text()));
        finding.advice().forEach(line -> terminal.result("       " + " ".repeat(13) + line));
    }

    private static ObjectNode document(RegistryConfig config, List<Checkup.Finding> findings) {
        ObjectNode json = Json.object().put("registry", config.url());
        ArrayNode checks = json.putArray("checks");
        for (Checkup.Finding finding : findings) {
            ObjectNode check = checks.addObject()
                    .put("check", finding.check())
                    .put("verdict", finding.verdict().word())
                    .put("text", finding.text());
            finding.advice().forEach(check.putArray("advice")::add);
        }
        return json;
    }
}
