package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.serin.gateway.predict.Answer;
import dev.serin.gateway.predict.Predictions;
import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors as bytes over a real socket; the numbers are those of the conformance cases. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(30)
class V2BinaryServiceTest {
    private static final String IHCL = "inference-header-content-length"; // as Triton's client spells it
    private static final long LIMIT = 4 << 20;

    private final TestEdge edge =
            new TestEdge(LIMIT, new ReadLimits(Duration.ofSeconds(10), Duration.ofSeconds(10)), Duration.ofSeconds(10));
    private final GatewayServer server = GatewayServer.start(edge.config, edge.edge, edge.drain);
    private int lent;

    @BeforeEach
    void countBuffers() {
        lent = BufferPool.SHARED.lent();
    }

    @AfterEach
    void everyBufferIsBackAndTheServerAnswers() throws IOException {
        RawHttp.Reply reply = ask(request(1), floats(1, 2, 3, 4));
        assertThat(reply.status()).isEqualTo(200);
        await().untilAsserted(() -> assertThat(BufferPool.SHARED.lent()).isEqualTo(lent));
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private static String request(int rows) {
        return ("{'parameters':{'binary_data_output':true},'inputs':[{'name':'x','shape':[%d,4],'datatype':'FP32',"
                        + "'parameters':{'binary_data_size':%d}}]}")
                .formatted(rows, rows * 16)
                .replace('\'', '"');
    }

    private RawHttp.Reply ask(String json, byte[] bytes) throws IOException {
        return ask(Integer.toString(json.length()), json, bytes);
    }

    private RawHttp.Reply ask(String header, String json, byte[] bytes) throws IOException {
        try (RawHttp raw = new RawHttp(server.port())) {
            return raw.send(head(
                            IHCL + ": " + header,
                            "Content-Length: " + (json.length() + bytes.length),
                            "Content-Type: application/octet-stream"))
                    .send(json)
                    .send(bytes)
                    .reply();
        }
    }

    private static String head(String... headers) {
        return "POST /v2/models/iris/infer HTTP/1.1\r\nHost: x\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    private static void assertBinary(RawHttp.Reply reply, String shape, byte[] expected) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.header("content-type")).isEqualTo("application/octet-stream");
        assertThat(reply.header("transfer-encoding")).isEmpty();
        int json = Integer.parseInt(reply.header(IHCL));
        assertThat(new String(reply.bytes(), 0, json, StandardCharsets.UTF_8))
                .isEqualTo(("{'model_name':'iris','model_version':'2','outputs':[{'name':'y','datatype':'FP32',"
                                + "'shape':" + shape + ",'parameters':{'binary_data_size':" + expected.length + "}}]}")
                        .replace('\'', '"'));
        assertThat(Arrays.copyOfRange(reply.bytes(), json, reply.bytes().length))
                .isEqualTo(expected);
        assertThat(reply.header("content-length")).isEqualTo(Integer.toString(json + expected.length));
    }

    private static void assertRefused(RawHttp.Reply reply, String text) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        assertThat(reply.header("content-type")).isEqualTo("application/json");
        assertThat(reply.header(IHCL)).isEmpty();
        assertThat(reply.body()).startsWith("{\"error\":\"").contains(text).endsWith("\"}");
    }

    @Test
    void case41And67BytesAreAnsweredWithBytesAndTheirLengths() throws IOException {
        assertBinary(ask(request(1), floats(1, 2, 3, 4)), "[1,4]", floats(2, 4, 6, 8));
    }

    @Test
    void case46BytesAloneAreAnsweredWithBytes() throws IOException {
        assertBinary(ask("0", "", floats(1, 2, 3, 4, 5, 6, 7, 8)), "[2,4]", floats(2, 4, 6, 8, 10, 12, 14, 16));
    }

