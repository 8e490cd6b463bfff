package dev.serin.inference.json;

import java.nio.charset.StandardCharsets;

/** JSON pointers (RFC 6901) as URI fragments. */
final class Pointer {
    private static final String PLAIN = "-._!$&'()*+,;=:@?"; // beside letters and digits, what a fragment may hold

    private Pointer() {}

    /** {@return the pointer to a member of what the other points to} */
    static String member(String pointer, String name) {
        StringBuilder text = new StringBuilder(pointer).append('/');
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            append(text, (char) (b & 0xFF));
        }
        return text.toString();
    }

    private static void append(StringBuilder text, char c) {
        boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '~') {
            text.append("~0");
        } else if (c == '/') {
            text.append("~1");
        } else if (letterOrDigit || PLAIN.indexOf(c) >= 0) {
            text.append(c);
        } else {
            text.append('%').append(Character.toUpperCase(Character.forDigit(c >> 4, 16)));
            text.append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
        }
    }
}
