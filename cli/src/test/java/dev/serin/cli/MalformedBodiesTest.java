package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a caller who sends nonsense is told by the real gateway, and that the next caller does not notice. */
class MalformedBodiesTest {
    private static final String IRIS = "models/iris/2/predict";
    private static final String PENGUINS = "models/penguins/1/predict";
    private static final String V2 = "v2/models/iris/infer";

    @TempDir
    private static Path work;

    private static GatewayProcess gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway = GatewayProcess.start(
                work, Path.of(System.getProperty("serin.basedir"), "models"), "requests.max-size=4MiB");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    static Stream<Arguments> bodies() {
        return Stream.of(
                arguments(
                        "broken JSON",
                        IRIS,
                        "{\"instances\": [[5.1, 3.5, 1.4 x]]}",
                        400,
                        "The body is not JSON: line 1, column 31: a comma or ']' must follow, found 'x'."),
                arguments(
                        "a body that ends too early",
                        IRIS,
                        "{\"instances\": [[5.1, 3.5, 1.4, 0.2]]",
                        400,
                        "The body is not JSON: line 1, column 37: it ends too early."),
                arguments("nothing", IRIS, "", 400, "The body is empty; send {\"instances\": [[…]]}."),
                arguments(
                        "250,000 levels",
                        IRIS,
                        "{\"instances\": " + "[".repeat(250_000) + "]".repeat(250_000) + "}",
                        400,
                        "The body is not read: it nests lists or objects more than 64 deep."),
                arguments(
                        "ragged rows",
                        IRIS,
                        "{\"instances\": [[5.1, 3.5, 1.4, 0.2], [5.1, 3.5, 1.4]]}",
                        422,
                        "Input 'x' is ragged: instance 0 has 4 values, instance 1 has 3."),
                arguments(
                        "a string for a number",
                        IRIS,
                        "{\"instances\": [[5.1, 3.5, \"1.4\", 0.2]]}",
                        422,
                        "Input 'x' of instance 0 is the string \"1.4\" at [2]; it takes numbers. Remove the quotes."),
                arguments(
                        "another type",
                        V2,
                        tensor("[1, 4]", "INT64"),
                        400,
                        "Input 'x' is sent as INT64; it takes FP32."),
                arguments(
                        "a shape past 2^63 values",
                        V2,
                        tensor("[9223372036854775807, 4]", "FP32"),
                        400,
                        "Input 'x' has shape [9223372036854775807, 4], which is more than 67108864 values, the limit."),
                arguments(
                        "a missing input",
                        PENGUINS,
                        "{\"instances\": [{\"island\": \"Biscoe\", \"bill_length_mm\": 46.1, \"bill_depth_mm\": 13.2, "
                                + "\"flipper_length_mm\": 211, \"body_mass_g\": 4500}]}",
                        422,
                        "Input 'sex' is missing from instance 0."),
                arguments(
                        "an unknown input",
                        IRIS,
                        "{\"inputs\": {\"x\": [[5.1, 3.5, 1.4, 0.2]], \"sepal\": 1}}",
                        422,
                        "Input 'sepal' is not known; known are x."),
                arguments(
                        "a bare NaN",
                        IRIS,
                        "{\"instances\": [[5.1, 3.5, NaN, 0.2]]}",
                        400,
                        "The body is not JSON: line 1, column 27: NaN is not a JSON value; "
                                + "write null for NaN, \"Infinity\" or \"-Infinity\" in quotes."),
                arguments(
                        "a number of 10^6 digits",
                        IRIS,
                        "{\"instances\": [[5.1, 3.5, " + "9".repeat(1_000_000) + ", 0.2]]}",
                        400,
                        "The body is not read: a number has more than 100 characters."),
                arguments(
                        "a number beyond the type",
                        IRIS,
                        "{\"instances\": [[5.1, 3.5, 1e39, 0.2]]}",
                        422,
                        "Input 'x' of instance 0 is 1e39 at [2]; FP32 takes -3.4028235E38 to 3.4028235E38."),
                arguments(
                        "a body over the limit",
                        IRIS,
                        "{\"instances\": [" + " ".repeat(5 << 20) + "]}",
                        413,
                        "The body has 5 MiB, the limit is 4 MiB. Send fewer rows at a time."));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bodies")
    void callerIsToldWhatIsWrongAndTheNextOneIsAnswered(String what, String path, String body, int status, String text)
            throws Exception {
        HttpResponse<String> refused = gateway.post("/" + path, body);

        JsonNode told = GatewayProcess.JSON.readTree(refused.body());
        assertThat(refused.statusCode()).as(what).isEqualTo(status);
        assertThat(told.get(path.startsWith("v2") ? "error" : "detail").asText())
                .startsWith(text);
        assertThat(refused.headers().firstValue("Serin-Error")).isPresent();
        assertThat(gateway.predict("iris/2", "{\"instances\": [[5.1, 3.5, 1.4, 0.2]]}")
                        .statusCode())
                .isEqualTo(200);
    }

    /** As most clients do: all of the request goes out before any of the answer is read. */
    @RepeatedTest(20)
    void callerWhoSendsAllOfABodyOverTheLimitStillReadsWhy() throws Exception {
        byte[] body = new byte[8 << 20];
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.setSoTimeout(20_000);
            OutputStream out = socket.getOutputStream();
            out.write("POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                    .formatted(IRIS, body.length)
                    .getBytes(StandardCharsets.US_ASCII));
            out.write(body);

            assertThat(readUntil("The body has 8 MiB, the limit is 4 MiB.", socket.getInputStream()))
                    .startsWith("HTTP/1.1 413 ");
        }
    }

    /** {@return what came until these words were among it; the connection stays open for a while after an answer} */
    private static String readUntil(String words, InputStream in) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            answer.write(b);
            if (answer.toString(StandardCharsets.UTF_8).endsWith(words)) {
                return answer.toString(StandardCharsets.UTF_8);
            }
        }
        throw new EOFException("No '%s' in %s".formatted(words, answer.toString(StandardCharsets.UTF_8)));
    }

    private static String tensor(String shape, String type) {
        return String.format(
                Locale.ROOT,
                "{\"inputs\": [{\"name\": \"x\", \"shape\": %s, \"datatype\": \"%s\", \"data\": [1, 2, 3, 4]}]}",
                shape,
                type);
    }
}
