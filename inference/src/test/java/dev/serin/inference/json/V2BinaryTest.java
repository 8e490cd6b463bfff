package dev.serin.inference.json;

import static dev.serin.inference.json.Signatures.IRIS;
import static dev.serin.inference.json.Signatures.port;
import static dev.serin.inference.json.V2Divided.bytes;
import static dev.serin.inference.json.V2Divided.floats;
import static dev.serin.inference.json.V2Divided.join;
import static dev.serin.inference.json.V2Divided.length;
import static dev.serin.inference.json.V2Divided.longs;
import static dev.serin.inference.json.V2Divided.strings;
import static dev.serin.inference.json.V2Divided.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.InvalidInputException.Kind;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Type.MapType;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Tensor;
import dev.serin.inference.TensorBytes;
import dev.serin.inference.Value;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers are those of the list of conformance cases that clients of Triton and KServe were held to. */
class V2BinaryTest {
    private static final Signature ADD = new Signature(
            List.of(port("a", DataType.FP32, "batch", 2), port("b", DataType.FP32, "batch", 2)),
            List.of(port("sum", DataType.FP32, "batch", 2)));
    private static final Signature TWO = new Signature(
            List.of(port("x", DataType.FP32, -1)),
            List.of(port("p", DataType.FP32, -1), port("q", DataType.INT64, -1)));
    private static final Signature TEXTS = id(DataType.BYTES);
    private static final String X =
            "{'name': 'x', 'shape': [1, 4], 'datatype': 'FP32', 'parameters': {'binary_data_size': 16}}";

    private final BufferPool pool = new BufferPool();

    @AfterEach
    void everyBufferIsBack() {
        assertThat(pool.lent()).isZero();
    }

    private static Signature id(DataType type) {
        return new Signature(List.of(port("x", type, -1)), List.of(port("y", type, -1)));
    }

    private static String input(String name, String shape, DataType type, long size) {
        return "{'name': '%s', 'shape': %s, 'datatype': '%s', 'parameters': {'binary_data_size': %d}}"
                .formatted(name, shape, type, size);
    }

    private V2Json.Request read(Signature signature, String json, byte[]... blobs) {
        return V2Divided.read(signature, pool, json, blobs);
    }

