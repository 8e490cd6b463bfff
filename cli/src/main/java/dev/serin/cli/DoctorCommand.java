package dev.serin.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.cli.Findings.Finding;
import dev.serin.gateway.RegistryConfig;
import dev.serin.gateway.RegistryConfig.Source;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.s3.S3Config;
import dev.serin.registry.s3.S3Probe;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code serin doctor}: what is wrong with the way to the registry. */
@Command(
        headerHeading = "serin doctor --registry s3://models/prod%n"
                + "serin doctor --registry s3://models --set registry.s3.endpoint=http://127.0.0.1:9000%n%n",
        header = "Check the way to a registry, step by step.",
        description =
                "Checks address, TLS, clock, credentials, region, addressing, bucket, list, read and conditional write,"
                        + " one by one, and says of each failure what to do. The checks of writing write small objects"
                        + " under .serin/ and delete them again. With -o json also which conditions the store honours.")
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
        Map<Check, Finding> findings = findings(config);
        if (terminal.json()) {
            terminal.result(document(config, findings));
        } else {
            findings.forEach(this::print);
        }
        List<String> failed = findings.entrySet().stream()
                .filter(each -> each.getValue().isFailure())
                .map(each -> each.getKey().word())
                .toList();
        if (!failed.isEmpty()) {
            throw new CliException(
                    ExitCode.REGISTRY_UNREACHABLE,
                    "%s failed %d of %d checks: %s"
                            .formatted(config.url(), failed.size(), findings.size(), String.join(", ", failed)),
                    "");
        }
        return ExitCode.DONE.status();
    }

    private Map<Check, Finding> findings(RegistryConfig config) {
        InstantSource clock = terminal.shell().clock();
        return switch (config.source()) {
            case Source.Directory _ -> {
                try (OpenRegistry open = OpenRegistry.open(config, clock)) {
                    yield Checkup.ofDirectory(open.registry(), clock);
                }
            }
            case Source.Bucket(S3Config s3) -> {
                try (S3Probe probe = S3Probe.open(s3.withAttempts(S3Config.TOOL_ATTEMPTS), RegistryListener.NONE)) {
                    yield Checkup.ofBucket(s3, probe, clock);
                }
            }
        };
    }

    private void print(Check check, Finding finding) {
        terminal.result("%-6s %-22s %s".formatted(finding.verdict().word(), check.word(), finding.text()));
        finding.advice().forEach(line -> terminal.result(" ".repeat(30) + line));
    }

    private static ObjectNode document(RegistryConfig config, Map<Check, Finding> findings) {
        ObjectNode json = Json.object().put("registry", config.url());
        ArrayNode checks = json.putArray("checks");
        ObjectNode honours = json.putObject("honours");
        findings.forEach((check, finding) -> {
            ObjectNode each = checks.addObject()
                    .put("check", check.word())
                    .put("verdict", finding.verdict().word())
                    .put("text", finding.text());
            finding.advice().forEach(each.putArray("advice")::add);
            if (check.isOfHonours()) {
                honours.put(check.word(), finding.honoured().orElse(null));
            }
        });
        return json.put("row", config.source() instanceof Source.Bucket ? row(findings) : null);
    }

    /** {@return the cells of a row of the table in docs/registry.md, but for the first, the store's name} */
    private static String row(Map<Check, Finding> findings) {
        return Stream.of(
                        cell(findings, Check.PUT_IF_NONE_MATCH, Check.PUT_IF_NONE_MATCH_RACE),
                        cell(findings, Check.PUT_IF_MATCH, Check.PUT_IF_MATCH_RACE),
                        cell(findings, Check.GET_IF_NONE_MATCH),
                        cell(findings, Check.GET_IF_MATCH),
                        cell(findings, Check.GET_RANGE))
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    private static String cell(Map<Check, Finding> findings, Check alone, Check race) {
        String word = cell(findings, alone);
        return word.equals("yes") && cell(findings, race).equals("no") ? "one after another" : word;
    }

    private static String cell(Map<Check, Finding> findings, Check check) {
        return Optional.ofNullable(findings.get(check))
                .flatMap(Finding::honoured)
                .map(honoured -> honoured ? "yes" : "no")
                .orElse("?");
    }
}
