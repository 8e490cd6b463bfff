package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.serin.inference.BufferPool;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.Signature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads one native body. Not thread-safe; closing gives back what no tensor has taken over. */
final class NativeReader implements AutoCloseable {
    private static final List<String> MEMBERS = List.of("inputs", "instances", "parameters", "id");
    private static final int MAX_ROWS_NAMED = 5;

    private final JsonParser parser;
    private final Faults faults = new Faults();
    private final Budget budget;
    private final InputReaders inputs;
    private Optional<NativeJson.Form> form = Optional.empty();
    private Optional<String> stranger = Optional.empty();

    NativeReader(JsonParser parser, Signature signature, BufferPool pool, JsonLimits limits) {
        this.parser = parser;
        this.budget = new Budget(limits.maxElements());
        this.inputs = new InputReaders(signature, pool, budget, faults);
    }

    /** {@return the request; empty when the body turns out to be a V2 request} */
    Optional<NativeJson.Request> read() throws IOException {
        begin();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            switch (name) {
                case "inputs" -> {
                    if (value == JsonToken.START_ARRAY && parser.nextToken() == JsonToken.START_OBJECT) {
                        return Optional.empty();
                    }
                    only(new NativeJson.Form.Columns());
                    columns(value);
                }
                case "instances" -> {
                    only(new NativeJson.Form.Rows(0));
                    form = Optional.of(new NativeJson.Form.Rows(rows(value)));
                }
                case "id", "parameters" -> parser.skipChildren();
                default -> stranger(name);
            }
        }
        end();
        return Optional.of(finish());
    }

    private void begin() throws IOException {
        JsonToken first = parser.nextToken();
        if (first == null) {
            throw Body.unreadable("The body is empty; send {\"instances\": [[…]]}.");
        }
        if (first == JsonToken.START_ARRAY) {
            throw Body.unreadable("The body is a list; put it under a name: {\"instances\": […]}.");
        }
        if (first != JsonToken.START_OBJECT) {
            throw Body.unreadable("The body is a single value; send {\"instances\": [[…]]}.");
        }
    }

    private void stranger(String name) throws IOException {
        if (stranger.isEmpty()) { // told at the end: a V2 request may have more members
            stranger = Optional.of(name);
        }
        parser.skipChildren();
    }

    private void only(NativeJson.Form given) {
        if (form.isPresent()) {
            throw Body.unreadable(
                    form.get().getClass() == given.getClass()
                            ? "The body has the same member twice: 'inputs' and 'instances' may stand there once."
                            : "The body has both 'inputs' and 'instances'; send one of them.");
        }
        form = Optional.of(given);
    }

    /** Reads what stands under {@code inputs}; the {@code [} of a list is already behind. */
    private void columns(JsonToken first) throws IOException {
        if (first == JsonToken.START_OBJECT) {
            namedColumns();
        } else if (!inputs.isSingle()) {
            throw misfit(
                    "#/inputs",
                    "The model takes %s; send an object: {\"inputs\": {\"name\": …}}.".formatted(inputs.names()));
        } else if (first == JsonToken.START_ARRAY) {
            inputs.single().readOpenedValue(parser, "#/inputs");
        } else {
            inputs.single().readValue(parser, "#/inputs");
        }
    }

    private void namedColumns() throws IOException {
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            Optional<InputReader> reader = inputs.find(name);
            if (reader.isEmpty()) {
                inputs.unknown(Pointer.member("#/inputs", name), name);
                parser.skipChildren();
            } else if (reader.get().isGiven()) {
                faults.add(
                        Pointer.member("#/inputs", name),
                        "duplicate",
                        "Input '%s' is given twice.".formatted(Texts.cut(name)));
                parser.skipChildren();
            } else {
                reader.get().readValue(parser, Pointer.member("#/inputs", name));
            }
        }
    }

    private int rows(JsonToken first) throws IOException {
        if (first != JsonToken.START_ARRAY) {
            throw Body.unreadable("'instances' is not a list; send {\"instances\": [[…]]}.");
        }
        JsonToken row = parser.nextToken();
        if (inputs.isSingle() && row != JsonToken.START_OBJECT) {
            return inputs.single().readOpenedRows(parser, "#/instances");
        }
        NamedRows rows = new NamedRows();
        while (row != JsonToken.END_ARRAY) {
            rows.read(row);
            row = parser.nextToken();
        }
        rows.end();
        return rows.count;
    }

    private void end() throws IOException {
        if (parser.nextToken() != null) {
            throw Body.notJson(parser.currentTokenLocation(), "something follows the end of the object");
        }
    }

    private NativeJson.Request finish() {
        if (stranger.isPresent()) {
            throw Body.unreadable("'%s' is not a member of a request; %s"
                    .formatted(Texts.cut(stranger.get()), Texts.instead(stranger.get(), MEMBERS)));
        }
        NativeJson.Form read = form.orElseThrow(
                () -> Body.unreadable("The body has neither 'inputs' nor 'instances'; send {\"instances\": [[…]]}."));
        return new NativeJson.Request(read, inputs.tensors());
    }

    private static InvalidInputException misfit(String pointer, String detail) {
        return new InvalidInputException(
                InvalidInputException.Kind.MISFIT,
                detail,
                List.of(new InvalidInputException.Fault(pointer, "type", detail)));
    }

    @Override
    public void close() {
        inputs.close();
    }

    /** Rows that name their inputs. */
    private final class NamedRows {
        private final List<MissingRows> missing = new ArrayList<>(); // in the order of the inputs
        private int count;

        NamedRows() {
            inputs.all().forEach(_ -> missing.add(new MissingRows()));
        }

        void read(JsonToken first) throws IOException {
            budget.takeOne();
            String pointer = "#/instances/" + count;
            if (first != JsonToken.START_OBJECT) {
                throw misfit(
                        pointer,
                        "Instance %d is not an object; the model takes %s, so each instance names them: {\"instances\": [{\"name\": …}]}."
                                .formatted(count, inputs.names()));
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                read(pointer, name);
            }
            count++;
            noteMissing();
        }

        private void read(String pointer, String name) throws IOException {
            Optional<InputReader> reader = inputs.find(name);
            if (reader.isEmpty()) {
                inputs.unknown(Pointer.member(pointer, name), name);
                parser.skipChildren();
            } else if (reader.get().rows() > count) {
                faults.add(
                        Pointer.member(pointer, name),
                        "duplicate",
                        "Input '%s' is given twice in instance %d.".formatted(Texts.cut(name), count));
                parser.skipChildren();
            } else {
                reader.get().readRow(parser, "#/instances");
            }
        }

        private void noteMissing() {
            for (int i = 0; i < missing.size(); i++) {
                InputReader reader = inputs.all().get(i);
                if (reader.rows() < count) {
                    missing.get(i).add(count - 1);
                    reader.skipToRow(count);
                }
            }
        }

        void end() {
            for (int i = 0; i < missing.size(); i++) {
                InputReader reader = inputs.all().get(i);
                reader.endRows(count);
                missing.get(i).tell(reader.port().name());
            }
        }
    }

    /** The rows from which one input is missing: the first few, and how many there are. */
    private final class MissingRows {
        private final List<Integer> first = new ArrayList<>(0);
        private int count;

        void add(int row) {
            if (first.size() < MAX_ROWS_NAMED) {
                first.add(row);
            }
            count++;
        }

        void tell(String name) {
            if (count == 0) {
                return;
            }
            int more = count - first.size();
            faults.add(
                    Pointer.member("#/instances/" + first.getFirst(), name),
                    "missing",
                    "Input '%s' is missing from instance%s %s%s."
                            .formatted(
                                    Texts.cut(name),
                                    count == 1 ? "" : "s",
                                    first.stream().map(Object::toString).collect(Collectors.joining(", ")),
                                    more == 0 ? "" : " and %d more".formatted(more)));
        }
    }
}
