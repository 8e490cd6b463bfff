package dev.serin.inference.json;

import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The pieces that messages to callers are made of. */
final class Texts {
    private static final int MAX_LENGTH = 40;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private Texts() {}

    /** {@return what a caller sent, short and printable enough to be repeated} */
    static String cut(String text) {
        boolean isShort = text.codePointCount(0, text.length()) <= MAX_LENGTH;
        String head = isShort ? text : text.substring(0, text.offsetByCodePoints(0, MAX_LENGTH)) + "…";
        return CONTROL.matcher(head).replaceAll("?");
    }

    /** {@return names in a sentence: {@code a, b and c}} */
    static String list(List<String> names) {
        if (names.size() < 2) {
            return names.isEmpty() ? "nothing" : names.getFirst();
        }
        return String.join(", ", names.subList(0, names.size() - 1)) + " and " + names.getLast();
    }

    static List<String> names(List<Port> ports) {
        return ports.stream().map(port -> cut(port.name())).toList();
    }

    /** {@return a half sentence that helps after an unknown name} */
    static String instead(String given, List<String> known) {
        Optional<String> near = known.stream()
                .filter(name -> distance(given, name) <= Math.max(1, name.length() / 3))
                .min((a, b) -> Integer.compare(distance(given, a), distance(given, b)));
        return near.map(name -> "did you mean '%s'?".formatted(cut(name)))
                .orElseGet(() -> "known are %s."
                        .formatted(list(known.stream().limit(10).map(Texts::cut).toList())));
    }

    /** {@return how many letters must be changed, added or removed; too many when the lengths differ much} */
    private static int distance(String a, String b) {
        if (Math.abs(a.length() - b.length()) > MAX_LENGTH || a.length() > 4 * MAX_LENGTH) {
            return Integer.MAX_VALUE;
        }
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }

    static String shape(long[] shape) {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < shape.length; i++) {
            text.append(i == 0 ? "" : ", ").append(shape[i]);
        }
        return text.append(']').toString();
    }

    static String shape(List<Dimension> shape) {
        return shape.stream().map(Texts::dimension).collect(Collectors.joining(", ", "[", "]"));
    }

    private static String dimension(Dimension dimension) {
        return switch (dimension) {
            case Dimension.Fixed(long length) -> Long.toString(length);
            case Dimension.Symbol(String name) -> cut(name);
            case Dimension.Unknown() -> "?";
        };
    }
}
