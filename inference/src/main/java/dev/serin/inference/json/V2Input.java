package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.serin.inference.DataType;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads one object of the list {@code inputs}; its members may come in any order. Not thread-safe. Closing gives the memory
 * back, unless the tensor has taken it over.
 */
final class V2Input implements AutoCloseable {
    private static final int MAX_RANK = 64;
    private static final long NONE = -1;

    private final JsonParser parser;
    private final V2Source source;
    private final Signature signature;
    private final Faults faults;
    private final String pointer;
    private final List<Long> shape = new ArrayList<>(4);
    private Optional<String> name = Optional.empty();
    private Optional<String> dataType = Optional.empty();
    private @Nullable Elements elements; // once the name is known
    private long dataOffset = NONE; // of data that came before the name
    private long binarySize = NONE;
    private int binaryOffset;
    private PackedStrings strings = PackedStrings.of(); // read from bytes
    private boolean hasShape;
    private boolean hasData;
    private boolean hasElements; // data that is not null

    V2Input(JsonParser parser, V2Source source, Signature signature, Faults faults, String pointer) {
        this.parser = parser;
        this.source = source;
        this.signature = signature;
        this.faults = faults;
        this.pointer = pointer;
    }

    /** Reads the object that begins with the parser's current token. */
    void read() throws IOException {
        for (String member = parser.nextFieldName(); member != null; member = parser.nextFieldName()) {
            parser.nextToken();
            switch (member) {
                case "name" -> {
                    once(name.isPresent(), member);
                    name = Optional.of(text(member));
                }
                case "datatype" -> {
                    once(dataType.isPresent(), member);
                    dataType = Optional.of(text(member));
                }
                case "shape" -> shape();
                case "parameters" -> parameters();
                case "data" -> data();
                default -> parser.skipChildren();
            }
        }
        if (name.isEmpty()) {
            throw Body.unreadable("The input at %s has no name.".formatted(pointer));
        }
        if (dataOffset != NONE) {
            readDataAgain();
        }
        if (binarySize > 0) {
            if (hasElements) {
                throw Body.unreadable(
                        "%s has both 'data' and 'binary_data_size'; send one of them.".formatted(subject()));
            }
            binaryOffset =
                    source.next(subject(), binarySize); // also of an input that is not known, for the next one's sake
        }
    }

    /** {@return the input of the signature that is meant, if there is one of that name} */
    Optional<Port> port() {
        return name.flatMap(signature::input);
    }

    String name() {
        return name.orElse("");
    }

