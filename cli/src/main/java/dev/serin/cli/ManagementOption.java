package dev.serin.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Whose management ports a command asks. */
final class ManagementOption {
    private static final String DEFAULT = "http://127.0.0.1:9090";

    @Option(
            names = "--management",
            paramLabel = "URL",
            description = "Management port of a gateway; once for each replica. Default: SERIN_MANAGEMENT (several with"
                    + " blanks between them), else " + DEFAULT + ".")
    private List<String> urls = new ArrayList<>();

    /** {@return the addresses, without a slash at their ends} */
    List<URI> uris(Shell shell) {
        List<String> given = urls.isEmpty()
                ? Stream.of(shell.environment()
                                .getOrDefault("SERIN_MANAGEMENT", DEFAULT)
                                .strip()
                                .split("\\s+"))
                        .toList()
                : urls;
        return given.stream().map(ManagementOption::uri).toList();
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
                ExitCode.USAGE,
                "'%s' is no address of a management port".formatted(text),
                "serin canary watch MODEL --management " + DEFAULT);
    }
}
