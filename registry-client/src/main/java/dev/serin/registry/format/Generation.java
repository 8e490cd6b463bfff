package dev.serin.registry.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code .serin/generation}: an id that changes with every change our tools make, and which models the latest changes
 * were of. Immutable.
 *
 * @param recent the latest changes, newest first, each with the id it made
 */
public record Generation(String id, List<Change> recent) {
    /** A generation larger than this is refused. */
    public static final int MAX_BYTES = Json.MAX_BYTES;

    /** Older changes are forgotten; who missed them has to list everything. */
    public static final int MAX_RECENT = 100;

    private static final int FORMAT = 1;

    /** One change: the id it made, and the model it was of. */
    public record Change(String id, ModelName model) {}

    public Generation {
        recent = recent.stream().limit(MAX_RECENT).toList();
    }

    /**
     * {@return the generation that the bytes hold}
     *
     * @throws MalformedContentException when they hold none
     */
    public static Generation parse(byte[] content) {
        Members members = Members.of(Layout.GENERATION, Json.parse(Layout.GENERATION, content));
        return new Generation(
                members.text("id"),
                members.objects(
                        "recent", change -> new Change(change.text("id"), change.get("model", ModelName::new))));
    }

    /** {@return the generation after the very first change} */
    public static Generation first(String id, ModelName changed) {
        return new Generation(id, List.of(new Change(id, changed)));
    }

    /** {@return the generation after one more change} */
    public Generation next(String nextId, ModelName changed) {
        return new Generation(
                nextId,
                Stream.concat(Stream.of(new Change(nextId, changed)), recent.stream())
                        .toList());
    }

    /** {@return the models that changed after the generation with this id; empty when that is not known any more} */
    public Optional<Set<ModelName>> changedSince(String knownId) {
        if (recent.stream().noneMatch(change -> change.id().equals(knownId))) {
            return Optional.empty();
        }
        return Optional.of(recent.stream()
                .takeWhile(change -> !change.id().equals(knownId))
                .map(Change::model)
                .collect(Collectors.toSet()));
    }

    /** {@return the bytes of the generation} */
    public byte[] write() {
        ObjectNode tree = Json.object();
        tree.put("format", FORMAT);
        tree.put("id", id);
        ArrayNode list = tree.putArray("recent");
        recent.forEach(change -> list.addObject()
                .put("id", change.id())
                .put("model", change.model().value()));
        return Json.write(tree);
    }
}
