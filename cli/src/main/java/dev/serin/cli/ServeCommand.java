package dev.serin.cli;

import dev.serin.gateway.GatewayConfig;
import dev.serin.gateway.Main;
import dev.serin.gateway.config.Machine;
import dev.serin.gateway.config.Settings;
import dev.serin.gateway.config.Sources.Assignment;
import dev.serin.gateway.http.PortUnavailableException;
import dev.serin.gateway.observe.RegistryTrouble;
import dev.serin.registry.RegistryException;
import dev.serin.registry.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code serin serve}: start a gateway. */
@Command(
        headerHeading = "serin serve                                       the sample models on port 8080%n"
                + "serin serve --registry /srv/models --port 80      yours%n%n",
        header = "Start a gateway.",
        description = "Starts a gateway; it runs until TERM or Ctrl-C. docs/configuration.md lists the keys of --set.")
final class ServeCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private SettingsOptions settings = new SettingsOptions();

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on. Default: 127.0.0.1.")
    private Optional<String> host = Optional.empty();

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port of predictions; 0 takes a free one. Default: 8080.")
    private Optional<String> port = Optional.empty();

    @Option(
            names = "--management-port",
            paramLabel = "PORT",
            description = "Port of metrics, health and administration; 0 takes a free one. Default: 9090.")
    private Optional<String> managementPort = Optional.empty();

    @Option(
            names = "--ready-file",
            paramLabel = "FILE",
            description = "Written once the gateway is ready: its ports and its process id, as JSON.")
    private Optional<String> readyFile = Optional.empty();

    ServeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Shell shell = terminal.shell();
        Settings loaded = settings.load(shell, assignments());
        var gateway = GatewayConfig.from(loaded, Machine.here());
        try {
            return Main.run(gateway, readyFile.map(shell::resolve), shell.clock());
        } catch (StoreException e) {
            String text = RegistryTrouble.of(e).text();
            throw CliException.startFailed(ExitCode.CONFIGURATION, text);
        } catch (RegistryException e) { // without a registry there is nothing to start
            throw new CliException(ExitCode.CONFIGURATION, e.getMessage(), "serin serve --registry DIR");
        } catch (PortUnavailableException e) {
            throw new CliException(ExitCode.FAILED, String.valueOf(e.getMessage()), "serin serve --port 0");
        }
    }

    private List<Assignment> assignments() {
        List<Assignment> all = new ArrayList<>();
        host.map(flag("--host", "server.host")).ifPresent(all::add);
        port.map(flag("--port", "server.port")).ifPresent(all::add);
        managementPort.map(flag("--management-port", "management.port")).ifPresent(all::add);
        return all;
    }

    private static Function<String, Assignment> flag(String flag, String key) {
        return text -> new Assignment(flag, key, text);
    }
}