    private InvalidInputException failure(Signature signature, String json, byte[]... blobs) {
        return catchThrowableOfType(InvalidInputException.class, () -> read(signature, json, blobs));
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    private static void close(V2Json.Request request) {
        request.inputs().forEach(Tensor::close);
    }

    @Test
    void case41InputsAsBytesAreAnsweredAsBytes() {
        V2Json.Request request = read(
                ADD,
                "{'id': '7', 'parameters': {'binary_data_output': true}, 'inputs': [%s, %s]}"
                        .formatted(input("a", "[1, 2]", DataType.FP32, 8), input("b", "[1, 2]", DataType.FP32, 8)),
                floats(1, 2),
                floats(10, 20));

        assertThat(bytes(request.inputs().getFirst())).isEqualTo(floats(1, 2));
        assertThat(bytes(request.inputs().getLast())).isEqualTo(floats(10, 20));
        V2Divided.Reply reply = write(request, ADD, request.inputs().getLast());
        assertThat(reply.json())
                .isEqualTo(json("{'model_name':'m','model_version':'1','id':'7','outputs':[{'name':'sum','datatype':"
                        + "'FP32','shape':[1,2],'parameters':{'binary_data_size':8}}]}"));
        assertThat(reply.bytes()).isEqualTo(floats(10, 20));
        close(request);
    }

    @Test
    void bytesAreThoseOfTheInputsInTheirOrderWhateverThatOfTheModelIsAndJsonHasNone() {
        Signature three = new Signature(
                List.of(port("a", DataType.INT64, -1), port("b", DataType.FP32, -1), port("c", DataType.FP32, -1)),
                List.of());

        V2Json.Request request = read(
                three,
                "{'inputs': [%s, {'name': 'b', 'shape': [1], 'datatype': 'FP32', 'data': [5]}, %s]}"
                        .formatted(input("c", "[1]", DataType.FP32, 4), input("a", "[2]", DataType.INT64, 16)),
                floats(7),
                longs(8, 9));

        assertThat(bytes(request.inputs().get(0)))
                .as("copied, since it lies askew")
                .isEqualTo(longs(8, 9));
        assertThat(bytes(request.inputs().get(1))).isEqualTo(floats(5));
        assertThat(bytes(request.inputs().get(2))).isEqualTo(floats(7));
        close(request);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'name': 'p', 'parameters': {'binary_data': true}}, {'name': 'q', 'parameters': {'binary_data':"
                        + " false}} | p",
                "{'name': 'q', 'parameters': {'binary_data': true}}, {'name': 'p', 'parameters': {'binary_data':"
                        + " true}} | qp",
                "{'name': 'q', 'parameters': {'binary_data': true}} | q"
            })
    void case43EachOutputComesAsItIsAskedFor(String outputs, String asBytes) {
        V2Json.Request request = read(
                TWO,
                "{'outputs': [%s], 'inputs': [%s]}".formatted(outputs, input("x", "[1]", DataType.FP32, 4)),
                floats(1));
        V2Divided.Reply reply = write(
                request,
                TWO,
                request.inputs().getFirst(),
                Tensor.of(
                        DataType.INT64,
                        new long[] {1},
                        ByteBuffer.wrap(longs(3)).order(ByteOrder.nativeOrder())));

        String p = json("{'name':'p','datatype':'FP32','shape':[1],'parameters':{'binary_data_size':4}}");
        String q = json("{'name':'q','datatype':'INT64','shape':[1],'parameters':{'binary_data_size':8}}");
        switch (asBytes) {
            case "p" -> {
                assertThat(reply.json())
                        .endsWith("[" + p + json(",{'name':'q','datatype':'INT64','shape':[1],'data':[3]}]}"));
                assertThat(reply.bytes()).isEqualTo(floats(1));
            }
            case "qp" -> {
                assertThat(reply.json()).endsWith("[" + q + "," + p + "]}");
                assertThat(reply.bytes()).isEqualTo(join(longs(3), floats(1)));
            }
            default -> {
                assertThat(reply.json()).endsWith("[" + q + "]}");
                assertThat(reply.bytes()).isEqualTo(longs(3));
            }
        }
        close(request);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ", 'parameters': {}", ", 'parameters': {'binary_data': false}", ", 'parameters': null"})
    void case44AnOutputThatIsListedIsJsonUnlessItSaysOtherwise(String parameters) {
        V2Json.Request request = read(
                TWO,
                "{'parameters': {'binary_data_output': true}, 'outputs': [{'name': 'p'%s}], 'inputs': [%s]}"
                        .formatted(parameters, input("x", "[1]", DataType.FP32, 4)),
                floats(1));
        V2Divided.Reply reply =
                write(request, TWO, request.inputs().getFirst(), Tensor.ofStrings(new long[] {0}, PackedStrings.of()));

        assertThat(reply.json()).endsWith(json("{'name':'p','datatype':'FP32','shape':[1],'data':[1.0]}]}"));
        assertThat(reply.bytes()).isEmpty();
        close(request);
    }

    @Test
    void anAnswerWithoutAByteIsJson() {
        V2Json.Request request = read(
                id(DataType.FP32),
                "{'parameters': {'binary_data_output': true}, 'inputs': [%s]}"
                        .formatted(input("x", "[0]", DataType.FP32, 0)));
        V2Divided.Reply reply =
                write(request, id(DataType.FP32), request.inputs().getFirst());

        assertThat(reply.json()).endsWith(json("{'name':'y','datatype':'FP32','shape':[0],'data':[]}]}"));
        assertThat(reply.bytes()).isEmpty();
        close(request);
    }

