package dev.serin.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;

/** Where gateways are, as options and variables name them. */
final class Addresses {
    private Addresses() {}

    /**
     * {@return the addresses, without a slash at their ends}
     *
     * @param given by an option; when there are none, the variable has them, with blanks between them, or there is the usual one
     * @param what each is to be, for the refusal of one that is none
     */
    static List<URI> of(List<String> given, Shell shell, String variable, String usual, String what, String hint) {
        List<String> texts = given.isEmpty()
                ? List.of(shell.environment()
                        .getOrDefault(variable, usual)
                        .strip()
                        .split("\\s+"))
                : given;
        return texts.stream().map(text -> parse(text, what, hint)).toList();
    }

    private static URI parse(String text, String what, String hint) {
        try {
            URI uri = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (URISyntaxException _) {
            // said below
        }
        throw new CliException(ExitCode.USAGE, "'%s' is no address of %s".formatted(text, what), hint);
    }
}
