package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.predict.PredictionListener.Prediction;
import dev.serin.gateway.predict.Target;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(30)
class BodyLimitTest {
    private static final int LIMIT = (int) TestEdge.MAX_BODY_BYTES;

    private final TestEdge edge = new TestEdge();
    private final GatewayServer server = GatewayServer.start(edge.config, edge.edge, edge.drain);

    @BeforeAll
    void refuseWhatWasRead() {
        edge.fail(new ServingException(ErrorCode.INVALID_INPUT, "It was read."));
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private RawHttp open() throws IOException {
        return new RawHttp(server.port());
    }

    private static String head(String path, String... headers) {
        return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
    }

    @Test
    void aDeclaredLengthOverTheLimitIsRefusedBeforeTheBodyComes() throws IOException {
        try (RawHttp raw = open()) {
            RawHttp.Reply reply = raw.send(head("/models/iris/predict", "Content-Length: 82100"))
                    .reply();

            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.header("serin-error")).isEqualTo("body-too-large");
            assertThat(reply.header("content-type")).isEqualTo("application/problem+json");
            assertThat(reply.body()).contains("The body has 80.2 KiB, the limit is 2 KiB.");
            assertThat(raw.takesNoMore()).isTrue();
        }
    }

    @Test
    void onV2ItIsRefusedInV2sWords() throws IOException {
        try (RawHttp raw = open()) {
            RawHttp.Reply reply = raw.send(head("/v2/models/iris/infer", "Content-Length: 82100"))
                    .reply();

            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.header("content-type")).isEqualTo("application/json");
            assertThat(reply.body())
                    .startsWith("{\"error\":\"The body has 80.2 KiB")
                    .endsWith("\"}");
        }
    }

    @Test
    void aChunkedBodyIsRefusedAtTheLimitAndTheConnectionClosed() throws IOException {
        String chunk = "400\r\n" + "x".repeat(0x400) + "\r\n";
        try (RawHttp raw = open()) {
            RawHttp.Reply reply = raw.send(head("/models/iris/predict", "Transfer-Encoding: chunked"))
                    .send(chunk)
                    .send(chunk)
                    .send("1\r\n")
                    .reply();

            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.header("serin-error")).isEqualTo("body-too-large");
            assertThat(reply.header("connection")).isEqualTo("close");
            assertThat(reply.body()).contains("The body is larger than 2 KiB, the limit.");
            assertThat(raw.takesNoMore()).isTrue();
        }
    }

    @Test
    void aBodyOfExactlyTheLimitIsRead() throws Exception {
        try (RawHttp raw = open()) {
            RawHttp.Reply reply = raw.send(head("/models/iris/predict", "Content-Length: " + LIMIT) + " ".repeat(LIMIT))
                    .reply();

            assertThat(reply.status()).isEqualTo(422);
            assertThat(edge.told(reply.header("x-request-id")).bytesIn()).isEqualTo(LIMIT);
        }
    }

    @Test
    void aChunkThatClaimsGigabytesIsRefusedWithoutAllocatingThem() throws IOException {
        try (RawHttp raw = open()) {
            RawHttp.Reply reply = raw.send(head("/models/iris/predict", "Transfer-Encoding: chunked") + "7fffffff\r\n")
                    .reply();

            assertThat(reply.status()).isEqualTo(413);
        }
    }

    @Test
    void refusedBodiesAreCountedAsPredictions() throws Exception {
        try (RawHttp raw = open()) {
            raw.send(head("/models/iris/2/predict", "X-Request-Id: too-large", "Content-Length: 82100"))
                    .reply();
        }

        Prediction told = edge.told("too-large");
        assertThat(told.error()).contains(ErrorCode.BODY_TOO_LARGE);
        assertThat(told.target()).isEqualTo(new Target("iris", Optional.of("2")));
        assertThat(told.status()).isEqualTo(413);
    }
}
