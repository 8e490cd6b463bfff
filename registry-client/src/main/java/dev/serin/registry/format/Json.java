package dev.serin.registry.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.MalformedContentException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** JSON trees under limits; a tree that is read and written keeps every number as it was spelled. */
final class Json {
    static final int MAX_BYTES = 1 << 20;

    private static final int MAX_DEPTH = 16;
    private static final int MAX_DIGITS = 100;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxNumberLength(MAX_DIGITS)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final ObjectWriter WRITER = MAPPER.writer(new DefaultPrettyPrinter(Separators.createDefaultInstance()
                    .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                    .withObjectEmptySeparator("")
                    .withArrayEmptySeparator(""))
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withArrayIndenter(new DefaultIndenter("  ", "\n")));

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /**
     * {@return the one object that the bytes hold}
     *
     * @param file how messages name it
     * @throws MalformedContentException when they hold anything else, or more than the limits allow
     */
    static ObjectNode parse(String file, byte[] content) {
        if (content.length > MAX_BYTES) {
            throw new MalformedContentException(
                    "%s has %d bytes, more than the %d allowed".formatted(file, content.length, MAX_BYTES));
        }
        try {
            JsonNode tree = MAPPER.readTree(decode(content));
            if (tree instanceof ObjectNode object) {
                return object;
            }
            throw new MalformedContentException("%s must hold a JSON object, but %s"
                    .formatted(file, tree.isMissingNode() ? "is empty" : "holds " + shown(tree)));
        } catch (CharacterCodingException e) {
            throw new MalformedContentException(file + " is not UTF-8 text", e);
        } catch (JsonProcessingException e) {
            throw new MalformedContentException("%s cannot be read as JSON: %s".formatted(file, where(e)), e);
        }
    }

    /** {@return the tree as people read it: a member a line, two spaces a level, a newline at the end} */
    static byte[] write(ObjectNode tree) {
        try {
            return (WRITER.writeValueAsString(tree) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A tree of plain JSON could not be written", e);
        }
    }

    /** {@return a value as messages show it, short and on one line} */
    static String shown(JsonNode value) {
        String text = value.toString().replaceAll("\\p{C}", "\uFFFD");
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }

    private static String decode(byte[] content) throws CharacterCodingException {
        String text = StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(content))
                .toString();
        return text.startsWith("\uFEFF") ? text.substring(1) : text; // editors on Windows put a byte order mark
    }

    private static String where(JsonProcessingException e) {
        String problem = e.getOriginalMessage().replaceAll("\\p{C}+", " ");
        return e.getLocation() == null
                ? problem
                : "line %d, column %d: %s"
                        .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr(), problem);
    }
}
