package dev.serin.inference.json;

import static dev.serin.inference.json.Signatures.IRIS;
import static dev.serin.inference.json.Signatures.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.ThreadMXBean;
import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.InvalidInputException.Fault;
import dev.serin.inference.InvalidInputException.Kind;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NativeJsonTest {
    private final BufferPool pool = new BufferPool();

    @AfterEach
    void everyBufferIsBack() {
        assertThat(pool.lent()).isZero();
    }

    @Nested
    class Rows {
        @Test
        void areOneTensorOfAllRows() {
            assertThat(echo(IRIS, "{\"instances\": [[5.1, 3.5, 1.4, 0.2], [1, 2, 3, 4]]}"))
                    .isEqualTo("{\"outputs\":{\"x\":[[5.1,3.5,1.4,0.2],[1.0,2.0,3.0,4.0]]}} rows 2");
        }

        @Test
        void mayNameTheirOnlyInput() {
            assertThat(echo(IRIS, "{\"instances\": [{\"x\": [1, 2, 3, 4]}, {\"x\": [5, 6, 7, 8]}]}"))
                    .isEqualTo("{\"outputs\":{\"x\":[[1.0,2.0,3.0,4.0],[5.0,6.0,7.0,8.0]]}} rows 2");
        }

        @Test
        void nameTheirInputsWhenThereAreSeveral() {
            Signature signature =
                    Signatures.of(port("a", DataType.INT64, "batch"), port("b", DataType.BYTES, "batch", 2));

            assertThat(echo(
                            signature,
                            "{\"instances\": [{\"a\": 1, \"b\": [\"u\", \"v\"]}, {\"b\": [\"w\", \"x\"], \"a\": 2}]}"))
                    .isEqualTo("{\"outputs\":{\"a\":[1,2],\"b\":[[\"u\",\"v\"],[\"w\",\"x\"]]}} rows 2");
        }

        @Test
        void areScalarsWhereTheRowShapeIsOneOrNothing() {
            assertThat(echo(Signatures.of(port("x", DataType.FP32, "batch", 1)), "{\"instances\": [1, 2]}"))
                    .isEqualTo("{\"outputs\":{\"x\":[[1.0],[2.0]]}} rows 2");
            assertThat(echo(Signatures.of(port("x", DataType.FP32, "batch")), "{\"instances\": [1, 2]}"))
                    .isEqualTo("{\"outputs\":{\"x\":[1.0,2.0]}} rows 2");
        }

        @Test
        void mayBeNone() {
            assertThat(echo(IRIS, "{\"instances\": []}")).isEqualTo("{\"outputs\":{\"x\":[]}} rows 0");
            Signature two = Signatures.of(port("a", DataType.FP32, "batch"), port("b", DataType.FP32, "batch", 2));
            assertThat(echo(two, "{\"instances\": []}")).isEqualTo("{\"outputs\":{\"a\":[],\"b\":[]}} rows 0");
        }

        @Test
        void fitAFixedNumberOfRows() {
            assertThat(echo(Signatures.of(port("x", DataType.FP32, 1, 2)), "{\"instances\": [[1, 2]]}"))
                    .isEqualTo("{\"outputs\":{\"x\":[[1.0,2.0]]}} rows 1");
        }
    }

    @Nested
    class Columns {
        @Test
        void haveTheShapeOfTheirLists() {
            assertThat(echo(IRIS, "{\"inputs\": {\"x\": [[1, 2, 3, 4]]}}"))
                    .isEqualTo("{\"outputs\":{\"x\":[[1.0,2.0,3.0,4.0]]}}");
        }

        @Test
        void mayBeTheBareValueOfTheOnlyInput() {
            assertThat(echo(IRIS, "{\"inputs\": [[1, 2, 3, 4]]}"))
                    .isEqualTo("{\"outputs\":{\"x\":[[1.0,2.0,3.0,4.0]]}}");
            assertThat(echo(Signatures.of(port("x", DataType.FP32)), "{\"inputs\": 7}"))
                    .isEqualTo("{\"outputs\":{\"x\":7.0}}");
            assertThat(echo(Signatures.of(port("x", DataType.BYTES)), "{\"inputs\": \"one\"}"))
                    .isEqualTo("{\"outputs\":{\"x\":\"one\"}}");
        }

        @Test
        void comeInAnyOrderBesidesParametersAndId() {
            Signature two = Signatures.of(port("a", DataType.FP32, "n"), port("b", DataType.BOOL, "m"));

            assertThat(echo(
                            two,
                            "{\"id\": 1, \"inputs\": {\"b\": [true], \"a\": [1, 2]}, \"parameters\":"
                                    + " {\"deep\": [[1]]}}"))
                    .isEqualTo("{\"outputs\":{\"a\":[1.0,2.0],\"b\":[true]}}");
        }

        @Test
        void mayBeLong() {
            String numbers = "1,".repeat(100_000) + "1";

            assertThat(echo(Signatures.of(port("x", DataType.INT64, "n")), "{\"inputs\":[" + numbers + "]}"))
                    .isEqualTo("{\"outputs\":{\"x\":[" + numbers + "]}}");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        FP32 | 0.1 | 0.1
        FP32 | 1 | 1.0
        FP32 | 3.4028235e38 | 3.4028235E38
        FP32 | 1.4e-45 | 1.4E-45
        FP32 | 1e-99 | 0.0
        FP32 | -0.0 | -0.0
        FP32 | null | null
        FP32 | "Infinity" | "Infinity"
        FP32 | "-Infinity" | "-Infinity"
        FP32 | 123456789012345678901234567890 | 1.2345679E29
        FP64 | 0.1 | 0.1
        FP64 | 1.7976931348623157e308 | 1.7976931348623157E308
        FP64 | 0.30000000000000004 | 0.30000000000000004
        FP16 | 65504 | 65504.0
        FP16 | 0.5 | 0.5
        BF16 | 1.5 | 1.5
        BF16 | 3e38 | 3.0040553E38
        INT8 | -128 | -128
        INT16 | 32767 | 32767
        INT32 | -2147483648 | -2147483648
        INT64 | 9223372036854775807 | 9223372036854775807
        UINT8 | 255 | 255
        UINT16 | 65535 | 65535
        UINT32 | 4294967295 | 4294967295
        UINT64 | 18446744073709551615 | 18446744073709551615
        BOOL | true | true
        BYTES | "a\\"\\u00e9\\ud83d\\ude00\\u0001" | "a\\"é😀\\u0001"
        """)
    void elementsPassThroughAsTheirType(DataType type, String given, String expected) {
        assertThat(echo(Signatures.of(port("x", type, "n")), "{\"inputs\": [" + given + "]}"))
                .isEqualTo("{\"outputs\":{\"x\":[" + expected + "]}}");
    }

    static Stream<Arguments> misfits() {
        Port x = port("x", DataType.FP32, "batch", 4);
        Port whole = port("x", DataType.INT8, "n");
        Port flags = port("x", DataType.BOOL, "n");
        Port words = port("x", DataType.BYTES, "n");
        return Stream.of(
                arguments(
                        x,
                        "{\"inputs\": [1, 2, 3, 4]}",
                        "#/inputs",
                        "Input 'x' has shape [4]; it takes [batch, 4]. Put the one row into a list: [[…]]."),
                arguments(
                        x,
                        "{\"instances\": [1, 2, 3, 4]}",
                        "#/instances",
                        "Input 'x' has shape [4]; it takes [batch, 4]. Put the one row into a list: [[…]]."),
                arguments(
                        x,
                        "{\"inputs\": {\"x\": [[1, 2, 3], [1, 2, 3]]}}",
                        "#/inputs/x",
                        "Input 'x' has shape [2, 3]; it takes [batch, 4]: dimension 1 is 3, not 4."),
                arguments(
                        x,
                        "{\"inputs\": [[1, 2, 3, 4], [1, 2, 3]]}",
                        "#/inputs/1",
                        "Input 'x' is ragged: row 0 has 4 values, row 1 has 3."),
                arguments(
                        x,
                        "{\"instances\": [[1, 2, 3, 4], [1, 2, 3]]}",
                        "#/instances/1",
                        "Input 'x' is ragged: instance 0 has 4 values, instance 1 has 3."),
                arguments(
                        x,
                        "{\"instances\": [[1, 2, 3, 4], 1]}",
                        "#/instances/1",
                        "Input 'x' is ragged: instance 1 is a single value, others are not."),
                arguments(
                        x,
                        "{\"instances\": [1, [1, 2, 3, 4]]}",
                        "#/instances/1",
                        "Input 'x' is ragged: instance 1 is a list, others are not."),
                arguments(
                        x,
                        "{\"inputs\": [[[[[[[[1]]]]]]]]}",
                        "#/inputs/0/0/0/0",
                        "Input 'x' is a list nested more than 4 deep at [0][0][0][0]; it takes [batch, 4]."),
                arguments(
                        x,
                        "{\"inputs\": [[1, 2, 3, \"4\"]]}",
                        "#/inputs/0/3",
                        "Input 'x' is the string \"4\" at [0][3]; it takes numbers. Remove the quotes."),
                arguments(
                        x,
                        "{\"instances\": [[1, 2, 3, 4], [1, 2, {\"a\": [1]}, 4]]}",
                        "#/instances/1/2",
                        "Input 'x' of instance 1 is an object at [2]; it takes numbers."),
                arguments(
                        x,
                        "{\"instances\": [{\"x\": [1, 2, 3, 1e39]}]}",
                        "#/instances/0/x/3",
                        "Input 'x' of instance 0 is 1e39 at [3]; FP32 takes -3.4028235E38 to 3.4028235E38."),
                arguments(
                        x,
                        "{\"inputs\": [[1, 2, 3, true]]}",
                        "#/inputs/0/3",
                        "Input 'x' is true at [0][3]; it takes numbers."),
                arguments(
                        x,
                        "{\"inputs\": [[1, 2, 3, \"NaN\"]]}",
                        "#/inputs/0/3",
                        "Input 'x' is the string \"NaN\" at [0][3]; it takes numbers."),
                arguments(
                        x,
                        "{\"inputs\": {\"y\": 1}}",
                        "#/inputs/y",
                        "Input 'y' is not known; did you mean 'x'? And 1 more."),
                arguments(x, "{\"inputs\": {}}", "#/inputs", "Input 'x' is missing; the model takes x."),
                arguments(
                        x,
                        "{\"instances\": [{\"x\": [1, 2, 3, 4]}, {}]}",
                        "#/instances/1/x",
                        "Input 'x' is missing from instance 1."),
                arguments(
                        x,
                        "{\"instances\": [{}, {}, {}, {}, {}, {}, {}]}",
                        "#/instances/0/x",
                        "Input 'x' is missing from instances 0, 1, 2, 3, 4 and 2 more."),
                arguments(
                        x,
                        "{\"instances\": [{\"x\": [1, 2, 3, 4], \"x\": 1}]}",
                        "#/instances/0/x",
                        "Input 'x' is given twice in instance 0."),
                arguments(
                        x,
                        "{\"inputs\": {\"x\": [[1, 2, 3, 4]], \"x\": 1}}",
                        "#/inputs/x",
                        "Input 'x' is given twice."),
                arguments(
                        x,
                        "{\"instances\": [{\"x\": [1, 2, 3, 4]}, [1, 2, 3, 4]]}",
                        "#/instances/1",
                        "Instance 1 is not an object; the model takes x, so each instance names them: {\"instances\":"
                                + " [{\"name\": …}]}."),
                arguments(
                        whole,
                        "{\"inputs\": [1, 300]}",
                        "#/inputs/1",
                        "Input 'x' is 300 at [1]; INT8 takes -128 to 127."),
                arguments(
                        whole,
                        "{\"inputs\": [1.0]}",
                        "#/inputs/0",
                        "Input 'x' is 1.0 at [0]; it takes whole numbers. Leave out the point."),
                arguments(
                        whole, "{\"inputs\": [1.5]}", "#/inputs/0", "Input 'x' is 1.5 at [0]; it takes whole numbers."),
                arguments(
                        whole,
                        "{\"inputs\": [null]}",
                        "#/inputs/0",
                        "Input 'x' is null at [0]; it may not be missing."),
                arguments(
                        whole,
                        "{\"inputs\": [99999999999999999999]}",
                        "#/inputs/0",
                        "Input 'x' is 99999999999999999999 at [0]; INT8 takes -128 to 127."),
                arguments(flags, "{\"inputs\": [1]}", "#/inputs/0", "Input 'x' is 1 at [0]; it takes true or false."),
                arguments(
                        flags,
                        "{\"inputs\": [\"true\"]}",
                        "#/inputs/0",
                        "Input 'x' is the string \"true\" at [0]; it takes true or false. Remove the quotes."),
                arguments(
                        words,
                        "{\"inputs\": [5]}",
                        "#/inputs/0",
                        "Input 'x' is 5 at [0]; it takes strings. Put it into quotes."),
                arguments(
                        port("x", DataType.UINT64, "n"),
                        "{\"inputs\": [18446744073709551616]}",
                        "#/inputs/0",
                        "Input 'x' is 18446744073709551616 at [0]; UINT64 takes 0 to 18446744073709551615."),
                arguments(
                        port("x", DataType.UINT64, "n"),
                        "{\"inputs\": [-1]}",
                        "#/inputs/0",
                        "Input 'x' is -1 at [0]; UINT64 takes 0 to 18446744073709551615."),
                arguments(
                        port("x", DataType.FP16, "n"),
                        "{\"inputs\": [65520]}",
                        "#/inputs/0",
                        "Input 'x' is 65520 at [0]; FP16 takes -65504 to 65504."),
                arguments(
                        port("x", DataType.BF16, "n"),
                        "{\"inputs\": [3.4e38]}",
                        "#/inputs/0",
                        "Input 'x' is 3.4e38 at [0]; BF16 takes -3.38953E38 to 3.38953E38."),
                arguments(
                        port("x", DataType.FP64, "n"),
                        "{\"inputs\": [1e400]}",
                        "#/inputs/0",
                        "Input 'x' is 1e400 at [0]; FP64 takes -1.7976931348623157E308 to 1.7976931348623157E308."),
                arguments(
                        port("x", DataType.FP32),
                        "{\"instances\": [1]}",
                        "#/instances",
                        "Input 'x' takes [], which is not a list of any number of rows; use inputs: {\"inputs\":"
                                + " {…}}."),
                arguments(
                        port("x", DataType.FP32, 1, 2),
                        "{\"instances\": [[1, 2], [3, 4]]}",
                        "#/instances",
                        "Input 'x' takes [1, 2], which is not a list of any number of rows; use inputs: {\"inputs\":"
                                + " {…}}."),
                arguments(
                        port("x", DataType.FP32, "n", 2, 2),
                        "{\"inputs\": [[[1, 2], [3, 4]], [[1, 2], [3]]]}",
                        "#/inputs/1/1",
                        "Input 'x' is ragged: [0][0] has 2 values, [1][1] has 1."),
                arguments(
                        port("x", DataType.FP32, "n", "n"),
                        "{\"inputs\": [[1, 2]]}",
                        "#/inputs",
                        "Input 'x' has shape [1, 2]; it takes [n, n]: n is 2 here, but 1 in input 'x'."),
                arguments(
                        port("a/b ~", DataType.INT8, "n"),
                        "{\"inputs\": {\"a/b ~\": [\"long\"]}}",
                        "#/inputs/a~1b%20~0/0",
                        "Input 'a/b ~' is the string \"long\" at [0]; it takes whole numbers."),
                arguments(
                        words,
                        "{\"inputs\": [" + "9".repeat(60) + "]}",
                        "#/inputs/0",
                        "Input 'x' is 9999999999999999999999999999999999999999… at [0]; it takes strings. Put it into"
                                + " quotes."));
    }

    @ParameterizedTest
    @MethodSource("misfits")
    void saysWhatDoesNotFitAndWhere(Port input, String body, String pointer, String text) {
        InvalidInputException failure = failure(Signatures.of(input), body);

        assertThat(failure).hasMessage(text);
        assertThat(failure.kind()).isEqualTo(Kind.MISFIT);
        assertThat(failure.faults().getFirst().pointer()).isEqualTo(pointer);
    }

    static Stream<Arguments> unreadables() {
        return Stream.of(
                arguments("", "The body is empty; send {\"instances\": [[…]]}."),
                arguments("  ", "The body is empty; send {\"instances\": [[…]]}."),
                arguments("[[1, 2, 3, 4]]", "The body is a list; put it under a name: {\"instances\": […]}."),
                arguments("5", "The body is a single value; send {\"instances\": [[…]]}."),
                arguments("{}", "The body has neither 'inputs' nor 'instances'; send {\"instances\": [[…]]}."),
                arguments(
                        "{\"instnces\": [[1]]}", "'instnces' is not a member of a request; did you mean 'instances'?"),
                arguments(
                        "{\"inputs\": [[1, 2, 3, 4]], \"features\": 1}",
                        "'features' is not a member of a request; known are inputs, instances, parameters and id."),
                arguments(
                        "{\"inputs\": [[1, 2, 3, 4]], \"instances\": []}",
                        "The body has both 'inputs' and 'instances'; send one of them."),
                arguments(
                        "{\"inputs\": [[1, 2, 3, 4]], \"inputs\": [[1]]}",
                        "The body has the same member twice: 'inputs' and 'instances' may stand there once."),
                arguments("{\"instances\": 5}", "'instances' is not a list; send {\"instances\": [[…]]}."),
                arguments(
                        "{\"instances\": [[1 x]]}",
                        "The body is not JSON: line 1, column 19: a comma or ']' must follow, found 'x'."),
                arguments(
                        "{\"instances\":\n [[1, 2,, 3]]}",
                        "The body is not JSON: line 2, column 9: a value must follow, found ','."),
                arguments(
                        "{\"inputs\" [1]}",
                        "The body is not JSON: line 1, column 11: a colon must follow the name, found '['."),
                arguments(
                        "{inputs: [1]}",
                        "The body is not JSON: line 1, column 2: a name in double quotes must follow, found 'i'."),
                arguments("{\"inputs\": [[1, 2, 3, 4]]", "The body is not JSON: line 1, column 26: it ends too early."),
                arguments(
                        "{\"inputs\": [[1, 2, 3, 4]]} x",
                        "The body is not JSON: line 1, column 28: 'x' is not a JSON value."),
                arguments(
                        "{\"inputs\": [[1, 2, 3, 4]]} {}",
                        "The body is not JSON: line 1, column 28: something follows the end of the object."),
                arguments(
                        "{\"inputs\": [[1, 2, 3, nul]]}",
                        "The body is not JSON: line 1, column 23: 'nul' is not a JSON value."),
                arguments(
                        "{\"inputs\": [[1, 2, 3, NaN]]}",
                        "The body is not JSON: line 1, column 23: NaN is not a JSON value; write null for NaN,"
                                + " \"Infinity\" or \"-Infinity\" in quotes."),
                arguments(
                        "{\"inputs\": [[1, 2, 3, -Infinity]]}",
                        "The body is not JSON: line 1, column 23: -Infinity is not a JSON value; write null for NaN,"
                                + " \"Infinity\" or \"-Infinity\" in quotes."),
                arguments(
                        "{\"inputs\": [[1, 2, 3, 01]]}",
                        "The body is not JSON: line 1, column 24: a number, string, list or object is malformed."));
    }

    @ParameterizedTest
    @MethodSource("unreadables")
    void saysWhyABodyCannotBeRead(String body, String text) {
        InvalidInputException failure = failure(IRIS, body);

        assertThat(failure).hasMessage(text);
        assertThat(failure.kind()).isEqualTo(Kind.UNREADABLE);
    }

    @Test
    void tellsAllFaultsAtOnceUpToTwenty() {
        Signature two = Signatures.of(port("a", DataType.INT8, "n"), port("b", DataType.INT8, "n"));

        InvalidInputException failure = failure(two, "{\"inputs\": {\"a\": [1, 300, 1.5], \"c\": 1, \"b\": [[1]]}}");
        assertThat(failure.faults())
                .extracting(Fault::pointer, Fault::rule)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("#/inputs/a/1", "range"),
                        org.assertj.core.groups.Tuple.tuple("#/inputs/a/2", "type"),
                        org.assertj.core.groups.Tuple.tuple("#/inputs/c", "unknown"),
                        org.assertj.core.groups.Tuple.tuple("#/inputs/b", "shape"));
        assertThat(failure).hasMessageEndingWith("And 3 more.");

        assertThat(failure(IRIS, "{\"inputs\": [[" + "true,".repeat(1000) + "true]]}")
                        .faults())
                .hasSize(20);
    }

    @Test
    void comparesSymbolsAcrossInputs() {
        Signature two = Signatures.of(port("a", DataType.INT8, "batch"), port("b", DataType.INT8, "batch", 1));

        assertThat(failure(two, "{\"inputs\": {\"a\": [1, 2], \"b\": [[1], [2], [3]]}}"))
                .hasMessage("Input 'b' has shape [3, 1]; it takes [batch, 1]: batch is 3 here, but 2 in input 'a'.");
    }

    @Test
    void asksForNamesWhenThereAreSeveralInputs() {
        Signature two = Signatures.of(port("a", DataType.INT8, "batch"), port("b", DataType.INT8, "batch"));

        assertThat(failure(two, "{\"inputs\": [1]}"))
                .hasMessage("The model takes a and b; send an object: {\"inputs\": {\"name\": …}}.");
        assertThat(failure(two, "{\"instances\": [1]}"))
                .hasMessage("Instance 0 is not an object; the model takes a and b, so each instance names them:"
                        + " {\"instances\": [{\"name\": …}]}.");
    }

    @Test
    void boundsDepthNumbersAndElements() {
        assertThat(failure(IRIS, "{\"inputs\": " + "[".repeat(250_000) + "]".repeat(250_000) + "}"))
                .hasMessage("The body is not read: it nests lists or objects more than 64 deep.");
        assertThat(failure(IRIS, "{\"id\": " + "{\"a\":".repeat(250_000)))
                .hasMessageEndingWith("it nests lists or objects more than 64 deep.");
        assertThat(failure(IRIS, "{\"inputs\": [[" + "9".repeat(1_000_000) + "]]}"))
                .hasMessageEndingWith("a number has more than 100 characters.");
        assertThat(failure(IRIS, "{\"inputs\": [[1e" + "9".repeat(50) + "]]}").kind())
                .isEqualTo(Kind.MISFIT);
        assertThat(failure(IRIS, "{\"" + "n".repeat(5_000) + "\": 1}"))
                .hasMessageEndingWith("a name or string is too long.");
        assertThatThrownBy(() -> {
                    byte[] body = bytes("{\"inputs\": [1, 2, 3, 4, 5]}");
                    NativeJson.read(body, body.length, IRIS, new JsonLimits(64, 4), pool);
                })
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The body has more than 4 values, the limit. Split it into several requests.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]"})
    void emptyRowsAndListsCountAsValuesToo(String row) {
        byte[] body = bytes("{\"instances\": [" + (row + ",").repeat(4) + row + "]}");
        Signature signature = row.equals("[]")
                ? IRIS
                : Signatures.of(port("a", DataType.INT8, "batch"), port("b", DataType.INT8, "batch"));

        assertThatThrownBy(() -> NativeJson.read(body, body.length, signature, new JsonLimits(64, 4), pool))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The body has more than 4 values, the limit. Split it into several requests.");
    }

    @Test
    void rowsWithoutTheirInputsCostNoMemoryPerInput() {
        Signature wide = Signatures.of(IntStream.range(0, 100)
                .mapToObj(i -> port("x" + i, DataType.INT8, "batch"))
                .toArray(Port[]::new));
        String body = "{\"instances\": [" + "{},".repeat(50_000) + "{}]}";
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        assertThat(failure(wide, body).faults())
                .hasSize(20)
                .first()
                .extracting(Fault::detail)
                .isEqualTo("Input 'x0' is missing from instances 0, 1, 2, 3, 4 and 49996 more.");

        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(50_000_000);
    }

    @Test
    void refusesWhatIsNotUtf8() {
        byte[] body = bytes("{\"inputs\": [\"?\"]}");
        body[13] = (byte) 0xFF;

        assertThatThrownBy(() -> NativeJson.read(
                        body, body.length, Signatures.of(port("x", DataType.BYTES, "n")), JsonLimits.DEFAULT, pool))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("it is not UTF-8");
    }

    @Test
    void readsOnlyTheGivenLength() {
        byte[] body = bytes("{\"inputs\": [1]}garbage");

        NativeJson.Request request =
                NativeJson.read(body, 15, Signatures.of(port("x", DataType.INT8, "n")), JsonLimits.DEFAULT, pool);

        assertThat(request.inputs().getFirst().elementCount()).isEqualTo(1);
        close(request);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"inputs\": [{\"name\": \"x\", \"shape\": [1, 4], \"datatype\": \"FP32\", \"data\": [1, 2, 3,"
                        + " NaN]}]}",
                "{\"model_name\": \"iris\", \"outputs\": [{\"name\": \"y\"}], \"inputs\": [{\"name\": \"x\","
                        + " \"shape\": [1, 4], \"datatype\": \"FP32\", \"data\": [[1, 2, 3, 4]]}]}"
            })
    void takesAV2RequestForOne(String body) {
        NativeJson.Request request = read(IRIS, body);

        assertThat(request.form()).isInstanceOf(NativeJson.Form.V2.class);
        assertThat(request.inputs().getFirst().shape()).containsExactly(1, 4);
        close(request);
    }

    @Nested
    class Answers {
        private final Signature one = new Signature(List.of(), List.of(port("y", DataType.FP32, "batch", 2)));
        private final Signature two =
                new Signature(List.of(), List.of(port("label", DataType.INT64, "batch"), port("p", DataType.FP32)));
        private final NativeJson.Request rows = new NativeJson.Request(new NativeJson.Form.Rows(2), List.of());
        private final NativeJson.Request columns = new NativeJson.Request(new NativeJson.Form.Columns(), List.of());

        @Test
        void toRowsAreBareValuesOfTheOnlyOutput() {
            assertThat(write(rows, one, floats(new long[] {2, 2}, 1, Float.NaN, Float.NEGATIVE_INFINITY, 0.1f)))
                    .isEqualTo("{\"predictions\":[[1.0,null],[\"-Infinity\",0.1]]}");
        }

        @Test
        void toRowsAreObjectsWhenThereAreSeveralOutputs() {
            assertThat(write(rows, two, longs(7, 8), maps()))
                    .isEqualTo(
                            "{\"predictions\":[{\"label\":7,\"p\":{\"0\":0.25,\"10\":0.75}},{\"label\":8,\"p\":{\"0\":1.0}}]}");
        }

        @Test
        void toColumnsAreNestedByShape() {
            assertThat(write(columns, two, longs(7), maps()))
                    .isEqualTo("{\"outputs\":{\"label\":[7],\"p\":[{\"0\":0.25,\"10\":0.75},{\"0\":1.0}]}}");
            assertThat(write(columns, one, floats(new long[] {2, 0}))).isEqualTo("{\"outputs\":{\"y\":[[],[]]}}");
        }

        @Test
        void toRowsThatAreNoneAreRefusedBeforeAnythingIsWritten() {
            ByteArrayOutputStream out = new ByteArrayOutputStream();

            assertThatThrownBy(() -> NativeJson.write(
                            rows, one, List.of(floats(new long[] {4, 2}, 1, 2, 3, 4, 5, 6, 7, 8)), out))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Output 'y' has shape [4, 2], not one value for each of 2 instances; use inputs:"
                            + " {\"inputs\": {…}}.");
            assertThat(out.size()).isZero();
        }

        private String write(NativeJson.Request request, Signature signature, Value... outputs) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            NativeJson.write(request, signature, List.of(outputs), out);
            return out.toString(StandardCharsets.UTF_8);
        }
    }

    @Test
    void makesExamplesThatItReads() {
        Tensor row = floats(new long[] {1, 4}, 5.1f, 3.5f, 1.4f, 0.2f);
        Signature fixed = new Signature(IRIS.inputs(), List.of(port("y", DataType.FP32, 4)));
        Signature two = Signatures.of(port("a", DataType.FP32, "batch", 4), port("b", DataType.FP32, "batch", 4));

        assertThat(NativeJson.example(IRIS, List.of(row))).isEqualTo("{\"instances\":[[5.1,3.5,1.4,0.2]]}");
        assertThat(NativeJson.example(fixed, List.of(row))).isEqualTo("{\"inputs\":{\"x\":[[5.1,3.5,1.4,0.2]]}}");
        assertThat(NativeJson.example(two, List.of(row, row)))
                .isEqualTo("{\"instances\":[{\"a\":[5.1,3.5,1.4,0.2],\"b\":[5.1,3.5,1.4,0.2]}]}");
        close(read(two, NativeJson.example(two, List.of(row, row))));
    }

    /** Reads a request and writes its inputs as columns. */
    private String echo(Signature signature, String body) {
        NativeJson.Request request = read(signature, body);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        NativeJson.write(
                new NativeJson.Request(new NativeJson.Form.Columns(), List.of()),
                new Signature(List.of(), signature.inputs()),
                List.copyOf(request.inputs()),
                out);
        close(request);
        String form = request.form() instanceof NativeJson.Form.Rows(int count) ? " rows " + count : "";
        return out.toString(StandardCharsets.UTF_8) + form;
    }

    private NativeJson.Request read(Signature signature, String body) {
        byte[] bytes = bytes(body);
        return NativeJson.read(bytes, bytes.length, signature, JsonLimits.DEFAULT, pool);
    }

    private InvalidInputException failure(Signature signature, String body) {
        return catchThrowableOfType(InvalidInputException.class, () -> read(signature, body));
    }

    private static void close(NativeJson.Request request) {
        request.inputs().forEach(Tensor::close);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Tensor floats(long[] shape, float... values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * 4).order(ByteOrder.nativeOrder());
        data.asFloatBuffer().put(values);
        return Tensor.of(DataType.FP32, shape, data);
    }

    private static Tensor longs(long... values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * 8).order(ByteOrder.nativeOrder());
        data.asLongBuffer().put(values);
        return Tensor.of(DataType.INT64, new long[] {values.length}, data);
    }

    private static Value.Sequence maps() {
        return new Value.Sequence(List.of(map(Map.of(0L, 0.25f, 10L, 0.75f)), map(Map.of(0L, 1f))));
    }

    private static Value.Mapping map(Map<Long, Float> entries) {
        return new Value.Mapping(DataType.INT64, DataType.FP32, new TreeMap<>(entries));
    }
}
