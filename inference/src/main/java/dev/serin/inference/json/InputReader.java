package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.serin.inference.BufferPool;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads one input from nested lists and infers its shape from their lengths. Not thread-safe. Closing gives the memory
 * back, unless the tensor has taken it over.
 */
final class InputReader implements AutoCloseable {
    private static final int UNSET = -1;

    private final Port port;
    private final TensorType type;
    private final Elements elements;
    private final Budget budget;
    private final Faults faults;
    private final int[] counts; // by depth: values seen in the list that is open there
    private final int[] lengths; // by depth: how long the first list there was
    private Place place = Place.NOWHERE;
    private int leafDepth = UNSET; // how deep the scalars lie
    private int deepest; // how deep a list was opened
    private boolean given;
    private boolean broken; // no shape can be told any more, and that has been said

    InputReader(Port port, TensorType type, BufferPool pool, Budget budget, Faults faults) {
        this.port = port;
        this.type = type;
        this.elements = Elements.of(type.dataType(), pool, false);
        this.budget = budget;
        this.faults = faults;
        this.counts = new int[type.shape().size() + 3]; // deeper than that cannot fit
        this.lengths = new int[counts.length];
        Arrays.fill(lengths, UNSET);
    }

    Port port() {
        return port;
    }

    boolean isGiven() {
        return given;
    }

    /** Reads the value that begins with the parser's current token. */
    void readValue(JsonParser parser, String pointer) throws IOException {
        place = Place.value(pointer);
        given = true;
        read(parser, parser.currentToken(), 0, 0);
    }

    /** Reads a value whose first token, {@code [}, is behind; the list after it has begun. */
    void readOpenedValue(JsonParser parser, String pointer) throws IOException {
        place = Place.value(pointer);
        given = true;
        openList(parser, 1);
        read(parser, parser.currentToken(), 1, 0);
    }

    /** Reads rows, each a value of this input; the {@code [} in front is behind. {@return how many they were} */
    int readOpenedRows(JsonParser parser, String pointer) throws IOException {
        place = Place.rows(pointer);
        given = true;
        openList(parser, 1);
        read(parser, parser.currentToken(), 1, 0);
        return counts[1];
    }

    /** Reads this input's value in the row that comes next. */
    void readRow(JsonParser parser, String pointer) throws IOException {
        place = Place.namedRows(pointer, port.name());
        given = true;
        deepest = Math.max(deepest, 1);
        read(parser, parser.currentToken(), 1, 1);
    }

    /** {@return for how many rows a value was read} */
    int rows() {
        return counts[1];
    }

    /** Goes on as if a value had been read for that many rows, one being missing or too many. */
    void skipToRow(int count) {
        counts[1] = count;
        broken = true;
    }

    /** Says that there were no more rows. */
    void endRows(int count) {
        given = true;
        deepest = Math.max(deepest, 1);
        lengths[1] = count;
    }

    private void read(JsonParser parser, JsonToken first, int startDepth, int endDepth) throws IOException {
        int depth = startDepth;
        JsonToken token = first;
        while (true) {
            switch (token) {
                case START_ARRAY -> {
                    if (openList(parser, depth + 1)) {
                        depth++;
                    } else {
                        counts[depth]++;
                    }
                }
                case END_ARRAY -> {
                    closeList(depth);
                    depth--;
                    counts[depth]++;
                }
                default -> {
                    scalar(parser, token, depth);
                    counts[depth]++;
                }
            }
            if (depth == endDepth) {
                return;
            }
            token = parser.nextToken();
        }
    }

    /** {@return false when the list was skipped, being deeper than any that can fit} */
    private boolean openList(JsonParser parser, int depth) throws IOException {
        budget.takeOne();
        if (depth == counts.length) {
            breakOff(
                    depth - 1,
                    "shape",
                    "is a list nested more than %d deep%s; it takes %s."
                            .formatted(depth - 1, place.at(counts, depth - 1), Texts.shape(type.shape())));
            parser.skipChildren();
            return false;
        }
        if (leafDepth != UNSET && depth > leafDepth) {
            mixture(depth - 1, "a list");
        }
        deepest = Math.max(deepest, depth);
        counts[depth] = 0;
        return true;
    }

    private void closeList(int depth) {
        if (lengths[depth] == UNSET) {
            lengths[depth] = counts[depth];
        } else if (lengths[depth] != counts[depth]) {
            breakOff(
                    depth - 1,
                    "shape",
                    "is ragged: %s has %d values, %s has %d."
                            .formatted(
                                    place.list(new int[depth], depth - 1),
                                    lengths[depth],
                                    place.list(counts, depth - 1),
                                    counts[depth]));
        }
    }

    private void scalar(JsonParser parser, JsonToken token, int depth) throws IOException {
        budget.takeOne();
        Elements.Verdict verdict = elements.take(parser, token);
        if (verdict != Elements.Verdict.TAKEN) {
            misfit(parser, token, depth, verdict);
        } else if (leafDepth == UNSET && deepest <= depth) {
            leafDepth = depth;
        } else if (leafDepth != depth) {
            mixture(depth, "a single value");
        }
    }

    private void misfit(JsonParser parser, JsonToken token, int depth, Elements.Verdict verdict) throws IOException {
        if (token == JsonToken.VALUE_NUMBER_FLOAT && Words.isWord(parser.getText())) {
            throw Body.notJson(
                    parser.currentTokenLocation(),
                    "%s is not a JSON value; write null for NaN, \"Infinity\" or \"-Infinity\" in quotes"
                            .formatted(Texts.cut(parser.getText())));
        }
        faults.add(
                place.pointer(counts, depth),
                verdict == Elements.Verdict.OUT_OF_RANGE ? "range" : "type",
                Misfits.describe(place.subject(port, counts), place.at(counts, depth), parser, token, type.dataType()));
        if (token == JsonToken.START_OBJECT) {
            parser.skipChildren();
        }
    }

    private void mixture(int depth, String found) {
        breakOff(depth, "shape", "is ragged: %s is %s, others are not.".formatted(place.list(counts, depth), found));
    }

    private void breakOff(int depth, String rule, String detail) {
        if (!broken) {
            broken = true;
            faults.add(place.pointer(counts, depth), rule, "Input '%s' %s".formatted(Texts.cut(port.name()), detail));
        }
    }

    /** Checks the shape against the signature; what does not fit goes to the faults. */
    void check(ShapeCheck shapes) {
        if (!broken) {
            shapes.check(port, type, shape(), place);
        }
    }

    /** {@return the tensor, to be asked for when there were no faults; it takes over the memory} */
    Tensor tensor() {
        return elements.tensor(shape());
    }

    private long[] shape() {
        int rank = leafDepth == UNSET ? deepest : leafDepth;
        int expected = type.shape().size();
        boolean scalarRows = place.isRows()
                && rank == 1
                && expected == 2
                && isOne(type.shape().get(1));
        boolean empty = rank > 0 && lengths[rank] == 0;
        long[] shape = new long[rank < expected && (scalarRows || empty) ? expected : rank];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = i < rank ? lengths[i + 1] : filled(type.shape().get(i));
        }
        return shape;
    }

    private static boolean isOne(Dimension dimension) {
        return dimension instanceof Dimension.Fixed(long length) && length == 1;
    }

    /** {@return the length of a dimension that no value tells} */
    private static long filled(Dimension dimension) {
        return dimension instanceof Dimension.Fixed(long length) ? length : 0;
    }

    @Override
    public void close() {
        elements.close();
    }
}
