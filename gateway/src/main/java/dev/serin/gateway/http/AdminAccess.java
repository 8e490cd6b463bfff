package dev.serin.gateway.http;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.error.Wording;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
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
        if (!isOurs(nameOf(host), exchange.reachedAt())) {
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

    private boolean isOurs(String name, Optional<InetAddress> reached) {
        if (name.equals("localhost")
                || name.equals(config.host())
                || config.hosts().contains(name)) {
            return true;
        }
        Optional<InetAddress> literal = literal(name);
        return literal.filter(InetAddress::isLoopbackAddress).isPresent()
                || literal.filter(address ->
                                reached.filter(own -> isSame(own, address)).isPresent())
                        .isPresent();
    }

    /** Whatever the interface of an address is called here. */
    private static boolean isSame(InetAddress own, InetAddress address) {
        return Arrays.equals(own.getAddress(), address.getAddress());
    }

    private static Optional<InetAddress> literal(String name) {
        try {
            return Optional.of(InetAddress.ofLiteral(name));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** {@return the host of {@code host:port} alone, small and without brackets; not every name of a host is one of a URI} */
    private static String nameOf(String host) {
        String small = host.toLowerCase(Locale.ROOT);
        int bracket = small.indexOf(']');
        if (small.startsWith("[") && bracket > 0) {
            return small.substring(1, bracket);
        }
        int colon = small.indexOf(':');
        return colon < 0 ? small : small.substring(0, colon);
    }

    private static String authorityOf(String origin) {
        try {
            return Objects.requireNonNullElse(new URI(origin).getRawAuthority(), "");
        } catch (URISyntaxException _) {
            return "";
        }
    }
}