    private void parameters() throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
            parser.nextToken();
            refuseExtension(key, subject());
            if (key.equals("binary_data_size")) {
                once(binarySize != NONE, key);
                binarySize = binarySize();
            }
            parser.skipChildren();
        }
    }

    /** Refuses parameters that change how tensors are sent in ways that are not known here. */
    static void refuseExtension(String key, String subject) {
        if (key.startsWith("shared_memory_") || key.equals("classification")) {
            throw Body.unreadable("%s has the parameter '%s', which is not supported here.".formatted(subject, key));
        }
    }

    private long binarySize() throws IOException {
        boolean fits = parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                && parser.getLongValue() >= 0;
        if (!fits) {
            throw Body.unreadable("%s has binary_data_size %s; it takes the number of its bytes behind the JSON."
                    .formatted(subject(), Texts.cut(parser.getText())));
        }
        return parser.getLongValue();
    }

    /** {@return what to call it before it is known whether its name is one of the model's} */
    private String subject() {
        return name.map(known -> "Input '%s'".formatted(Texts.cut(known))).orElseGet(() -> "The input at " + pointer);
    }

    private void once(boolean given, String member) {
        if (given) {
            throw Body.unreadable("The input at %s has '%s' twice.".formatted(pointer, member));
        }
    }

    private String text(String member) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw Body.unreadable("'%s' of the input at %s is not a string.".formatted(member, pointer));
        }
        return parser.getText();
    }

    private void shape() throws IOException {
        once(hasShape, "shape");
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw Body.unreadable("'shape' of the input at %s is not a list of whole numbers.".formatted(pointer));
        }
        hasShape = true;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || shape.size() == MAX_RANK) {
                throw Body.unreadable("'shape' of the input at %s is not a list of at most %d whole numbers."
                        .formatted(pointer, MAX_RANK));
            }
            boolean fits = parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER && parser.getLongValue() >= 0;
            if (!fits) {
                throw Body.unreadable("'shape' of the input at %s has the dimension %s; dimensions are 0 to %d."
                        .formatted(pointer, Texts.cut(parser.getText()), Long.MAX_VALUE));
            }
            shape.add(parser.getLongValue());
        }
    }

    private void data() throws IOException {
        once(hasData, "data");
        hasData = true;
        if (parser.currentToken() == JsonToken.VALUE_NULL) { // as good as none
            return;
        }
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw Body.unreadable("'data' of the input at %s is not a list.".formatted(pointer));
        }
        hasElements = true;
        if (name.isPresent()) {
            elements(parser);
        } else {
            dataOffset = parser.currentTokenLocation().getByteOffset();
            if (dataOffset == NONE) { // not UTF-8
                throw Body.unreadable(
                        "The input at %s has 'data' before 'name'; put the name first.".formatted(pointer));
            }
            parser.skipChildren();
        }
    }

    private void readDataAgain() throws IOException {
        try (JsonParser again = source.parserFrom(dataOffset)) {
            again.nextToken();
            elements(again);
        }
    }

    private void elements(JsonParser from) throws IOException {
        Optional<Port> port = port();
        if (port.isEmpty()) {
            from.skipChildren();
            return;
        }
        Elements into = Elements.of(type(port.get()).dataType(), source.pool(), true);
        elements = into;
        int depth = 1;
        for (int index = 0; depth > 0; ) {
            JsonToken token = from.nextToken();
            switch (token) { // nested or flat: only the number of elements counts
                case START_ARRAY -> depth++;
                case END_ARRAY -> depth--;
                default -> {
                    element(from, into, token, port.get(), index, depth);
                    index++;
                }
            }
        }
    }

    private void element(JsonParser from, Elements into, JsonToken token, Port port, int index, int depth)
            throws IOException {
        source.budget().takeOne();
        Elements.Verdict verdict = into.take(from, token);
        if (verdict != Elements.Verdict.TAKEN) {
            faults.add(
                    pointer + "/data" + (depth == 1 ? "/" + index : ""),
                    verdict == Elements.Verdict.OUT_OF_RANGE ? "range" : "type",
                    Misfits.describe(
                            subject(port),
                            " at [%d]".formatted(index),
                            from,
                            token,
                            type(port).dataType()));
            from.skipChildren();
        }
    }

    private static TensorType type(Port port) {
        return InputReaders.tensorType(port);
    }

    private static String subject(Port port) {
        return "Input '%s'".formatted(Texts.cut(port.name()));
    }

    /** Checks datatype, shape and number of elements; what does not fit goes to the faults. */
    void check(ShapeCheck shapes) {
        Port port = port().orElseThrow();
        TensorType type = type(port);
        if (dataType.isEmpty() || !hasShape) {
            faults.add(pointer, "missing", "%s has no %s.".formatted(subject(port), hasShape ? "datatype" : "shape"));
        } else if (!dataType.get().equals(type.dataType().name())) {
            faults.add(
                    pointer + "/datatype",
                    "type",
                    "%s is sent as %s; it takes %s."
                            .formatted(subject(port), Texts.cut(dataType.get()), type.dataType()));
        } else {
            shapes.check(port, type, lengths(), Place.value(pointer + "/shape"));
            count(port);
        }
    }

    private void count(Port port) {
        long expected = product();
        Elements read = elements;
        if (expected > source.maxElements()) {
            faults.add(
                    pointer + "/shape",
                    "range",
                    "%s has shape %s, which is more than %d values, the limit."
                            .formatted(subject(port), Texts.shape(lengths()), source.maxElements()));
        } else if (binarySize > 0) {
            binary(port, type(port).dataType(), (int) expected);
        } else if (read == null && expected > 0) {
            faults.add(pointer, "missing", "%s has no data.".formatted(subject(port)));
        } else if (read != null && expected > 0 && read.count() != expected) {
            faults.add(
                    pointer + "/data",
                    "shape",
                    "%s has %d values; its shape %s has %d."
                            .formatted(subject(port), read.count(), Texts.shape(lengths()), expected));
        }
    }

    private void binary(Port port, DataType type, int expected) {
        source.budget().take(expected);
        if (type == DataType.BYTES) {
            BinaryStrings read = new BinaryStrings(source.bytes(), binaryOffset, binaryOffset + (int) binarySize);
            strings = read.read(expected);
            read.fault().ifPresent(fault -> misfit("%s %s".formatted(subject(port), fault)));
        } else if (binarySize != (long) expected * type.byteSize()) {
            misfit("%s has binary_data_size %d; its shape %s of %s takes %d bytes."
                    .formatted(
                            subject(port),
                            binarySize,
                            Texts.shape(lengths()),
                            type,
                            (long) expected * type.byteSize()));
        }
    }

    private void misfit(String text) {
        faults.add(pointer + "/parameters/binary_data_size", "shape", text);
    }

    /** {@return how many elements the shape has; more than fit when the product overflows, also that of what a 0 makes empty} */
    private long product() {
        long product = 1;
        for (long length : shape) {
            if (length > Long.MAX_VALUE / product) {
                return Long.MAX_VALUE;
            }
            product *= Math.max(1, length);
        }
        return shape.contains(0L) ? 0 : product;
    }

    /** {@return the tensor, to be asked for when there were no faults; it takes over the memory} */
    Tensor tensor() {
        if (binarySize > 0) {
            DataType type = type(port().orElseThrow()).dataType();
            return type == DataType.BYTES
                    ? Tensor.ofStrings(lengths(), strings)
                    : source.bytes().tensor(type, lengths(), binaryOffset);
        }
        Elements read = elements;
        if (read == null || (shape.contains(0L) && read.count() > 0)) { // of an empty tensor the data is not looked at
            close();
            read = Elements.of(type(port().orElseThrow()).dataType(), source.pool(), true);
        }
        return read.tensor(lengths());
    }

    private long[] lengths() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public void close() {
        if (elements != null) {
            elements.close();
        }
    }
}
