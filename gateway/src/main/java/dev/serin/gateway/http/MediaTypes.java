package dev.serin.gateway.http;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.error.Wording;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;
import java.util.Locale;

/** The closed list of what bodies may be. */
final class MediaTypes {
    static final Header ACCEPT_JSON = HeaderValues.createCached(HeaderNames.ACCEPT, "application/json");
    static final Header ACCEPT_IDENTITY = HeaderValues.createCached(HeaderNames.ACCEPT_ENCODING, "identity");

    private MediaTypes() {}

    /**
     * Refuses compressed bodies.
     *
     * @throws ServingException {@code unsupported-media-type}
     */
    static void requireUncompressed(Exchange exchange) {
        ServerRequestHeaders headers = exchange.headers();
        if (!headers.contains(HeaderNames.CONTENT_ENCODING)) {
            return;
        }
        String encoding = headers.get(HeaderNames.CONTENT_ENCODING).get();
        if (!encoding.strip().equalsIgnoreCase("identity")) {
            exchange.header(ACCEPT_IDENTITY);
            throw new ServingException(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Encoding " + Wording.quoted(encoding) + " is not read here; send the body uncompressed.");
        }
    }

    /**
     * Refuses what the native path does not read. A form or a stream of octets that begins like JSON is JSON: that is
     * what {@code curl -d} and careless clients send.
     *
     * @throws ServingException {@code unsupported-media-type}
     */
    static void requireJson(Exchange exchange, byte[] body) {
        ServerRequestHeaders headers = exchange.headers();
        if (!headers.contains(HeaderNames.CONTENT_TYPE)) {
            return;
        }
        String given = headers.get(HeaderNames.CONTENT_TYPE).get();
        if (!given.equals("application/json") && !isJson(given.toLowerCase(Locale.ROOT), body)) {
            exchange.header(ACCEPT_JSON);
            throw new ServingException(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    Wording.quoted(given) + " is not read here; send application/json in UTF-8.");
        }
    }

    private static boolean isJson(String given, byte[] body) {
        int semicolon = given.indexOf(';');
        String type = (semicolon < 0 ? given : given.substring(0, semicolon)).strip();
        String parameters = semicolon < 0 ? "" : given.substring(semicolon + 1).replace(" ", "");
        return switch (type) {
            case "application/json", "application/x-www-form-urlencoded" -> isUtf8(parameters);
            case "application/octet-stream" -> beginsLikeJson(body);
            default -> false;
        };
    }

    private static boolean isUtf8(String parameters) {
        int charset = parameters.indexOf("charset=");
        if (charset < 0) {
            return true;
        }
        String name = parameters.substring(charset + "charset=".length()).replace("\"", "");
        return name.startsWith("utf-8") || name.startsWith("utf8");
    }

    private static boolean beginsLikeJson(byte[] body) {
        for (byte sign : body) {
            if (sign != ' ' && sign != '\n' && sign != '\r' && sign != '\t') {
                return sign == '{' || sign == '[';
            }
        }
        return true; // an empty body: the codec says what is missing
    }
}