    @Test
    void outputsOfOtherFormsAreBytesToo() {
        Signature maps = new Signature(
                List.of(),
                List.of(
                        new Signature.Port("p", new SequenceType(new MapType(DataType.INT64, DataType.FP32))),
                        new Signature.Port("s", new MapType(DataType.INT64, DataType.BYTES)),
                        new Signature.Port("n", new MapType(DataType.BYTES, DataType.INT64)),
                        new Signature.Port("d", new MapType(DataType.BYTES, DataType.FP64)),
                        port("t", DataType.BYTES, -1)));
        V2Divided.Reply reply = write(
                new V2Json.Request(Optional.empty(), List.of(), List.of(), true, Optional.empty()),
                maps,
                new Value.Sequence(List.of(
                        new Value.Mapping(DataType.INT64, DataType.FP32, new TreeMap<>(Map.of(0L, 0.5f, 1L, 2f))))),
                new Value.Mapping(DataType.INT64, DataType.BYTES, new TreeMap<>(Map.of(0L, "ä"))),
                new Value.Mapping(DataType.BYTES, DataType.INT64, new TreeMap<>(Map.of("a", 7L))),
                new Value.Mapping(DataType.BYTES, DataType.FP64, new TreeMap<>(Map.of("a", 1.5))),
                Tensor.ofStrings(new long[] {2}, PackedStrings.of("", "bc")));

        assertThat(reply.json())
                .contains(
                        json("'FP32','shape':[1,2],'parameters':{'binary_data_size':8}"),
                        json("'BYTES','shape':[1],'parameters':{'binary_data_size':6}"),
                        json("'BYTES','shape':[2],'parameters':{'binary_data_size':10}"));
        assertThat(reply.bytes())
                .isEqualTo(join(
                        floats(0.5f, 2),
                        strings("ä"),
                        longs(7),
                        longs(Double.doubleToLongBits(1.5)),
                        strings("", "bc")));
    }

    static Stream<Arguments> raw() {
        return Stream.of(
                arguments(id(DataType.FP32), floats(1, 2, 3, 4), new long[] {4}),
                arguments(id(DataType.FP32), new byte[0], new long[] {0}),
                arguments(IRIS, floats(1, 2, 3, 4, 5, 6, 7, 8), new long[] {2, 4}),
                arguments(Signatures.of(port("x", DataType.INT64)), longs(7), new long[] {}),
                arguments(Signatures.of(port("x", DataType.INT64, 2, 1)), longs(7, 8), new long[] {2, 1}),
                arguments(Signatures.of(port("x", DataType.INT64, "n", 0)), new byte[0], new long[] {0, 0}));
    }

    @ParameterizedTest
    @MethodSource("raw")
    void case46BytesAloneAreTheOneInputWhoseShapeFollows(Signature signature, byte[] body, long[] shape) {
        V2Json.Request request = read(signature, "", body);

        assertThat(request.inputs().getFirst().shape()).containsExactly(shape);
        assertThat(bytes(request.inputs().getFirst())).isEqualTo(body);
        assertThat(request.wantsBytes()).isTrue();
        close(request);
    }

    @Test
    void bytesAloneAreOneStringWithoutItsLength() {
        V2Json.Request request =
                read(Signatures.of(port("x", DataType.BYTES, "n", 1)), "", "grün".getBytes(StandardCharsets.UTF_8));

        assertThat(request.inputs().getFirst().shape()).containsExactly(1, 1);
        assertThat(request.inputs().getFirst().strings()).containsExactly("grün");
    }

    static Stream<Arguments> notRaw() {
        return Stream.of(
                arguments(
                        ADD,
                        floats(1, 2),
                        "that goes with one input, and the model takes a and b. Send JSON that says how the bytes are"),
                arguments(
                        Signatures.of(port("x", DataType.FP32, "batch", -1)),
                        floats(1),
                        "Input 'x' takes [batch, ?], of which 2 dimensions may have any length; bytes alone tell one."),
                arguments(
                        IRIS,
                        floats(1, 2, 3),
                        "Input 'x' takes [batch, 4] of FP32, which is a multiple of 16 bytes; the body has 12, all of"),
                arguments(
                        Signatures.of(port("x", DataType.FP32, 1, 4)),
                        floats(1, 2, 3, 4, 5),
                        "Input 'x' takes [1, 4] of FP32, which is 16 bytes; the body has 20"),
                arguments(
                        Signatures.of(port("x", DataType.FP32, "n", 0)),
                        floats(1),
                        "Input 'x' takes [n, 0] of FP32, which is a multiple of 0 bytes; the body has 4"),
                arguments(
                        Signatures.of(port("x", DataType.INT64, Integer.MAX_VALUE, Integer.MAX_VALUE, 64)),
                        longs(1),
                        "the body has 8"),
                arguments(
                        Signatures.of(port("x", DataType.INT64, Integer.MAX_VALUE, Integer.MAX_VALUE, 64, "n")),
                        new byte[0],
                        "the body has 0"),
                arguments(
                        Signatures.of(port("x", DataType.BYTES, 2)),
                        new byte[] {'a'},
                        "Input 'x' takes [2] of BYTES; bytes alone are one string."),
                arguments(TEXTS, new byte[] {'a', -1}, "Input 'x' is not UTF-8 at [0]"));
    }

