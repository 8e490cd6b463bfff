package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Tensor;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one V2 inference request. Not thread-safe; closing gives back what no tensor has taken over. */
final class V2Reader implements AutoCloseable {
    private static final long MAX_TIMEOUT_MICROS = 600_000_000; // ten minutes: no request may take longer

    private final JsonParser parser;
    private final Signature signature;
    private final Faults faults = new Faults();
    private final V2Source source;
    private final List<Optional<V2Input>> inputs; // in the order of the signature
    private final List<V2Input> opened = new ArrayList<>();
    private final List<V2Json.Output> outputs = new ArrayList<>();
    private Optional<String> id = Optional.empty();
    private Optional<Duration> timeout = Optional.empty();
    private boolean binary; // of outputs that are not listed
    private boolean hasInputs;

    V2Reader(JsonParser parser, V2Source source, Signature signature) {
        this.parser = parser;
        this.source = source;
        this.signature = signature;
        this.inputs = new ArrayList<>(signature.inputs().size());
        signature.inputs().forEach(_ -> inputs.add(Optional.empty()));
    }

    V2Json.Request read() throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw Body.unreadable(
                    "The body is not an object; send {\"inputs\": [{\"name\": …, \"shape\": …, \"datatype\": …,"
                            + " \"data\": …}]}.");
        }
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            switch (name) {
                case "id" -> id = id();
                case "parameters" -> parameters();
                case "inputs" -> inputs();
                case "outputs" -> outputs();
                default -> parser.skipChildren(); // clients send members of their own
            }
        }
        if (parser.nextToken() != null) {
            throw Body.notJson(parser.currentTokenLocation(), "something follows the end of the object");
        }
        return finish();
    }

    private Optional<String> id() throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return Optional.empty();
        }
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw Body.unreadable("'id' is not a string.");
        }
        return Optional.of(parser.getText());
    }

    private void parameters() throws IOException {
        if (!isObject("parameters")) {
            return;
        }
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            if (!value.isScalarValue() || value == JsonToken.VALUE_NULL) {
                throw Body.unreadable(
                        "Parameter '%s' is neither a string, a number nor true or false.".formatted(Texts.cut(name)));
            }
            if (name.equals("timeout")) {
                timeout = timeout(value);
            } else if (name.equals("binary_data_output")) {
                binary = flag(name, value, "");
            }
        }
    }

    private Optional<Duration> timeout(JsonToken value) throws IOException {
        boolean whole = value == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                && parser.getLongValue() >= 0;
        if (!whole) {
            throw Body.unreadable("Parameter 'timeout' is %s; it takes a whole number of microseconds."
                    .formatted(Texts.cut(parser.getText())));
        }
        long micros = parser.getLongValue();
        return micros == 0
                ? Optional.empty()
                : Optional.of(Duration.of(Math.min(micros, MAX_TIMEOUT_MICROS), ChronoUnit.MICROS));
    }

    private boolean flag(String parameter, JsonToken value, String of) throws IOException {
        if (value != JsonToken.VALUE_TRUE && value != JsonToken.VALUE_FALSE) {
            throw Body.unreadable("Parameter '%s'%s is %s; it takes true or false."
                    .formatted(parameter, of, Texts.cut(parser.getText())));
        }
        return value == JsonToken.VALUE_TRUE;
    }

    /** {@return false for null} */
    private boolean isObject(String member) throws IOException {
        JsonToken token = parser.currentToken();
        if (token != JsonToken.START_OBJECT && token != JsonToken.VALUE_NULL) {
            throw Body.unreadable("'%s' is not an object.".formatted(member));
        }
        return token == JsonToken.START_OBJECT;
    }

    private void inputs() throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY || hasInputs) {
            throw Body.unreadable(
                    hasInputs
                            ? "The body has 'inputs' twice."
                            : "'inputs' is not a list; send [{\"name\": …, \"shape\": …, \"datatype\": …, \"data\":"
                                    + " …}].");
        }
        hasInputs = true;
        for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
            String pointer = "#/inputs/" + i;
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw Body.unreadable("Input %d is not an object.".formatted(i));
            }
            V2Input input = new V2Input(parser, source, signature, faults, pointer);
            opened.add(input);
            input.read();
            keep(input, pointer);
        }
    }

    private void keep(V2Input input, String pointer) {
        Optional<Port> port = input.port();
        int index = port.map(signature.inputs()::indexOf).orElse(-1);
        if (port.isEmpty()) {
            faults.add(
                    pointer,
                    "unknown",
                    "Input '%s' is not known; %s"
                            .formatted(
                                    Texts.cut(input.name()), Texts.instead(input.name(), names(signature.inputs()))));
        } else if (inputs.get(index).isPresent()) {
            faults.add(pointer, "duplicate", "Input '%s' is given twice.".formatted(Texts.cut(input.name())));
        } else {
            inputs.set(index, Optional.of(input));
        }
    }

    private static List<String> names(List<Port> ports) {
        return ports.stream().map(Port::name).toList();
    }

    private void outputs() throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw Body.unreadable("'outputs' is not a list; send [{\"name\": …}].");
        }
        for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw Body.unreadable("Output %d is not an object; send {\"name\": …}.".formatted(i));
            }
            output(i);
        }
    }

    private void output(int index) throws IOException {
        Optional<String> name = Optional.empty();
        boolean asBytes = false;
        for (String member = parser.nextFieldName(); member != null; member = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            if (member.equals("name") && value == JsonToken.VALUE_STRING) {
                name = Optional.of(parser.getText());
            } else if (member.equals("parameters") && isObject("parameters")) {
                asBytes = outputParameters(index);
            } else {
                parser.skipChildren();
            }
        }
        String given = name.orElseThrow(() -> Body.unreadable("Output %d has no name.".formatted(index)));
        add(new V2Json.Output(given, asBytes), "#/outputs/" + index);
    }

    /** {@return whether the output is wanted as bytes} */
    private boolean outputParameters(int index) throws IOException {
        boolean asBytes = false;
        for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            V2Input.refuseExtension(key, "Output " + index);
            if (key.equals("binary_data")) {
                asBytes = flag(key, value, " of output " + index);
            }
            parser.skipChildren();
        }
        return asBytes;
    }

    private void add(V2Json.Output output, String pointer) {
        String name = output.name();
        if (signature.output(name).isEmpty()) {
            faults.add(
                    pointer,
                    "unknown",
                    "Output '%s' is not known; %s"
                            .formatted(Texts.cut(name), Texts.instead(name, names(signature.outputs()))));
        } else if (outputs.stream().anyMatch(other -> other.name().equals(name))) {
            faults.add(pointer, "duplicate", "Output '%s' is asked for twice.".formatted(Texts.cut(name)));
        } else {
            outputs.add(output);
        }
    }

    private V2Json.Request finish() {
        if (!hasInputs) {
            throw Body.unreadable(
                    "The body has no 'inputs'; send [{\"name\": …, \"shape\": …, \"datatype\": …, \"data\": …}].");
        }
        ShapeCheck shapes = new ShapeCheck(faults);
        for (int i = 0; i < inputs.size(); i++) {
            Port port = signature.inputs().get(i);
            inputs.get(i)
                    .ifPresentOrElse(
                            input -> input.check(shapes),
                            () -> faults.add(
                                    "#/inputs",
                                    "missing",
                                    "Input '%s' is missing; the model takes %s."
                                            .formatted(
                                                    Texts.cut(port.name()),
                                                    Texts.list(Texts.names(signature.inputs())))));
        }
        faults.throwIfAny();
        source.requireNoneLeft();
        return new V2Json.Request(id, tensors(), outputs, binary, timeout);
    }

    private List<Tensor> tensors() {
        List<Tensor> tensors = new ArrayList<>(inputs.size());
        try {
            inputs.forEach(input -> tensors.add(input.orElseThrow().tensor()));
            return List.copyOf(tensors);
        } catch (RuntimeException | Error e) { // there may be no memory for one of them
            tensors.forEach(Tensor::close);
            throw e;
        }
    }

    @Override
    public void close() {
        opened.forEach(V2Input::close);
    }
}
