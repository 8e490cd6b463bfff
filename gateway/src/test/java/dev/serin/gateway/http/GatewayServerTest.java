package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayServerTest {
    private final TestEdge edge = new TestEdge();
    private final GatewayServer server = GatewayServer.start(edge.config, edge.edge, edge.drain);

    @BeforeEach
    void refuseEverything() {
        edge.fail(new ServingException(ErrorCode.INVALID_BODY, "The body is empty."));
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private RawHttp.Reply ask(int port, String request) throws IOException {
        try (RawHttp raw = new RawHttp(port)) {
            return raw.send(request).reply();
        }
    }

    private RawHttp.Reply ask(String request) throws IOException {
        return ask(server.port(), request);
    }

    @Test
    void bothPortsAreRealOnes() {
        assertThat(server.port()).isPositive().isNotEqualTo(server.managementPort());
        assertThat(server.managementPort()).isPositive();
    }

    @Test
    void aPostWithoutLengthHasAnEmptyBody() throws IOException {
        RawHttp.Reply reply = ask("POST /v2/models/iris/infer HTTP/1.1\r\nHost: x\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).isEqualTo("{\"error\":\"The body is empty.\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GARBAGE\r\n\r\n",
                "GET /models\r\n\r\n",
                "GET /models HTTP/9.9\r\nHost: x\r\n\r\n",
                "GET /models HTTP/1.1\r\n\r\n",
                "GET /models HTTP/1.1\r\nHost x\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
                "POST /models/iris/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                "POST /models/iris/predict HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "POST /models/iris/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            })
    void whatIsNoRequestIsRefusedInOurOwnWordsAndTheConnectionClosed(String request) throws IOException {
        try (RawHttp raw = new RawHttp(server.port())) {
            RawHttp.Reply reply = raw.send(request).reply();

            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.header("serin-error")).isEqualTo("invalid-request");
            assertThat(reply.header("content-type")).isEqualTo("application/problem+json");
            assertThat(reply.header("x-request-id")).isNotEmpty();
            assertThat(reply.body())
                    .contains("\"detail\": \"The request is not valid HTTP/1.1; the connection is closed.\"");
            assertThat(raw.takesNoMore()).isTrue();
        }
    }

    @Test
    void aHeadTooLargeIsRefused() throws IOException {
        RawHttp.Reply reply = ask("GET /v2 HTTP/1.1\r\nHost: x\r\nX-Long: " + "a".repeat(20_000) + "\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.header("serin-error")).isEqualTo("invalid-request");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/models/..%2f..%2fetc",
                "/models/%2e%2e/predict",
                "/models/iris%252f2/predict",
                "/models//predict",
                "/models/iris/",
                "/models/./predict",
                "/models/%00",
                "/models/%ff",
                "/models/a%2Fb",
                "/models/" + "a%61%61",
                "/v2/models/%20"
            })
    void aPathThatTriesToMeanMoreIsNotFound(String path) throws IOException {
        RawHttp.Reply reply = ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");

        assertThat(reply.status()).isIn(400, 404);
        assertThat(reply.header("serin-error")).isIn("not-found", "model-not-found", "invalid-request");
    }

    @Test
    void segmentsAreDecodedOnce() throws IOException {
        assertThat(ask("GET /models/%69ris HTTP/1.1\r\nHost: x\r\n\r\n").status())
                .isEqualTo(200);
    }

    @Test
    void anEarlyAnswerLeavesTheConnectionUsable() throws IOException {
        try (RawHttp raw = new RawHttp(server.port())) {
            raw.send("POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd");
            assertThat(raw.reply().status()).isEqualTo(404);

            raw.send("GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(raw.reply().status()).isEqualTo(200);
        }
    }

    @Test
    void headIsGetWithoutBodyExceptOnV2() throws IOException {
        try (RawHttp raw = new RawHttp(server.port())) {
            RawHttp.Reply models =
                    raw.send("HEAD /models HTTP/1.1\r\nHost: x\r\n\r\n").replyToHead();
            assertThat(models.status()).isEqualTo(200);
            assertThat(Integer.parseInt(models.header("content-length"))).isPositive();

            RawHttp.Reply v2 =
                    raw.send("HEAD /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n").replyToHead();
            assertThat(v2.status()).isEqualTo(405);

            assertThat(raw.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
                            .reply()
                            .body())
                    .isEqualTo("{\"status\":\"UP\"}");
        }
    }

    @Test
    void metricsAreOnTheManagementPortAlone() throws IOException {
        String request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

        assertThat(ask(server.managementPort(), request).body()).isEqualTo("# metrics\n");
        assertThat(ask(request).status()).isEqualTo(404);
        assertThat(ask(server.managementPort(), "GET /models HTTP/1.1\r\nHost: x\r\n\r\n")
                        .status())
                .isEqualTo(404);
    }

    @Test
    void aPortInUseIsNamedWithTheWayOut() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            HttpConfig config = new HttpConfig(
                    "127.0.0.1",
                    taken.getLocalPort(),
                    new HttpConfig.Management("127.0.0.1", 0, Optional.empty(), Set.of()),
                    8,
                    1024,
                    edge.config.jsonLimits(),
                    edge.config.readLimits(),
                    Duration.ZERO);

            assertThatThrownBy(() -> GatewayServer.start(config, edge.edge, edge.drain))
                    .isInstanceOf(PortUnavailableException.class)
                    .hasMessage(
                            "port %1$d is in use: another program listens on 127.0.0.1:%1$d; choose another with"
                                    + " server.port or --port, or --port 0 for a free one",
                            taken.getLocalPort());
        }
    }
}
