package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import dev.serin.inference.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Opens bodies as JSON under limits, and says in our words why one is none. */
final class Body {
    private static final int MAX_NAME_LENGTH = 1024;
    private static final Pattern UNEXPECTED =
            Pattern.compile("Unexpected character \\((.*?) \\(code [^)]*\\)\\): (.*)", Pattern.DOTALL);
    private static final Pattern UNRECOGNIZED = Pattern.compile("Unrecognized token '(.*)': .*", Pattern.DOTALL);
    private static final Pattern CLOSES =
            Pattern.compile("Unexpected close marker '(.)': expected '(.)'.*", Pattern.DOTALL);

    private static final Map<Integer, JsonFactory> FACTORIES = new ConcurrentHashMap<>(); // by depth, as configured

    private Body() {}

    /** {@return a parser from that place of the body to its end} */
    static JsonParser open(byte[] body, int offset, int length, JsonLimits limits) throws IOException {
        return FACTORIES.computeIfAbsent(limits.maxDepth(), Body::factory).createParser(body, offset, length - offset);
    }

    private static JsonFactory factory(int maxDepth) {
        return new JsonFactoryBuilder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(maxDepth)
                        .maxNumberLength(JsonLimits.MAX_NUMBER_LENGTH)
                        .maxNameLength(MAX_NAME_LENGTH)
                        .build())
                .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS) // V2 has them; the native form refuses them itself
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .recyclerPool(JsonRecyclerPools.newConcurrentDequePool())
                .build();
    }

    /** {@return what to tell the sender of a body that cannot be read} */
    static InvalidInputException unreadable(String message) {
        return new InvalidInputException(InvalidInputException.Kind.UNREADABLE, message);
    }

    /** {@return the same for a failure to parse it} */
    static InvalidInputException unreadable(IOException failure, JsonLimits limits) {
        return switch (failure) {
            case StreamConstraintsException e ->
                unreadable(at("The body is not read", e.getLocation(), limit(e, limits)));
            case JsonEOFException e -> notJson(e.getLocation(), "it ends too early");
            case JsonProcessingException e -> notJson(e.getLocation(), explain(e.getOriginalMessage()));
            default -> throw new UncheckedIOException("Reading an array in memory", failure);
        };
    }

    /** {@return what to tell the sender of a body that breaks off being JSON at that place} */
    static InvalidInputException notJson(JsonLocation location, String why) {
        return unreadable(at("The body is not JSON", location, why));
    }

    private static String at(String what, JsonLocation location, String why) {
        return location == null
                ? "%s: %s.".formatted(what, why)
                : "%s: line %d, column %d: %s."
                        .formatted(what, Math.max(1, location.getLineNr()), Math.max(1, location.getColumnNr()), why);
    }

    private static String limit(StreamConstraintsException e, JsonLimits limits) {
        String message = e.getOriginalMessage();
        if (message.contains("nesting depth")) {
            return "it nests lists or objects more than %d deep".formatted(limits.maxDepth());
        }
        if (message.startsWith("Number")) {
            return "a number has more than %d characters".formatted(JsonLimits.MAX_NUMBER_LENGTH);
        }
        return "a name or string is too long";
    }

    private static String explain(String message) {
        Matcher unexpected = UNEXPECTED.matcher(message);
        if (unexpected.matches()) {
            return expected(unexpected.group(2)) + "found " + Texts.cut(unexpected.group(1));
        }
        Matcher unrecognized = UNRECOGNIZED.matcher(message);
        if (unrecognized.matches()) {
            return "'%s' is not a JSON value".formatted(Texts.cut(unrecognized.group(1)));
        }
        Matcher closes = CLOSES.matcher(message);
        if (closes.matches()) {
            return "'%s' must come before '%s'".formatted(closes.group(2), closes.group(1));
        }
        if (message.contains("UTF-8")) {
            return "it is not UTF-8";
        }
        return message.contains("Illegal unquoted character") || message.contains("escape")
                ? "a string contains a character that must be escaped, or is escaped wrongly"
                : "a number, string, list or object is malformed";
    }

    private static String expected(String message) {
        if (message.contains("comma to separate Array")) {
            return "a comma or ']' must follow, ";
        }
        if (message.contains("comma to separate Object")) {
            return "a comma or '}' must follow, ";
        }
        if (message.contains("field name") || message.contains("property name")) {
            return message.contains("colon")
                    ? "a colon must follow the name, "
                    : "a name in double quotes must follow, ";
        }
        return message.contains("value") ? "a value must follow, " : "";
    }
}
