package dev.serin.gateway.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The segments of a raw path, each percent-decoded once. A path with an empty or dot segment, or one that still holds a
 * percent sign after decoding, names nothing: whoever sends it tries to mean two things at once.
 */
final class PathSegments {
    private PathSegments() {}

    /** {@return the segments; none for {@code /}; empty when the path names nothing} */
    static Optional<List<String>> parse(String rawPath) {
        if (rawPath.isEmpty() || rawPath.charAt(0) != '/') {
            return Optional.empty();
        }
        List<String> segments = new ArrayList<>(4);
        int start = 1;
        while (start < rawPath.length()) {
            int slash = rawPath.indexOf('/', start);
            int end = slash < 0 ? rawPath.length() : slash;
            Optional<String> segment = decode(rawPath.substring(start, end));
            if (segment.isEmpty() || (end == rawPath.length() - 1 && slash >= 0)) {
                return Optional.empty();
            }
            segments.add(segment.get());
            start = end + 1;
        }
        return Optional.of(segments);
    }

    private static Optional<String> decode(String raw) {
        if (raw.indexOf('%') < 0) {
            return named(raw);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char sign = raw.charAt(i);
            if (sign != '%') {
                bytes.write(sign);
                continue;
            }
            if (i + 2 >= raw.length() || hex(raw, i + 1) < 0 || hex(raw, i + 2) < 0) {
                return Optional.empty();
            }
            bytes.write(hex(raw, i + 1) << 4 | hex(raw, i + 2));
            i += 2;
        }
        return utf8(bytes.toByteArray()).flatMap(PathSegments::named);
    }

    private static int hex(String raw, int index) {
        return Character.digit(raw.charAt(index), 16);
    }

    private static Optional<String> utf8(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> named(String segment) {
        boolean refused = segment.isEmpty()
                || segment.equals(".")
                || segment.equals("..")
                || segment.indexOf('%') >= 0
                || segment.indexOf('/') >= 0;
        return refused ? Optional.empty() : Optional.of(segment);
    }
}
