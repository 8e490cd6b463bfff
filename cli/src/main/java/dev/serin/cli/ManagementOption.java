package dev.serin.cli;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
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
        return Addresses.of(
                urls,
                shell,
                "SERIN_MANAGEMENT",
                DEFAULT,
                "a management port",
                "serin canary watch MODEL --management " + DEFAULT);
    }
}
