package dev.serin.registry.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.Digests;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What a change makes of the members of {@code model.json}, by JSON pointer. A member is one of {@code aliases},
 * {@code traffic}, {@code retired} or {@code serving}: small enough that two changes seldom meet in one, and large enough
 * that it can be taken back as a whole. Immutable.
 *
 * @param members what is written; empty takes the member away
 * @param reads what else the decision stood on
 * @param from what it was before, for people
 * @param to what it is now
 */
record Edit(
        SortedMap<String, Optional<JsonNode>> members,
        SortedSet<String> reads,
        Optional<String> from,
        Optional<String> to) {
    /** No name within these has a {@code /} or a {@code ~}, so nothing is escaped. */
    private static final Pattern MEMBER = Pattern.compile("/(aliases|traffic|retired|serving)/[^/~]+");

    Edit {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        reads = Collections.unmodifiableSortedSet(new TreeSet<>(reads));
    }

    /** {@return an edit that does nothing so far} */
    static Edit telling(Optional<String> from, Optional<String> to) {
        return new Edit(new TreeMap<>(), new TreeSet<>(), from, to);
    }

    static boolean isMember(String pointer) {
        return MEMBER.matcher(pointer).matches();
    }

    Edit set(String pointer, JsonNode value) {
        return with(pointer, Optional.of(value));
    }

    Edit remove(String pointer) {
        return with(pointer, Optional.empty());
    }

    Edit with(String pointer, Optional<JsonNode> value) {
        SortedMap<String, Optional<JsonNode>> more = new TreeMap<>(members);
        more.put(pointer, value);
        return new Edit(more, reads, from, to);
    }

    /** {@return the same edit, whose decision stood on these members or parts too} */
    Edit reading(String... pointers) {
        SortedSet<String> more = new TreeSet<>(reads);
        Collections.addAll(more, pointers);
        return new Edit(members, more, from, to);
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    /** {@return everything that must still be as it was for the decision to hold, as it is in this tree} */
    SortedMap<String, Optional<JsonNode>> scope(ObjectNode tree) {
        SortedMap<String, Optional<JsonNode>> scope = new TreeMap<>();
        members.keySet().forEach(pointer -> scope.put(pointer, find(tree, pointer)));
        reads.forEach(pointer -> scope.put(pointer, find(tree, pointer)));
        return scope;
    }

    /** {@return the members that are written as they are in this tree, with null for those that are not there} */
    ObjectNode was(ObjectNode tree) {
        ObjectNode was = JsonNodeFactory.instance.objectNode();
        members.keySet()
                .forEach(
                        pointer -> was.set(pointer, find(tree, pointer).orElseGet(JsonNodeFactory.instance::nullNode)));
        return was;
    }

    void applyTo(ObjectNode tree) {
        members.forEach((pointer, value) -> {
            String[] names = pointer.split("/", -1);
            String parent = names[1];
            String name = names[2];
            if (value.isPresent()) {
                ObjectNode object = tree.get(parent) instanceof ObjectNode there ? there : tree.putObject(parent);
                object.set(name, value.get());
            } else if (tree.get(parent) instanceof ObjectNode object) {
                object.remove(name);
                if (object.isEmpty()) {
                    tree.remove(parent); // as it was before its first member came
                }
            }
        });
    }

    /** {@return a digest of these members as they are in this tree, whatever the order of what is in them} */
    static String digest(ObjectNode tree, Iterable<String> pointers) {
        StringBuilder text = new StringBuilder();
        for (String pointer : pointers) {
            text.append(pointer).append('=');
            find(tree, pointer).ifPresent(value -> appendSorted(text, value));
            text.append('\n');
        }
        return Digests.of(text.toString()).hex().substring(0, 16);
    }

    private static void appendSorted(StringBuilder text, JsonNode value) {
        if (value instanceof ObjectNode object) {
            SortedMap<String, JsonNode> sorted = new TreeMap<>();
            object.properties().forEach(member -> sorted.put(member.getKey(), member.getValue()));
            sorted.forEach((name, member) -> {
                text.append('{').append(name).append(':');
                appendSorted(text, member);
            });
            text.append('}');
        } else if (value.isArray()) {
            value.forEach(element -> {
                text.append('[');
                appendSorted(text, element);
            });
            text.append(']');
        } else {
            text.append(value);
        }
    }

    /** {@return a number as people write it into the file: 5 and not 5.0, 0.01 and not 1E-2} */
    static JsonNode number(double value) {
        return DecimalNode.valueOf(Wording.plain(value));
    }

    /** {@return a copy of what a pointer points at; a member that is null counts as absent} */
    static Optional<JsonNode> find(ObjectNode tree, String pointer) {
        JsonNode value = tree.at(pointer);
        return value.isMissingNode() || value.isNull() ? Optional.empty() : Optional.of(value.deepCopy());
    }
}
