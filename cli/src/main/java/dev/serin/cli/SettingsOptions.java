package dev.serin.cli;

import dev.serin.gateway.RegistryConfig;
import dev.serin.gateway.config.Settings;
import dev.serin.gateway.config.Sources;
import dev.serin.gateway.config.Sources.Assignment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which registry a command works on, and how to reach it: the settings of the gateway, which it need not run for. */
final class SettingsOptions {
    @Option(
            names = "--registry",
            paramLabel = "URL",
            description =
                    "Directory of the models, or s3://bucket/prefix. Default: SERIN_REGISTRY_URL, else the samples"
                            + " of the installation.")
    private Optional<String> url = Optional.empty();

    @Option(names = "--config", paramLabel = "FILE", description = "YAML file of settings.")
    private Optional<String> config = Optional.empty();

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A setting; wins over file and environment.")
    private List<String> settings = new ArrayList<>();

    /** {@return the settings as these options and some more assignments have them} */
    Settings load(Shell shell, List<Assignment> more) {
        List<Assignment> all = new ArrayList<>();
        settings.stream().map(SettingsOptions::assignment).forEach(all::add);
        url.map(text -> new Assignment("--registry", "registry.url", text)).ifPresent(all::add);
        all.addAll(more);
        return Settings.load(
                new Sources(shell.installation(), shell.directory(), config.map(Path::of), shell.environment(), all));
    }

    /** {@return how to reach the registry} */
    RegistryConfig registry(Shell shell) {
        Settings loaded = load(shell, List.of());
        RegistryConfig registry = RegistryConfig.from(loaded);
        loaded.check();
        return registry;
    }

    /** Opens the registry; the caller closes it. */
    OpenRegistry open(Shell shell) {
        return OpenRegistry.open(registry(shell), shell.clock());
    }

    private static Assignment assignment(String argument) {
        try {
            return Assignment.parse(argument);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), "serin help serve");
        }
    }
}