    @Test
    void theHeaderMayStandBeforeABodyThatIsAllJson() throws IOException {
        String json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}";
        RawHttp.Reply reply = ask(json, new byte[0]);

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.header("content-type")).isEqualTo("application/json");
        assertThat(reply.header(IHCL)).isEmpty();
        assertThat(reply.body()).endsWith("\"data\":[2.0,4.0,6.0,8.0]}]}");
    }

    @Test
    void aRequestInJsonMayBeAnsweredWithBytes() throws IOException {
        String json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}],"
                + "\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}]}";
        try (RawHttp raw = new RawHttp(server.port())) {
            RawHttp.Reply reply =
                    raw.send(head("Content-Length: " + json.length()) + json).reply();

            assertBinary(reply, "[1,4]", floats(2, 4, 6, 8));
        }
    }

    @Test
    void aLargeBodyComesWholeAndInChunksToo() throws IOException {
        float[] values = new float[150_000];
        float[] doubled = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
            doubled[i] = 2f * i;
        }
        byte[] sent = floats(values);
        String json = request(values.length / 4);

        assertBinary(ask(json, sent), "[37500,4]", floats(doubled));
        try (RawHttp raw = new RawHttp(server.port())) {
            raw.send(head(IHCL + ": " + json.length(), "Transfer-Encoding: chunked"));
            byte[] all = new ByteArrayOutputStream() {
                {
                    writeBytes(json.getBytes(StandardCharsets.UTF_8));
                    writeBytes(sent);
                }
            }.toByteArray();
            for (int at = 0; at < all.length; at += 10_007) {
                byte[] chunk = Arrays.copyOfRange(all, at, Math.min(all.length, at + 10_007));
                raw.send(Integer.toHexString(chunk.length) + "\r\n").send(chunk).send("\r\n");
            }
            assertBinary(raw.send("0\r\n\r\n").reply(), "[37500,4]", floats(doubled));
            assertThat(raw.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
                            .reply()
                            .status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "5000 | Header Inference-Header-Content-Length is 5000, but the body has 151 bytes; it takes the"
                        + " number of bytes",
                "-5 | Header Inference-Header-Content-Length is '-5'; it takes the number of bytes of JSON at the"
                        + " beginning of the body, 0 to 2147483647.",
                "abc | Header Inference-Header-Content-Length is 'abc'; it takes",
                "99999999999 | Header Inference-Header-Content-Length is '99999999999'; it takes",
                "2147483648 | Header Inference-Header-Content-Length is '2147483648'; it takes",
                "1.5 | is '1.5'; it takes",
                "117, 117 | is '117, 117'; it takes"
            })
    void case49AHeaderThatIsNoLengthOfThisBodyIsRefused(String header, String text) throws IOException {
        assertRefused(ask(header, request(1), floats(1, 2, 3, 4)), text);
    }

    @Test
    void case49TwoHeadersAreRefused() throws IOException {
        assertRefused(
                ask(request(1).length() + "\r\n" + IHCL + ": 7", request(1), floats(1, 2, 3, 4)),
                "; it takes the number of bytes of JSON");
    }

    @Test
    void case49AChunkedBodyThatIsShorterThanItsJsonIsRefused() throws IOException {
        try (RawHttp raw = new RawHttp(server.port())) {
            RawHttp.Reply reply = raw.send(head(IHCL + ": 5000", "Transfer-Encoding: chunked") + "2\r\n{}\r\n0\r\n\r\n")
                    .reply();

            assertRefused(reply, "Header Inference-Header-Content-Length is 5000, but the body has 2 bytes;");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 12, 20})
    void case52And53TooFewAndTooManyBytesAreRefused(int size) throws IOException {
        assertRefused(ask(request(1), new byte[size]), size < 16 ? "bytes are left of the" : "4 bytes are left behind");
    }

    @Test
    void case56BytesWithoutTheHeaderAreRefused() throws IOException {
        String json = request(1);
        try (RawHttp raw = new RawHttp(server.port())) {
            assertRefused(
                    raw.send(head("Content-Length: " + (json.length() + 16)) + json)
                            .send(floats(1, 2, 3, 4))
                            .reply(),
                    "Input 'x' has 'binary_data_size', but all of the body is JSON");
        }
    }

    @Test
    void case65ACompressedBodyIsRefused() throws IOException {
        String json = request(1);
        try (RawHttp raw = new RawHttp(server.port())) {
            RawHttp.Reply reply = raw.send(head(
                                    IHCL + ": " + json.length(),
                                    "Content-Length: " + (json.length() + 16),
                                    "Content-Encoding: gzip")
                            + json)
                    .send(floats(1, 2, 3, 4))
                    .reply();

            assertThat(reply.status()).isEqualTo(415);
            assertThat(reply.body()).contains("send the body uncompressed");
        }
    }

    @Test
    void aModelThatIsNotThereLosesNoBuffer() throws IOException {
        try (RawHttp raw = new RawHttp(server.port())) {
            String head = head(IHCL + ": 0", "Content-Length: 16").replace("iris", "nope");

            assertThat(raw.send(head).send(floats(1, 2, 3, 4)).reply().status()).isEqualTo(404);
        }
    }

    @Test
    void aBodyThatGoesOverTheLimitInItsBytesIsRefusedAndLosesNoBuffer() throws IOException {
        try (RawHttp raw = new RawHttp(server.port())) {
            raw.send(head(IHCL + ": 2", "Transfer-Encoding: chunked") + "400000\r\n");
            raw.send(new byte[4 << 20]);

            assertThat(raw.send("\r\n1\r\n").reply().status()).isEqualTo(413);
        }
    }

    @Test
    void aCallerWhoLeavesInTheMiddleOfTheBytesLosesNoBuffer() throws IOException {
        try (RawHttp raw = new RawHttp(server.port())) {
            raw.send(head(IHCL + ": 2", "Content-Length: 100000") + "{}").send(new byte[50_000]);
            await().untilAsserted(() -> assertThat(BufferPool.SHARED.lent()).isGreaterThan(lent));
        }
    }

    @Test
    void aCallerWhoLeavesInTheMiddleOfALargeAnswerIsToldOfAsServed() throws Exception {
        Predictions usual = edge.predictions;
        edge.predictions = call -> large((Answer.Outputs) usual.predict(call));
        try (RawHttp raw = new RawHttp(server.port())) {
            String json = request(1);
            raw.send(head(
                            IHCL + ": " + json.length(),
                            "X-Request-Id: leaves",
                            "Content-Length: " + (json.length() + 16)))
                    .send(json)
                    .send(floats(1, 2, 3, 4));
            assertThat(raw.line()).isEqualTo("HTTP/1.1 200 OK");
        } finally {
            edge.predictions = usual;
        }

        assertThat(edge.told("leaves").status()).isEqualTo(200);
    }

    /** More than the buffers of both sockets take. */
    private static Answer large(Answer.Outputs answer) {
        int rows = 4 << 20;
        ByteBuffer zeros = ByteBuffer.allocate(rows * 16).order(ByteOrder.nativeOrder());
        Tensor output = Tensor.of(DataType.FP32, new long[] {rows, 4}, zeros);
        return new Answer.Outputs(answer.by(), answer.signature(), List.of(output), answer.timings());
    }
}
