package dev.serin.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which gateways a command asks: one, or for {@code show} each replica. */
final class ServerOption {
    private static final String DEFAULT = "http://127.0.0.1:8080";

    @Option(
            names = "--server",
            paramLabel = "URL",
            description =
                    "Gateway to ask; 'show' takes one for each replica. Default: SERIN_SERVER (several with blanks"
                            + " between them), else " + DEFAULT + ".")
    private List<String> urls = new ArrayList<>();

    /** {@return the addresses, without a slash at their ends} */
    List<URI> uris(Shell shell) {
        List<String> given = urls.isEmpty()
                ? List.of(shell.environment()
                        .getOrDefault("SERIN_SERVER", DEFAULT)
                        .strip()
                        .split("\\s+"))
                : urls;
        return given.stream().map(ServerOption::uri).toList();
    }

    /** {@return the address of the one that is asked: the first of those that the environment names} */
    URI uri(Shell shell) {
        if (urls.size() > 1) {
            throw new CliException(
                    ExitCode.USAGE, "this asks one gateway, and --server names %d".formatted(urls.size()), "");
        }
        return uris(shell).getFirst();
    }

    private static URI uri(String text) {
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
