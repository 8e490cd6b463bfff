package dev.serin.cli;

import java.net.URI;
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
        return Addresses.of(urls, shell, "SERIN_SERVER", DEFAULT, "a gateway", "serin list --server " + DEFAULT);
    }

    /** {@return the address of the one that is asked: the first of those that the environment names} */
    URI uri(Shell shell) {
        if (urls.size() > 1) {
            throw new CliException(
                    ExitCode.USAGE,
                    "only 'serin show' asks several gateways, and --server was given %d times".formatted(urls.size()),
                    "");
        }
        return uris(shell).getFirst();
    }
}
