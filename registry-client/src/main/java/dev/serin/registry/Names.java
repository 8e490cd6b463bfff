package dev.serin.registry;

import java.util.Set;
import java.util.regex.Pattern;

/** The grammars of names. They become keys, paths and URLs, so everything is refused that could mean more there. */
final class Names {
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";
    private static final int LONGEST = 63;
    private static final Pattern ALIAS = Pattern.compile("[a-z][a-z0-9-]{0,31}");

    /** Words that stand behind a model's name in URLs. */
    private static final Set<String> RESERVED = Set.of(
            "predict",
            "infer",
            "invoke",
            "example",
            "schema",
            "openapi.json",
            "versions",
            "labels",
            "ready",
            "stats",
            "config",
            "route",
            "history",
            "latest",
            "newest");

    private static final int SHOWN = 80;
    private static final int REPLACEMENT = 0xFFFD;
    private static final Set<Byte> UNPRINTABLE = Set.of(
            Character.CONTROL,
            Character.FORMAT,
            Character.SURROGATE,
            Character.LINE_SEPARATOR,
            Character.PARAGRAPH_SEPARATOR);

    private Names() {}

    static void check(String what, String value) {
        if (!isName(value)) {
            throw new IllegalArgumentException("'%s' is not a %s: it must match %s, without '..' and not ending in '.'"
                    .formatted(shown(value), what, NAME));
        }
    }

    /** By hand: every request brings one. */
    private static boolean isName(String value) {
        int length = value.length();
        if (length == 0 || length > LONGEST || !isLetterOrDigit(value.charAt(0)) || value.charAt(length - 1) == '.') {
            return false;
        }
        for (int i = 1; i < length; i++) {
            char sign = value.charAt(i);
            boolean fits =
                    isLetterOrDigit(sign) || sign == '_' || sign == '-' || (sign == '.' && value.charAt(i - 1) != '.');
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static boolean isLetterOrDigit(char sign) {
        return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') || (sign >= '0' && sign <= '9');
    }

    static void checkAlias(String value) {
        if (!ALIAS.matcher(value).matches()) {
            throw new IllegalArgumentException("'%s' is not an alias: it must match %s".formatted(shown(value), ALIAS));
        }
    }

    static void checkNotReserved(String what, String value) {
        if (RESERVED.contains(value)) {
            throw new IllegalArgumentException(
                    "'%s' cannot be %s: it is a word of Serin's own URLs".formatted(value, what));
        }
    }

    /** {@return the text as messages may show it} Short, on one line, without characters that act on a terminal. */
    static String shown(String text) {
        return text.codePoints()
                .limit(SHOWN)
                .map(c -> UNPRINTABLE.contains((byte) Character.getType(c)) ? REPLACEMENT : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .append(text.codePointCount(0, text.length()) > SHOWN ? "…" : "")
                .toString();
    }
}
