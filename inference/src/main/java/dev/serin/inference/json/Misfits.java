package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.serin.inference.DataType;
import java.io.IOException;
import java.util.regex.Pattern;

/** Says what is wrong with a single value, and what would be right. */
final class Misfits {
    private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?");
    private static final Pattern WHOLE_WITH_POINT = Pattern.compile("-?\\d+\\.0+");

    private Misfits() {}

    /**
     * {@return a sentence on the parser's current token}
     *
     * @param subject what it is about: {@code Input 'x'}
     * @param at where in the subject the value stands
     */
    static String describe(String subject, String at, JsonParser parser, JsonToken token, DataType type)
            throws IOException {
        String found = subject + " is " + given(parser, token) + at;
        if (token == JsonToken.VALUE_NULL) {
            return found + "; it may not be missing.";
        }
        String text = parser.getText();
        boolean number = token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT;
        if (number && inRightKind(token, type)) {
            return "%s; %s takes %s.".formatted(found, type, range(type));
        }
        return "%s; it takes %s.%s".formatted(found, kind(type), hint(token, text, type));
    }

    private static String given(JsonParser parser, JsonToken token) throws IOException {
        return switch (token) {
            case VALUE_STRING -> "the string \"%s\"".formatted(Texts.cut(parser.getText()));
            case START_OBJECT -> "an object";
            case START_ARRAY -> "a list";
            default -> Texts.cut(parser.getText());
        };
    }

    private static boolean inRightKind(JsonToken token, DataType type) {
        return type.isFloat()
                || (token == JsonToken.VALUE_NUMBER_INT && type != DataType.BOOL && type != DataType.BYTES);
    }

    private static String kind(DataType type) {
        return switch (type) {
            case FP16, BF16, FP32, FP64 -> "numbers";
            case BOOL -> "true or false";
            case BYTES -> "strings";
            case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 -> "whole numbers";
        };
    }

    private static String hint(JsonToken token, String text, DataType type) {
        if (token == JsonToken.VALUE_STRING) {
            boolean quoted = type == DataType.BOOL
                    ? text.equals("true") || text.equals("false")
                    : NUMBER.matcher(text).matches();
            return quoted ? " Remove the quotes." : "";
        }
        if (type == DataType.BYTES && token.isScalarValue()) {
            return " Put it into quotes.";
        }
        return WHOLE_WITH_POINT.matcher(text).matches() ? " Leave out the point." : "";
    }

    private static String range(DataType type) {
        return switch (type) {
            case INT8 -> "-128 to 127";
            case INT16 -> "-32768 to 32767";
            case INT32 -> "-2147483648 to 2147483647";
            case INT64 -> "-9223372036854775808 to 9223372036854775807";
            case UINT8 -> "0 to 255";
            case UINT16 -> "0 to 65535";
            case UINT32 -> "0 to 4294967295";
            case UINT64 -> "0 to 18446744073709551615";
            case FP16 -> "-65504 to 65504";
            case BF16 -> "-3.38953E38 to 3.38953E38";
            case FP32 -> "-3.4028235E38 to 3.4028235E38";
            case FP64 -> "-1.7976931348623157E308 to 1.7976931348623157E308";
            case BOOL, BYTES -> kind(type);
        };
    }
}
