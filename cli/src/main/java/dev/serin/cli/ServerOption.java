package dev.serin.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which gateway a command asks. */
final class ServerOption {
    private static final String DEFAULT = "http://127.0.0.1:8080";

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "Gateway to ask. Default: SERIN_SERVER, else " + DEFAULT + ".")
    private Optional<String> url = Optional.empty();

    /** {@return the address, without a slash at its end} */
    URI uri(Shell shell) {
        String text = url.orElse(shell.environment().getOrDefault("SERIN_SERVER", DEFAULT));
        try {
            URI uri = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (URISyntaxException _) {
            // said below
        }
        throw new CliException(
                ExitCode.USAGE, "'%s' is no address of a gateway".formatted(text), "serin list --server " + DEFAULT);
    }
}
