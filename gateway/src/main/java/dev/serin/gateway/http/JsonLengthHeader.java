package dev.serin.gateway.http;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.error.Wording;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;

/** {@code Inference-Header-Content-Length: 142}: how many of a body's first bytes are JSON; tensors follow. */
final class JsonLengthHeader {
    private static final HeaderName NAME = HeaderNames.create("Inference-Header-Content-Length");
    private static final int MOST_DIGITS = 10;

    private JsonLengthHeader() {}

    static boolean isIn(ServerRequestHeaders headers) {
        return headers.contains(NAME);
    }

    static Header of(int length) {
        return HeaderValues.create(NAME, length);
    }

    /**
     * {@return the length that the header tells}
     *
     * @throws ServingException {@code invalid-request} when it cannot be read, or is over the length of the body where that is
     *     told beforehand
     */
    static int read(ServerRequestHeaders headers) {
        Header given = headers.get(NAME);
        long length = given.valueCount() == 1 ? length(given.get()) : -1;
        if (length < 0 || length > Integer.MAX_VALUE) {
            throw invalid("Header Inference-Header-Content-Length is " + Wording.quoted(given.values())
                    + "; it takes the number of bytes of JSON at the beginning of the body, 0 to " + Integer.MAX_VALUE
                    + ".");
        }
        requireAtMost(headers.contentLength().orElse(length), length);
        return (int) length;
    }

    /** Refuses a header that tells of more than there is. */
    static void requireAtMost(long bodyLength, long length) {
        if (length > bodyLength) {
            throw invalid(
                    "Header Inference-Header-Content-Length is %d, but the body has %d bytes; it takes the number of bytes of JSON at the beginning of the body."
                            .formatted(length, bodyLength));
        }
    }

    private static long length(String text) {
        boolean isNumber = !text.isEmpty()
                && text.length() <= MOST_DIGITS
                && text.chars().allMatch(sign -> sign >= '0' && sign <= '9');
        return isNumber ? Long.parseLong(text) : -1;
    }

    private static ServingException invalid(String text) {
        return new ServingException(ErrorCode.INVALID_REQUEST, text);
    }
}