    @ParameterizedTest
    @MethodSource("notRaw")
    void case47BytesAloneThatAreNoInputAreRefused(Signature signature, byte[] body, String text) {
        InvalidInputException failure = failure(signature, "", body);

        assertThat(failure).hasMessageContaining(text);
        assertThat(failure.kind()).isEqualTo(Kind.MISFIT);
    }

    @Test
    void case50AHeaderThatCutsTheJsonShortIsNamed() {
        assertThat(failure(IRIS, "{'inputs': [" + X, floats(1, 2, 3, 4)))
                .hasMessage(
                        "The JSON ends too early: header Inference-Header-Content-Length says that it is the first %d"
                                        .formatted(("{'inputs': [" + X).length())
                                + " bytes of the body.");
        assertThat(failure(IRIS, "{'inputs': [" + X + "]}" + "xy", floats(1, 2, 3, 4)))
                .hasMessageContaining("'xy' is not a JSON value");
    }

    static Stream<Arguments> unreadables() {
        return Stream.of(
                arguments(
                        "case 52",
                        X,
                        floats(1, 2, 3),
                        "Input 'x' has binary_data_size 16, but 12 bytes are left of the 12 behind the JSON."),
                arguments(
                        "case 53",
                        X,
                        floats(1, 2, 3, 4, 5),
                        "4 bytes are left behind the last input: the inputs have a binary_data_size of 16 together,"
                                + " and 20 bytes follow the JSON."),
                arguments(
                        "case 53",
                        "{'name': 'x', 'shape': [1, 4], 'datatype': 'FP32', 'data': [1, 2, 3, 4]}",
                        new byte[] {1},
                        "1 bytes are left behind the last input"),
                arguments(
                        "case 55",
                        size("-1"),
                        floats(1, 2, 3, 4),
                        "Input 'x' has binary_data_size -1; it takes the number of its bytes behind the JSON."),
                arguments(
                        "case 55",
                        size("'8'"),
                        floats(1, 2, 3, 4),
                        "Input 'x' has binary_data_size 8; it takes the number"),
                arguments(
                        "case 55",
                        size("8.5"),
                        floats(1, 2, 3, 4),
                        "Input 'x' has binary_data_size 8.5; it takes the number"),
                arguments(
                        "case 55",
                        size("9223372036854775808"),
                        floats(1, 2, 3, 4),
                        "Input 'x' has binary_data_size 9223372036854775808; it takes the number"),
                arguments(
                        "past int",
                        size("9223372036854775807"),
                        floats(1, 2, 3, 4),
                        "Input 'x' has binary_data_size 9223372036854775807, but 16 bytes are left of the 16"),
                arguments("null", size("null"), floats(1, 2, 3, 4), "Input 'x' has binary_data_size null; it takes"),
                arguments("an object", size("{}"), floats(1, 2, 3, 4), "Input 'x' has binary_data_size {; it takes"),
                arguments(
                        "twice",
                        size("16, 'binary_data_size': 16"),
                        floats(1, 2, 3, 4),
                        "The input at #/inputs/0 has 'binary_data_size' twice."),
                arguments(
                        "both",
                        "{'name': 'x', 'data': [1, 2, 3, 4], 'shape': [1, 4], 'datatype': 'FP32', 'parameters':"
                                + " {'binary_data_size': 16}}",
                        floats(1, 2, 3, 4),
                        "Input 'x' has both 'data' and 'binary_data_size'; send one of them."),
                arguments(
                        "before the name",
                        "{'parameters': {'binary_data_size': -1}, 'name': 'x'}",
                        floats(1),
                        "The input at #/inputs/0 has binary_data_size -1; it takes"),
                arguments(
                        "shared memory",
                        "{'name': 'x', 'parameters': {'shared_memory_region': 'r'}}",
                        floats(1),
                        "Input 'x' has the parameter 'shared_memory_region', which is not supported here."));
    }

    private static String size(String value) {
        return "{'name': 'x', 'shape': [1, 4], 'datatype': 'FP32', 'parameters': {'binary_data_size': " + value + "}}";
    }

