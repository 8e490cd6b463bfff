package dev.serin.inference.json;

import static dev.serin.inference.json.Signatures.IRIS;
import static dev.serin.inference.json.Signatures.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.InvalidInputException.Kind;
import dev.serin.inference.OutputFormException;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class V2JsonTest {
    private static final V2Json.Request ALL =
            new V2Json.Request(Optional.empty(), List.of(), List.of(), false, Optional.empty());

    private final BufferPool pool = new BufferPool();

    @AfterEach
    void everyBufferIsBack() {
        assertThat(pool.lent()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'inputs': [{'name': 'x', 'shape': [1, 4], 'datatype': 'FP32', 'data': [1, 2, 3, 4]}]}",
                "{'inputs': [{'name': 'x', 'shape': [1, 4], 'datatype': 'FP32', 'data': [[1, 2, 3, 4]]}]}",
                "{'inputs': [{'name': 'x', 'shape': [1, 4], 'datatype': 'FP32', 'data': [[[1, 2], [3]], 4]}]}",
                "{'inputs': [{'data': [1, 2, 3, 4], 'datatype': 'FP32', 'shape': [1, 4], 'name': 'x'}]}",
                "{'model_name': 'x', 'parameters': {'a': 1, 'b': 'c', 'd': true}, 'inputs': [{'name': 'x', 'shape':"
                        + " [1, 4], 'datatype': 'FP32', 'parameters': {'binary_data': false}, 'data': [1, 2, 3, 4]}],"
                        + " 'outputs': []}"
            })
    void readsDataFlatOrNestedInAnyOrderOfMembers(String body) {
        V2Json.Request request = read(IRIS, body);

        Tensor tensor = request.inputs().getFirst();
        assertThat(tensor.shape()).containsExactly(1, 4);
        assertThat(tensor.data().getFloat(12)).isEqualTo(4f);
        close(request);
    }

    @Test
    void readsIdOutputsAndTimeout() {
        V2Json.Request request = read(
                new Signature(IRIS.inputs(), List.of(port("y", DataType.FP32), port("z", DataType.FP32))),
                "{'id': '7', 'parameters': {'timeout': 1500}, 'outputs': [{'name': 'z', 'parameters': {'binary_data':"
                    + " true}}, {'name': 'y'}], 'inputs': [{'name': 'x', 'shape': [0, 4], 'datatype': 'FP32', 'data':"
                    + " null, 'parameters': {'binary_data_size': 0}}]}");

        assertThat(request.id()).contains("7");
        assertThat(request.outputs()).containsExactly(new V2Json.Output("z", true), new V2Json.Output("y", false));
        assertThat(request.timeout()).contains(Duration.ofNanos(1_500_000));
        assertThat(request.inputs().getFirst().elementCount()).isZero();
        close(request);
    }

    @ParameterizedTest
    @ValueSource(longs = {600_000_001, Long.MAX_VALUE})
    void aLongTimeoutIsTenMinutes(long micros) {
        V2Json.Request request = read(IRIS, "{'parameters': {'timeout': %d}, 'inputs': [%s]}".formatted(micros, GOOD));

        assertThat(request.timeout()).contains(Duration.ofMinutes(10));
        close(request);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        FP32 | NaN | NaN
        FP32 | null | NaN
        FP32 | 'NaN' | NaN
        FP32 | -Infinity | -Infinity
        FP32 | Infinity | Infinity
        FP32 | 'Infinity' | Infinity
        FP32 | Inf | Infinity
        FP32 | -Inf | -Infinity
        FP32 | 'Inf' | Infinity
        FP32 | '-Inf' | -Infinity
        FP32 | 'NaN' | NaN
        FP64 | -Inf | -Infinity
        BYTES | 'Inf' | 'Inf'
        FP64 | NaN | NaN
        FP16 | 0.5 | 0.5
        BF16 | NaN | NaN
        BF16 | -Infinity | -Infinity
        UINT64 | 18446744073709551615 | 18446744073709551615
        BOOL | true | true
        BYTES | 'a' | 'a'
        """, quoteCharacter = '`')
    void elementsPassThroughAsTheirType(DataType type, String given, String expected) {
        Signature signature = Signatures.of(port("x", type, "n"));

        V2Json.Request request = read(
                signature,
                "{'inputs': [{'name': 'x', 'shape': [1], 'datatype': '%s', 'data': [%s]}]}".formatted(type, given));
        String answer = write(
                ALL,
                new Signature(List.of(), signature.inputs()),
                request.inputs().getFirst());
        close(request);

        assertThat(answer)
                .isEqualTo(json(
                        "{'model_name':'m','model_version':'1','outputs':[{'name':'x','datatype':'%s','shape':[1],'data':[%s]}]}"
                                .formatted(type, expected)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nan", "inf", "Infi", "-inf", "Inf7", "xInf", "Inf Inf", "InfInf", "1Inf"})
    void otherWordsForNumbersAreNone(String word) {
        InvalidInputException failure = failure(
                Signatures.of(port("x", DataType.FP32, "n")),
                "{'inputs': [{'name': 'x', 'shape': [1], 'datatype': 'FP32', 'data': [%s]}]}".formatted(word));

        assertThat(failure.kind()).isEqualTo(Kind.UNREADABLE);
    }

    @Test
    void halfAPairIsReplacedBeforeTheModelSeesIt() {
        V2Json.Request request = read(
                new Signature(List.of(port("s", DataType.BYTES, "n")), List.of()),
                "{'inputs': [{'name': 's', 'shape': [2], 'datatype': 'BYTES', 'data': ['a\\ud83d',"
                        + " '\\ud83d\\ude00ü']}]}");

        assertThat(request.inputs().getFirst().strings()).containsExactly("a\ufffd", "😀ü");
    }

    @Test
    void aWordInsideAStringStaysAsItIs() {
        V2Json.Request request = read(
                new Signature(List.of(port("s", DataType.BYTES, "n"), port("x", DataType.FP32, "n")), List.of()),
                "{'id': 'a\\\\', 'inputs': [{'name': 's', 'shape': [2], 'datatype': 'BYTES', 'data': ['Inf, -Inf',"
                        + " '\\\"Inf']}, {'name': 'x', 'shape': [2], 'datatype': 'FP32', 'data': [-Inf,Inf]}]}");

        assertThat(request.id()).contains("a\\");
        assertThat(request.inputs().getFirst().strings()).containsExactly("Inf, -Inf", "\"Inf");
        assertThat(request.inputs().getLast().data().getFloat(4)).isEqualTo(Float.POSITIVE_INFINITY);
        close(request);
    }

    @Test
    void anEmptyShapeIsOneElement() {
        V2Json.Request request = read(
                Signatures.of(port("x", DataType.FP32)),
                "{'inputs': [{'name': 'x', 'shape': [], 'datatype': 'FP32', 'data': [7]}]}");

        assertThat(request.inputs().getFirst().data().getFloat(0)).isEqualTo(7f);
        close(request);
    }

    @Test
    void theDataOfAnEmptyTensorIsNotLookedAt() {
        V2Json.Request request =
                read(IRIS, "{'inputs': [{'name': 'x', 'shape': [0, 4], 'datatype': 'FP32', 'data': [1, 2]}]}");

        assertThat(request.inputs().getFirst().elementCount()).isZero();
        close(request);
    }

    @Test
    void anEmptyTensorWhoseOtherDimensionsCannotBeMultipliedIsRefused() {
        Signature cube = Signatures.of(port("x", DataType.FP32, -1, -1, -1));
        String body = "{'inputs': [{'name': 'x', 'shape': [4294967296, 4294967296, 0], 'datatype': 'FP32'}]}";

        assertThat(failure(cube, body))
                .hasMessageContaining("has shape [4294967296, 4294967296, 0], which is more than");
    }

    static Stream<Arguments> misfits() {
        return Stream.of(
                arguments(
                        input("'shape': [4], 'datatype': 'FP32', 'data': [1, 2, 3, 4]"),
                        "#/inputs/0/shape",
                        "Input 'x' has shape [4]; it takes [batch, 4]. Put the one row into a list: [[…]]."),
                arguments(
                        input("'shape': [1, 3], 'datatype': 'FP32', 'data': [1, 2, 3]"),
                        "#/inputs/0/shape",
                        "Input 'x' has shape [1, 3]; it takes [batch, 4]: dimension 1 is 3, not 4."),
                arguments(
                        input("'shape': [1, 4], 'datatype': 'FP32', 'data': [1, 2, 3]"),
                        "#/inputs/0/data",
                        "Input 'x' has 3 values; its shape [1, 4] has 4."),
                arguments(
                        input("'shape': [1, 4], 'datatype': 'FP64', 'data': [1, 2, 3, 4]"),
                        "#/inputs/0/datatype",
                        "Input 'x' is sent as FP64; it takes FP32."),
                arguments(input("'shape': [1, 4], 'datatype': 'FP32'"), "#/inputs/0", "Input 'x' has no data."),
                arguments(
                        input("'shape': [1, 4], 'datatype': 'FP32', 'data': null"),
                        "#/inputs/0",
                        "Input 'x' has no data."),
                arguments(input("'datatype': 'FP32', 'data': [1]"), "#/inputs/0", "Input 'x' has no shape."),
                arguments(input("'shape': [1, 4], 'data': [1]"), "#/inputs/0", "Input 'x' has no datatype."),
                arguments(
                        input("'shape': [1, 4], 'datatype': 'FP32', 'data': [1, 2, 'three', 4]"),
                        "#/inputs/0/data/2",
                        "Input 'x' is the string \"three\" at [2]; it takes numbers. And 1 more."),
                arguments(
                        input("'shape': [1, 4], 'datatype': 'FP32', 'data': [[1, 2, 3, 1e39]]"),
                        "#/inputs/0/data",
                        "Input 'x' is 1e39 at [3]; FP32 takes -3.4028235E38 to 3.4028235E38. And 1 more."),
                arguments(
                        input("'shape': [2305843009213693952, 4], 'datatype': 'FP32', 'data': [1]"),
                        "#/inputs/0/shape",
                        "Input 'x' has shape [2305843009213693952, 4], which is more than 67108864 values, the limit."),
                arguments("{'inputs': []}", "#/inputs", "Input 'x' is missing; the model takes x."),
                arguments(
                        "{'inputs': [{'name': 'xx', 'shape': [], 'datatype': 'FP32', 'data': [{}]}]}",
                        "#/inputs/0",
                        "Input 'xx' is not known; did you mean 'x'? And 1 more."),
                arguments("{'inputs': [" + GOOD + ", " + GOOD + "]}", "#/inputs/1", "Input 'x' is given twice."),
                arguments(
                        "{'inputs': [" + GOOD + "], 'outputs': [{'name': 'z'}]}",
                        "#/outputs/0",
                        "Output 'z' is not known; did you mean 'y'?"),
                arguments(
                        "{'inputs': [" + GOOD + "], 'outputs': [{'name': 'y'}, {'name': 'y'}]}",
                        "#/outputs/1",
                        "Output 'y' is asked for twice."));
    }

    private static final String GOOD = "{'name': 'x', 'shape': [1, 4], 'datatype': 'FP32', 'data': [1, 2, 3, 4]}";

    private static String input(String members) {
        return "{'inputs': [{'name': 'x', " + members + "}]}";
    }

    @ParameterizedTest
    @MethodSource("misfits")
    void saysWhatDoesNotFitAndWhere(String body, String pointer, String text) {
        InvalidInputException failure = failure(IRIS, body);

        assertThat(failure).hasMessage(text);
        assertThat(failure.kind()).isEqualTo(Kind.MISFIT);
        assertThat(failure.faults().getFirst().pointer()).isEqualTo(pointer);
    }

    static Stream<Arguments> unreadables() {
        return Stream.of(
                arguments("", "The body is not an object"),
                arguments("[]", "The body is not an object"),
                arguments("{}", "The body has no 'inputs'"),
                arguments("{'inputs': 1}", "'inputs' is not a list"),
                arguments("{'inputs': [1]}", "Input 0 is not an object."),
                arguments("{'inputs': [" + GOOD + "], 'inputs': []}", "The body has 'inputs' twice."),
                arguments("{'inputs': [{'shape': [1], 'data': [1]}]}", "The input at #/inputs/0 has no name."),
                arguments("{'inputs': [{'name': 1}]}", "'name' of the input at #/inputs/0 is not a string."),
                arguments(input("'shape': [-1, 4]"), "'shape' of the input at #/inputs/0 has the dimension -1"),
                arguments(input("'shape': [9223372036854775808]"), "has the dimension 9223372036854775808"),
                arguments(input("'shape': [1.0]"), "is not a list of at most 64 whole numbers."),
                arguments(input("'shape': " + "[".repeat(250_000)), "is not a list of at most 64 whole numbers."),
                arguments(input("'shape': 4"), "is not a list of whole numbers."),
                arguments(input("'data': 4"), "'data' of the input at #/inputs/0 is not a list."),
                arguments(input("'data': [1], 'data': [1]"), "The input at #/inputs/0 has 'data' twice."),
                arguments(input("'data': null, 'data': [1]"), "The input at #/inputs/0 has 'data' twice."),
                arguments(input("'shape': [1], 'shape': [4]"), "The input at #/inputs/0 has 'shape' twice."),
                arguments(
                        input("'datatype': 'FP32', 'datatype': 'FP32'"),
                        "The input at #/inputs/0 has 'datatype' twice."),
                arguments(input("'name': 'x'"), "The input at #/inputs/0 has 'name' twice."),
                arguments(input("'data': " + "[".repeat(250_000)), "it nests lists or objects more than 64 deep."),
                arguments(input("'data': [1"), "']' must come before '}'."),
                arguments("{'inputs': [{'name': 'x', 'data': [1", "it ends too early."),
                arguments(
                        input("'parameters': {'binary_data_size': 16}"),
                        "Input 'x' has 'binary_data_size', but all of the body is JSON; send 'data', or its bytes"
                                + " behind"),
                arguments(
                        input("'parameters': {'shared_memory_region': 'r'}"),
                        "'shared_memory_region', which is not supported"),
                arguments(
                        "{'inputs': [" + GOOD + "], 'outputs': [{'name': 'y', 'parameters': {'classification': 2}}]}",
                        "'classification', which is not supported"),
                arguments("{'inputs': [" + GOOD + "], 'outputs': [{}]}", "Output 0 has no name."),
                arguments("{'inputs': [" + GOOD + "], 'outputs': [1]}", "Output 0 is not an object"),
                arguments("{'inputs': [" + GOOD + "], 'outputs': 1}", "'outputs' is not a list"),
                arguments("{'id': 7, 'inputs': [" + GOOD + "]}", "'id' is not a string."),
                arguments(
                        "{'parameters': {'a': []}}", "Parameter 'a' is neither a string, a number nor true or false."),
                arguments("{'parameters': {'a': null}}", "Parameter 'a' is neither"),
                arguments("{'parameters': 1}", "'parameters' is not an object."),
                arguments(
                        "{'parameters': {'timeout': -1}}",
                        "Parameter 'timeout' is -1; it takes a whole number of microseconds."),
                arguments("{'parameters': {'timeout': 1e3}}", "Parameter 'timeout' is 1e3"),
                arguments("{'inputs': [" + GOOD + "]} x", "'x' is not a JSON value"),
                arguments("{'inputs': [" + GOOD + "]} {}", "something follows the end of the object"));
    }

    @ParameterizedTest
    @MethodSource("unreadables")
    void saysWhyABodyCannotBeRead(String body, String text) {
        InvalidInputException failure = failure(IRIS, body);

        assertThat(failure).hasMessageContaining(text);
        assertThat(failure.kind()).isEqualTo(Kind.UNREADABLE);
    }

    @Test
    void readsUtf16ButNeedsTheNameFirstThere() {
        byte[] good = json("{'inputs': [" + GOOD + "]}").getBytes(StandardCharsets.UTF_16);
        V2Json.Request request = V2Json.read(good, good.length, IRIS, JsonLimits.DEFAULT, pool);
        assertThat(request.inputs().getFirst().data().getFloat(12)).isEqualTo(4f);
        close(request);

        byte[] late = json("{'inputs': [{'data': [1], 'name': 'x'}]}").getBytes(StandardCharsets.UTF_16);
        assertThatThrownBy(() -> V2Json.read(late, late.length, IRIS, JsonLimits.DEFAULT, pool))
                .hasMessage("The input at #/inputs/0 has 'data' before 'name'; put the name first.");
    }

    @Test
    void answersWithTheOutputsAskedForAndNothingElse() {
        Signature signature =
                new Signature(List.of(), List.of(port("a", DataType.BYTES, "n"), port("b", DataType.BYTES, 1, 2)));
        V2Json.Request request = new V2Json.Request(
                Optional.of("7"),
                List.of(),
                List.of(new V2Json.Output("b", false), new V2Json.Output("a", false)),
                false,
                Optional.empty());

        assertThat(write(
                        request,
                        signature,
                        Tensor.ofStrings(new long[] {1}, PackedStrings.of("ä")),
                        Tensor.ofStrings(new long[] {1, 2}, PackedStrings.of("b", "c"))))
                .isEqualTo(json("{'model_name':'m','model_version':'1','id':'7','outputs':["
                        + "{'name':'b','datatype':'BYTES','shape':[1,2],'data':['b','c']},"
                        + "{'name':'a','datatype':'BYTES','shape':[1],'data':['ä']}]}"));
    }

    @Test
    void carriesSequencesOfMapsAsTensors() {
        Signature signature = new Signature(List.of(), List.of(port("p", DataType.FP32)));

        assertThat(write(ALL, signature, maps(List.of(Map.of(0L, 0.25f, 1L, 0.75f), Map.of(0L, 1f, 1L, Float.NaN)))))
                .contains(json("{'name':'p','datatype':'FP32','shape':[2,2],'data':[0.25,0.75,1.0,NaN]}"));
        assertThatThrownBy(() -> write(ALL, signature, maps(List.of(Map.of(0L, 1f), Map.of(1L, 1f)))))
                .isInstanceOf(OutputFormException.class)
                .hasMessageContaining("export the model with zipmap=False");
        assertThatThrownBy(() -> write(
                        ALL,
                        signature,
                        new Value.Sequence(List.of(Tensor.ofStrings(new long[] {0}, PackedStrings.of())))))
                .isInstanceOf(OutputFormException.class)
                .hasMessageContaining("a sequence of tensors, which V2 cannot carry");
    }

    @Test
    void anEmptySequenceOfMapsHasTheTypeThatTheModelDeclares() {
        Signature signature = new Signature(
                List.of(),
                List.of(new Signature.Port(
                        "p",
                        new Signature.Type.SequenceType(new Signature.Type.MapType(DataType.BYTES, DataType.FP64)))));

        assertThat(write(ALL, signature, new Value.Sequence(List.of())))
                .contains(json("{'name':'p','datatype':'FP64','shape':[0,0],'data':[]}"));
    }

    private static Value.Sequence maps(List<Map<Long, Float>> rows) {
        return new Value.Sequence(rows.stream()
                .<Value>map(row -> new Value.Mapping(DataType.INT64, DataType.FP32, new TreeMap<>(row)))
                .toList());
    }

    private static String write(V2Json.Request request, Signature signature, Value... outputs) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        V2Json.write(request, "m", "1", signature, List.of(outputs), out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private V2Json.Request read(Signature signature, String body) {
        byte[] bytes = json(body).getBytes(StandardCharsets.UTF_8);
        return V2Json.read(bytes, bytes.length, signature, JsonLimits.DEFAULT, pool);
    }

    private InvalidInputException failure(Signature signature, String body) {
        return catchThrowableOfType(InvalidInputException.class, () -> read(signature, body));
    }

    private static void close(V2Json.Request request) {
        request.inputs().forEach(Tensor::close);
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }
}
