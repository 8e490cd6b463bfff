package dev.serin.cli;

import dev.serin.gateway.RegistryConfig;
import dev.serin.gateway.config.Settings;
import dev.serin.gateway.config.Sources;
import dev.serin.gateway.config.Sources.Assignment;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which registry a command works on; it needs no gateway for that. */
final class RegistryOption {
    @Option(
            names = "--registry",
            paramLabel = "DIR",
            description = "Directory of the models. Default: SERIN_REGISTRY_URL, else the samples of the installation.")
    private Optional<String> url = Optional.empty();

    /** {@return the assignment that this flag stands for} */
    List<Assignment> assignments() {
        return url.map(text -> new Assignment("--registry", "registry.url", text)).stream()
                .toList();
    }

    /** Opens the registry; the caller closes it. */
    OpenRegistry open(Shell shell) {
        Settings settings = Settings.load(new Sources(
                shell.installation(), shell.directory(), Optional.empty(), shell.environment(), assignments()));
        RegistryConfig config = RegistryConfig.from(settings);
        settings.check();
        return OpenRegistry.open(config, shell.clock());
    }
}