    @ParameterizedTest(name = "{0}: {3}")
    @MethodSource("unreadables")
    void bytesThatCannotBeDividedAreRefused(String which, String input, byte[] behind, String text) {
        InvalidInputException failure = failure(IRIS, "{'inputs': [" + input + "]}", behind);

        assertThat(failure).as(which).hasMessageContaining(text);
        assertThat(failure.kind()).isEqualTo(Kind.UNREADABLE);
    }

    @ParameterizedTest
    @ValueSource(longs = {12, 20, 1})
    void aNumberOfBytesThatTheShapeHasNotIsRefused(long size) {
        InvalidInputException failure = failure(
                IRIS, "{'inputs': [%s]}".formatted(input("x", "[1, 4]", DataType.FP32, size)), new byte[(int) size]);

        assertThat(failure)
                .hasMessage("Input 'x' has binary_data_size %d; its shape [1, 4] of FP32 takes 16 bytes.", size);
        assertThat(failure.kind()).isEqualTo(Kind.MISFIT);
        assertThat(failure.faults().getFirst().pointer()).isEqualTo("#/inputs/0/parameters/binary_data_size");
    }

    @ParameterizedTest
    @CsvSource({"'[1000000000, 4]', more than 67108864 values", "'[0, 4]', takes 0 bytes", "'[2, 3]', it takes"})
    void aShapeThatIsWrongTakesNoBytes(String shape, String text) {
        assertThat(failure(IRIS, "{'inputs': [%s]}".formatted(input("x", shape, DataType.FP32, 16)), new byte[16]))
                .hasMessageContaining(text);
    }

    @Test
    void theBytesOfAnInputThatIsNotKnownAreNotTakenForTheNextOnes() {
        InvalidInputException failure = failure(
                IRIS,
                "{'inputs': [%s, %s]}".formatted(input("z", "[1]", DataType.FP32, 4), X),
                floats(9),
                floats(1, 2, 3, 4));

        assertThat(failure).hasMessage("Input 'z' is not known; did you mean 'x'?");
    }

    @Test
    void case56BytesWithoutTheHeaderAreRefused() {
        byte[] body = json("{'inputs': [" + X + "]}").getBytes(StandardCharsets.UTF_8);

        InvalidInputException failure = catchThrowableOfType(
                InvalidInputException.class, () -> V2Json.read(body, body.length, IRIS, JsonLimits.DEFAULT, pool));
        assertThat(failure)
                .hasMessage("Input 'x' has 'binary_data_size', but all of the body is JSON; send 'data', or its bytes"
                        + " behind the JSON to /v2/models/{model}/infer with the header"
                        + " Inference-Header-Content-Length.");
    }

    @Test
    void case58AnEmptyTensorMayBeNullAndHaveNoBytes() {
        V2Json.Request request = read(
                id(DataType.FP32),
                "{'inputs': [{'name': 'x', 'shape': [0], 'datatype': 'FP32', 'data': null, 'parameters':"
                        + " {'binary_data_size': 0}}]}");

        assertThat(request.inputs().getFirst().shape()).containsExactly(0);
        close(request);
    }

    @Test
    void stringsAreReadWithTheirLengths() {
        byte[] blob = strings("a", "é", "", "\ufffd", "x".repeat(300));

        V2Json.Request request =
                read(TEXTS, "{'inputs': [%s]}".formatted(input("x", "[5]", DataType.BYTES, blob.length)), blob);

        assertThat(request.inputs().getFirst().strings()).containsExactly("a", "é", "", "\ufffd", "x".repeat(300));
        V2Json.Request binary = new V2Json.Request(Optional.empty(), List.of(), List.of(), true, Optional.empty());
        assertThat(write(binary, TEXTS, request.inputs().getFirst()).bytes()).isEqualTo(blob);
    }

