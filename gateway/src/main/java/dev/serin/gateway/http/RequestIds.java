package dev.serin.gateway.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** The name of a request: the caller's own where it is harmless, else its trace's, else a new one. Not a secret. */
final class RequestIds {
    static final HeaderName X_REQUEST_ID = HeaderNames.create("X-Request-Id");
    private static final HeaderName TRACEPARENT = HeaderNames.create("traceparent");
    private static final int LONGEST = 64;
    private static final int TRACEPARENT_LENGTH = 55;
    private static final HexFormat HEX = HexFormat.of();

    private RequestIds() {}

    static String of(ServerRequestHeaders headers) {
        if (headers.contains(X_REQUEST_ID)) {
            String given = headers.get(X_REQUEST_ID).get();
            if (isHarmless(given)) {
                return given;
            }
        }
        if (headers.contains(TRACEPARENT)) {
            String trace = headers.get(TRACEPARENT).get();
            if (isTrace(trace)) {
                return trace.substring(3, 35);
            }
        }
        return HEX.toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    private static boolean isHarmless(String id) {
        if (id.isEmpty() || id.length() > LONGEST) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            char sign = id.charAt(i);
            boolean allowed = (sign >= 'a' && sign <= 'z')
                    || (sign >= 'A' && sign <= 'Z')
                    || (sign >= '0' && sign <= '9')
                    || sign == '.'
                    || sign == '_'
                    || sign == '-';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }

    /** W3C Trace Context: {@code 00-<32 hex>-<16 hex>-<2 hex>}, ids not all zero; later versions may append. */
    private static boolean isTrace(String trace) {
        return trace.length() >= TRACEPARENT_LENGTH
                && (trace.length() == TRACEPARENT_LENGTH
                        || (!trace.startsWith("00") && trace.charAt(TRACEPARENT_LENGTH) == '-'))
                && !trace.startsWith("ff")
                && trace.charAt(2) == '-'
                && trace.charAt(35) == '-'
                && trace.charAt(52) == '-'
                && isHex(trace, 0, 2)
                && isId(trace, 3, 35)
                && isId(trace, 36, 52)
                && isHex(trace, 53, 55);
    }

    private static boolean isId(String text, int from, int to) {
        if (!isHex(text, from, to)) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (text.charAt(i) != '0') {
                return true;
            }
        }
        return false;
    }

    private static boolean isHex(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char sign = text.charAt(i);
            if ((sign < '0' || sign > '9') && (sign < 'a' || sign > 'f')) {
                return false;
            }
        }
        return true;
    }
}
