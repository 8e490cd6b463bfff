package dev.serin.serving;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How near an answer must come to the expected one: a number may differ by {@code absolute + relative × |expected|};
 * integers, strings, booleans and the shape must be equal.
 */
record Tolerance(double absolute, double relative) {

    /** {@return where the two differ first, as a JSON pointer, and how} */
    Optional<String> difference(JsonNode expected, JsonNode actual) {
        return difference("", expected, actual);
    }

    private Optional<String> difference(String at, JsonNode expected, JsonNode actual) {
        if (expected.isArray() && actual.isArray()) {
            return ofArrays(at, expected, actual);
        }
        if (expected.isObject() && actual.isObject()) {
            return ofObjects(at, expected, actual);
        }
        return agree(expected, actual)
                ? Optional.empty()
                : Optional.of("%s is %s, expected %s".formatted(at, cut(actual), cut(expected)));
    }

    private Optional<String> ofArrays(String at, JsonNode expected, JsonNode actual) {
        if (expected.size() != actual.size()) {
            return Optional.of("%s has %d elements, expected %d".formatted(at, actual.size(), expected.size()));
        }
        for (int i = 0; i < expected.size(); i++) {
            Optional<String> difference = difference(at + "/" + i, expected.get(i), actual.get(i));
            if (difference.isPresent()) {
                return difference;
            }
        }
        return Optional.empty();
    }

    private Optional<String> ofObjects(String at, JsonNode expected, JsonNode actual) {
        List<String> names = new ArrayList<>();
        expected.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            JsonNode other = actual.get(name);
            Optional<String> difference = other == null
                    ? Optional.of("%s/%s is missing".formatted(at, name))
                    : difference(at + "/" + name, expected.get(name), other);
            if (difference.isPresent()) {
                return difference;
            }
        }
        return expected.size() == actual.size()
                ? Optional.empty()
                : Optional.of("%s has members that were not expected".formatted(at));
    }

    private boolean agree(JsonNode expected, JsonNode actual) {
        boolean approximate = expected.isNumber()
                && actual.isNumber()
                && (expected.isFloatingPointNumber() || actual.isFloatingPointNumber());
        if (approximate) {
            double wanted = expected.asDouble();
            return Math.abs(actual.asDouble() - wanted) <= absolute + relative * Math.abs(wanted);
        }
        boolean integers = expected.isIntegralNumber() && actual.isIntegralNumber();
        return integers ? expected.bigIntegerValue().equals(actual.bigIntegerValue()) : expected.equals(actual);
    }

    private static String cut(JsonNode node) {
        String text = node.toString();
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