    static Stream<Arguments> badStrings() {
        return Stream.of(
                arguments(
                        "a length that is cut",
                        2,
                        join(strings("abc"), new byte[] {1, 0}),
                        "ends in the length of element 1 of 2."),
                arguments(
                        "an element that overruns",
                        2,
                        join(strings("abc"), length(5), new byte[] {'a'}),
                        "has 1 bytes left for element 1, whose length is given as 5."),
                arguments("too few elements", 2, strings("abcdef"), "ends in the length of element 1 of 2."),
                arguments(
                        "far too few",
                        1_000_000,
                        strings("abcdef"),
                        "has 10 bytes, too few for 1000000 elements: each begins with its length in 4 bytes."),
                arguments("too many elements", 1, strings("a", "b"), "has 5 bytes behind the last of its 1 elements."),
                arguments(
                        "elements where there are none",
                        0,
                        strings("a"),
                        "has 5 bytes behind the last of its 0 elements."),
                arguments(
                        "the greatest length",
                        1,
                        join(length(-1), new byte[] {'a'}),
                        "has 1 bytes left for element 0, whose length is given as 4294967295."));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badStrings")
    void case59StringsThatDoNotAddUpAreRefused(String what, int count, byte[] blob, String text) {
        InvalidInputException failure = failure(
                TEXTS, "{'inputs': [%s]}".formatted(input("x", "[" + count + "]", DataType.BYTES, blob.length)), blob);

        assertThat(failure).as(what).hasMessage("Input 'x' " + text);
        assertThat(failure.kind()).isEqualTo(Kind.MISFIT);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void case61StringsThatAreNotUtf8AreRefusedOnTheirWayInWhateverIsAskedFor(boolean asBytes) {
        byte[] blob = join(length(2), new byte[] {(byte) 0xC3, 0x28});

        assertThat(failure(
                        TEXTS,
                        "{'parameters': {'binary_data_output': %b}, 'inputs': [%s]}"
                                .formatted(asBytes, input("x", "[1]", DataType.BYTES, 6)),
                        blob))
                .hasMessage("Input 'x' is not UTF-8 at [0]; the model takes texts.");
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FP16", "BF16"})
    void case62HalvesKeepEveryBit(DataType type) {
        byte[] every = new byte[1 << 17];
        for (int i = 0; i < 1 << 16; i++) {
            every[2 * i] = (byte) i;
            every[2 * i + 1] = (byte) (i >> 8);
        }

        V2Json.Request request = read(
                id(type),
                "{'parameters': {'binary_data_output': true}, 'inputs': [%s]}"
                        .formatted(input("x", "[65536]", type, every.length)),
                every);

        assertThat(write(request, id(type), request.inputs().getFirst()).bytes())
                .isEqualTo(every);
        close(request);
    }

    @Test
    void case64ABooleanIsTrueWhateverItsByteIsBut0() {
        V2Json.Request request = read(
                id(DataType.BOOL),
                "{'parameters': {'binary_data_output': true}, 'inputs': [%s]}"
                        .formatted(input("x", "[4]", DataType.BOOL, 4)),
                new byte[] {0, 1, 2, -1});

        assertThat(write(request, id(DataType.BOOL), request.inputs().getFirst())
                        .bytes())
                .containsExactly(0, 1, 1, 1);
        close(request);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'parameters': {'binary_data_output': 1}, 'inputs': []} | Parameter 'binary_data_output' is 1; it"
                        + " takes true or false.",
                "{'outputs': [{'name': 'y', 'parameters': {'binary_data': 'yes'}}]} | Parameter 'binary_data' of"
                        + " output 0 is yes; it takes true or false.",
                "{'outputs': [{'name': 'y', 'parameters': {'classification': 2}}]} | Output 0 has the parameter"
                        + " 'classification', which is not supported here."
            })
    void howOutputsAreWantedIsTrueOrFalse(String body, String text) {
        assertThat(failure(IRIS, body)).hasMessage(text);
    }

    @Test
    void asManyElementsAsTheLimitAreTakenOfAllInputsTogether() {
        byte[] body = json("{'inputs': [%s, %s]}"
                        .formatted(input("a", "[2, 2]", DataType.FP32, 16), input("b", "[2, 2]", DataType.FP32, 16)))
                .getBytes(StandardCharsets.UTF_8);
        byte[] behind = new byte[32];

        assertThat(catchThrowableOfType(InvalidInputException.class, () -> {
                    try (var bytes = TensorBytes.read(new ByteArrayInputStream(behind), behind.length, pool)) {
                        V2Json.read(body, bytes, ADD, new JsonLimits(64, 7), pool);
                    }
                }))
                .hasMessage("The body has more than 7 values, the limit. Split it into several requests.");
    }
}
