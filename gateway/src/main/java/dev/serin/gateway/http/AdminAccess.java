package dev.serin.gateway.http;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.error.Wording;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Who may ask what under {@code /admin}. To look is free, to change needs the token. Either only under a name of ours: a page
 * elsewhere, whose own name was made to lead here, is no operator, whatever his browser can reach.
 */
final class AdminAccess {
    private static final Header CHALLENGE = HeaderValues.createCached(HeaderNames.WWW_AUTHENTICATE, "Bearer");
    private static final String SCHEME = "bearer ";

    private final HttpConfig.Management config;

    AdminAccess(HttpConfig.Management config) {
        this.config = config;
    }

    /**
     * Lets a request pass that was sent to this gateway under a name it knows, and not by a page of another site.
     *
     * @throws ServingException {@code forbidden}
     */
    void requireOurName(Exchange exchange) {
        String host = exchange.headerText("Host").orElse("");
        if (!isOurs(nameOf(host), exchange.localAddress())) {
            throw new ServingException(
                    ErrorCode.FORBIDDEN,
                    "The header Host is %s, which is no name of this gateway; management.hosts lists more of them."
                            .formatted(Wording.quoted(host)));
        }
        Optional<String> origin = exchange.headerText("Origin");
        if (origin.filter(from -> !authorityOf(from).equalsIgnoreCase(host)).isPresent()) {
            throw new ServingException(
                    ErrorCode.FORBIDDEN,
                    "A page of %s asks for this; only pages of this gateway may."
                            .formatted(Wording.quoted(origin.orElseThrow())));
        }
    }

    /**
     * Lets a request pass that carries the token.
     *
     * @throws ServingException {@code forbidden} where there is none, {@code unauthenticated} where it is another one
     */
    void requireToken(Exchange exchange) {
        ManagementToken token = config.token()
                .orElseThrow(() -> new ServingException(
                        ErrorCode.FORBIDDEN,
                        "This gateway takes no changes over HTTP: no management.token-file is set."
                                + " The command line changes the registry itself."));
        Optional<String> given = exchange.headerText("Authorization")
                .filter(value -> value.toLowerCase(Locale.ROOT).startsWith(SCHEME))
                .map(value -> value.substring(SCHEME.length()).strip());
        if (given.isEmpty() || !isRight(token, given.get())) {
            exchange.header(CHALLENGE);
            throw new ServingException(
                    ErrorCode.UNAUTHENTICATED,
                    given.isPresent()
                            ? "The token is not the one in this gateway's management.token-file."
                            : "A change needs a token: Authorization: Bearer ….");
        }
    }

    private static boolean isRight(ManagementToken token, String given) {
        try {
            return token.is(given);
        } catch (IOException e) {
            throw new ServingException(
                    ErrorCode.FORBIDDEN,
                    "This gateway takes no changes over HTTP now: its management.token-file cannot be read, or holds"
                            + " no token.",
                    e);
        }
    }

    private boolean isOurs(String name, String localAddress) {
        return name.equals("localhost")
                || name.equals("::1")
                || name.matches("127(\\.[0-9]{1,3}){3}")
                || name.equals(localAddress)
                || name.equals(config.host())
                || config.hosts().contains(name);
    }

    /** {@return the host alone, small and without brackets} */
    private static String nameOf(String host) {
        String name = uri("http://" + host).getHost();
        if (name == null) {
            return ""; // which is nobody's name
        }
        return (name.startsWith("[") ? name.substring(1, name.length() - 1) : name).toLowerCase(Locale.ROOT);
    }

    private static String authorityOf(String origin) {
        return Objects.requireNonNullElse(uri(origin).getRawAuthority(), "");
    }

    private static URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException _) {
            return URI.create("invalid:syntax"); // which has neither host nor authority
        }
    }
}
