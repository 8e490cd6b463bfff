package dev.serin.registry.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.MalformedContentException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The members of one JSON object, asked for by name. What does not fit becomes a sentence that names the file, the member
 * and the value; what nobody asked for is {@link #unknown}. A member that is {@code null} counts as absent.
 */
public final class Members {
    /** Years that nobody means are no times: what computes and formats them later need not know how far they go. */
    private static final Instant EARLIEST = Instant.EPOCH;

    private static final Instant TOO_LATE = Instant.parse("9999-01-01T00:00:00Z");

    private final String file;
    private final String path;
    private final ObjectNode object;
    private final Set<String> asked = new HashSet<>();
    private final List<Members> inner = new ArrayList<>();

    private Members(String file, String path, ObjectNode object) {
        this.file = file;
        this.path = path;
        this.object = object;
    }

    static Members of(String file, ObjectNode object) {
        return new Members(file, "", object);
    }

    /**
     * {@return the members of the one object that a text holds}
     *
     * @param what how messages name it
     * @throws MalformedContentException when it holds anything else
     */
    public static Members read(String what, byte[] content) {
        return of(what, Json.parse(what, content));
    }

    /** {@return the paths of all members, here and below, that were never asked for} */
    public List<String> unknown() {
        Stream<String> here =
                object.properties().stream().map(Map.Entry::getKey).filter(name -> !asked.contains(name));
        return Stream.concat(here.map(this::pathOf), inner.stream().flatMap(members -> members.unknown().stream()))
                .toList();
    }

    /** {@return a member, whatever it is} */
    public Optional<JsonNode> find(String name) {
        asked.add(name);
        return Optional.ofNullable(object.get(name)).filter(value -> !value.isNull());
    }

    JsonNode get(String name) {
        return find(name).orElseThrow(() -> missing(name));
    }

    /** {@return a string} */
    public Optional<String> findText(String name) {
        Optional<JsonNode> value = find(name);
        value.ifPresent(text -> require(text.isTextual(), name, "must be a string", text));
        return value.map(JsonNode::textValue);
    }

    /** {@return a string that must be there} */
    public String text(String name) {
        return findText(name).orElseThrow(() -> missing(name));
    }

    /** {@return a string that has a grammar of its own, whose parser says what is wrong with it} */
    public <T> Optional<T> find(String name, Function<String, T> parser) {
        return findText(name).map(text -> parse(name, text, parser));
    }

    /** {@return the same of one that must be there} */
    public <T> T get(String name, Function<String, T> parser) {
        return find(name, parser).orElseThrow(() -> missing(name));
    }

    /** {@return the constant of that name, in small letters} */
    public <T extends Enum<T>> Optional<T> findOneOf(String name, T[] values) {
        Map<String, T> byName = new LinkedHashMap<>();
        for (T value : values) {
            byName.put(value.name().toLowerCase(Locale.ROOT), value);
        }
        return find(name).map(value -> {
            String rule = "must be \"" + String.join("\" or \"", byName.keySet()) + "\"";
            Optional<T> meant = Optional.ofNullable(byName.get(value.asText()));
            require(value.isTextual() && meant.isPresent(), name, rule, value);
            return meant.orElseThrow();
        });
    }

    /** {@return a time in UTC} */
    public Optional<Instant> findInstant(String name) {
        return find(name).map(value -> instant(name, value));
    }

    Instant instant(String name) {
        return findInstant(name).orElseThrow(() -> missing(name));
    }

    /** {@return true or false} */
    public Optional<Boolean> findBoolean(String name) {
        Optional<JsonNode> value = find(name);
        value.ifPresent(flag -> require(flag.isBoolean(), name, "must be true or false", flag));
        return value.map(JsonNode::booleanValue);
    }

    /** {@return a whole number that is not too small} */
    public OptionalInt findInt(String name, int min) {
        return find(name)
                .map(value -> OptionalInt.of((int) whole(name, value, min, Integer.MAX_VALUE)))
                .orElse(OptionalInt.empty());
    }

    int integer(String name, int min) {
        return findInt(name, min).orElseThrow(() -> missing(name));
    }

    long size(String name) {
        return find(name).map(value -> whole(name, value, 0, Long.MAX_VALUE)).orElseThrow(() -> missing(name));
    }

    /** {@return a number from 0 to {@code max}} */
    public Optional<Double> findNumber(String name, BigDecimal max) {
        return find(name).map(value -> number(name, value, max, "must be a number from 0 to " + max));
    }

    /** {@return a share of the requests: 0 to 100, with two decimals at most, which is how finely they are divided} */
    public double percent(String name) {
        return percent(name, get(name));
    }

    /** {@return a list of shares} Absent is empty. */
    public List<Double> percents(String name) {
        List<Double> results = new ArrayList<>();
        find(name).ifPresent(list -> {
            require(list.isArray(), name, "must be a list", list);
            list.forEach(share -> results.add(percent(name + "[" + results.size() + "]", share)));
        });
        return results;
    }

    private double percent(String name, JsonNode value) {
        String rule = "must be a number from 0 to 100 with at most two decimals";
        double percent = number(name, value, BigDecimal.valueOf(100), rule);
        require(value.decimalValue().stripTrailingZeros().scale() <= 2, name, rule, value);
        return percent;
    }

    Members object(String name) {
        return findObject(name).orElseThrow(() -> missing(name));
    }

    /** {@return the members of an object in this one} */
    public Optional<Members> findObject(String name) {
        return find(name).map(value -> object(name, value));
    }

    /** {@return an object whose members are nobody's business here} */
    Optional<ObjectNode> findTree(String name) {
        return find(name).map(value -> {
            require(value.isObject(), name, "must be an object", value);
            return (ObjectNode) value;
        });
    }

    /** {@return what becomes of each entry of a list of objects} Absent is empty. */
    <T> List<T> objects(String name, Function<Members, T> reader) {
        List<T> results = new ArrayList<>();
        find(name).ifPresent(list -> {
            require(list.isArray(), name, "must be a list", list);
            for (JsonNode entry : list) {
                results.add(reader.apply(object(name + "[" + results.size() + "]", entry)));
            }
        });
        return results;
    }

    /** {@return what becomes of each member of an object whose names are the user's own} Absent is empty. */
    <K, T> Map<K, T> named(String name, Function<String, K> key, BiFunction<Members, String, T> reader) {
        Optional<Members> names = findObject(name);
        Map<K, T> results = new LinkedHashMap<>();
        names.ifPresent(members -> {
            for (String each : members.names()) {
                results.put(members.parse(each, each, key), reader.apply(members, each));
            }
        });
        return results;
    }

    MalformedContentException failure(String problem) {
        return new MalformedContentException(file + ": " + problem);
    }

    /** Refuses a value unless its rule holds. */
    void require(boolean holds, String name, String rule, JsonNode value) {
        if (!holds) {
            throw failure("%s %s, got %s".formatted(pathOf(name), rule, Json.shown(value)));
        }
    }

    private List<String> names() {
        return object.properties().stream().map(Map.Entry::getKey).toList();
    }

    private Members object(String name, JsonNode value) {
        require(value.isObject(), name, "must be an object", value);
        Members members = new Members(file, pathOf(name), (ObjectNode) value);
        inner.add(members);
        return members;
    }

    private <T> T parse(String name, String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedContentException("%s: %s: %s".formatted(file, pathOf(name), e.getMessage()), e);
        }
    }

    private Instant instant(String name, JsonNode value) {
        Optional<Instant> instant = value.isTextual() ? parseInstant(value.textValue()) : Optional.empty();
        require(instant.isPresent(), name, "must be a time from 1970 to 9998 such as \"2026-11-22T10:00:00Z\"", value);
        return instant.orElseThrow();
    }

    private static Optional<Instant> parseInstant(String text) {
        try {
            return Optional.of(Instant.parse(text)).filter(time -> !time.isBefore(EARLIEST) && time.isBefore(TOO_LATE));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private long whole(String name, JsonNode value, long min, long max) {
        boolean fits = value.isIntegralNumber()
                && value.canConvertToLong()
                && value.longValue() >= min
                && value.longValue() <= max;
        require(fits, name, "must be a whole number from %d to %d".formatted(min, max), value);
        return value.longValue();
    }

    private double number(String name, JsonNode value, BigDecimal max, String rule) {
        boolean fits = value.isNumber()
                && value.decimalValue().signum() >= 0
                && value.decimalValue().compareTo(max) <= 0;
        require(fits, name, rule, value);
        return value.doubleValue();
    }

    private MalformedContentException missing(String name) {
        return failure(pathOf(name) + " is missing");
    }

    private String pathOf(String name) {
        String printable = name.replaceAll("\\p{C}", "\uFFFD");
        return path.isEmpty() ? printable : path + "." + printable;
    }
}
