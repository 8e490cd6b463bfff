package dev.serin.inference.json;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** The tokens that stand for numbers JSON cannot write; V2 has them, the native form has not. */
final class Words {
    private static final byte[] INF = "Inf".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REST = "inity".getBytes(StandardCharsets.US_ASCII);

    private Words() {}

    static boolean isWord(String token) {
        char first = token.charAt(token.startsWith("-") || token.startsWith("+") ? 1 : 0);
        return first == 'N' || first == 'I';
    }

    static double value(String word) {
        if (word.endsWith("NaN")) {
            return Double.NaN;
        }
        return word.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }

    /**
     * Spells {@code Inf} and {@code -Inf} as the parser knows them. Triton takes both spellings, the parser one; so few
     * clients send the short one that a body is read again for it rather than looked through before.
     *
     * @param body UTF-8
     * @return the body with {@code Infinity} in their places; empty when it has none
     */
    static Optional<byte[]> spelledOut(byte[] body, int length) {
        ByteArrayOutputStream spelled = new ByteArrayOutputStream(0);
        int copied = 0;
        boolean quoted = false;
        for (int i = 0; i < length; i++) {
            switch (body[i]) {
                case '"' -> quoted = !quoted;
                case '\\' -> i += quoted ? 1 : 0; // whatever is escaped is no end of the string
                case 'I' -> {
                    if (!quoted && isInf(body, i, length)) {
                        spelled.write(body, copied, i + INF.length - copied);
                        spelled.writeBytes(REST);
                        copied = i + INF.length;
                    }
                }
                default -> {}
            }
        }
        if (copied == 0) {
            return Optional.empty();
        }
        spelled.write(body, copied, length - copied);
        return Optional.of(spelled.toByteArray());
    }

    private static boolean isInf(byte[] body, int at, int length) {
        int end = at + INF.length;
        return end <= length
                && Arrays.equals(body, at, end, INF, 0, INF.length)
                && (at == 0 || !Character.isLetterOrDigit(body[at - 1]))
                && (end == length || !Character.isLetterOrDigit(body[end]));
    }
}
