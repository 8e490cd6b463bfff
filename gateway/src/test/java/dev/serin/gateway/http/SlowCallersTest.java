package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.http.RawHttp.Reply;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SlowCallersTest {
    private static final String GOOD = "GET /models/iris HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String POST = "POST /models/iris/predict HTTP/1.1\r\nHost: x\r\nX-Request-Id: slow\r\n";

    /** On a clock of the test, swept by the test: nothing happens by itself. */
    @Nested
    class OnceSwept {
        private final AtomicLong clock = new AtomicLong(-5); // nanoTime may be negative
        private final TestEdge edge = new TestEdge(
                1 << 20, new ReadLimits(Duration.ofSeconds(10), Duration.ofSeconds(30)), Duration.ofSeconds(1));
        private final Connections connections = edge.edge.connections(clock::get);
        private final WebServer server = WebServer.builder()
                .update(builder -> GatewayServer.listener(builder, edge.edge, connections))
                .routing(edge.edge::routing)
                .host("127.0.0.1")
                .port(0)
                .build()
                .start();

        @AfterEach
        void stop() {
            server.stop();
        }

        private RawHttp connect() throws IOException {
            RawHttp raw = new RawHttp(server.port());
            Awaitility.await().until(() -> connections.size() > 0);
            return raw;
        }

        private void after(int seconds) {
            clock.addAndGet(Duration.ofSeconds(seconds).toNanos());
            connections.sweep();
        }

        private boolean isOpen() {
            return connections.size() > 0;
        }

        private void assertCut(RawHttp raw, String part) throws Exception {
            assertThat(edge.cut.take()).isEqualTo(part);
            assertThat(raw.isClosedByPeer()).isTrue();
            Awaitility.await().until(() -> !isOpen()); // and its place is free again
            assertThat(edge.cut).isEmpty();
        }

        @Test
        void aConnectionThatNeverAsksIsCut() throws Exception {
            try (RawHttp raw = connect()) {
                after(9);
                assertThat(edge.cut).isEmpty();

                after(1);

                assertCut(raw, "head");
            }
        }

        @Test
        void anUnfinishedHeadIsCutHoweverItDrips() throws Exception {
            try (RawHttp raw = connect()) {
                for (int second = 0; second < 10; second++) {
                    raw.send("X");
                    after(1);
                }

                assertCut(raw, "head");
            }
        }

        @Test
        void aSecondHeadHasItsTimeFromItsFirstByte() throws Exception {
            try (RawHttp raw = connect()) {
                assertThat(raw.send(GOOD).reply().status()).isEqualTo(200);
                idles();
                after(100);
                raw.send("GET /models");
                Awaitility.await().until(() -> !connections.areIdle());

                after(9);
                assertThat(edge.cut).isEmpty();
                after(1);

                assertCut(raw, "head");
            }
        }

        @Test
        void aSecondHeadThatEndsAfterItsFirstLineIsCutToo() throws Exception {
            try (RawHttp raw = connect()) {
                assertThat(raw.send(GOOD).reply().status()).isEqualTo(200);
                idles();
                raw.send("GET /models HTTP/1.1\r\n");
                Awaitility.await().until(() -> !connections.areIdle());

                after(10);

                assertCut(raw, "head");
            }
        }

        @Test
        void aHeadThatBeganBehindTheFormerRequestIsCutToo() throws Exception {
            try (RawHttp raw = connect()) {
                assertThat(raw.send(GOOD + "GET /mod").reply().status()).isEqualTo(200);
                Awaitility.await().until(() -> !connections.areIdle());

                after(10);

                assertCut(raw, "head");
            }
        }

        @Test
        void anIdleConnectionIsLeftAloneAndAnswersAgain() throws Exception {
            try (RawHttp raw = connect()) {
                assertThat(raw.send(GOOD).reply().status()).isEqualTo(200);
                idles();

                after(100);

                assertThat(raw.send(GOOD).reply().status()).isEqualTo(200);
                assertThat(edge.cut).isEmpty();
            }
        }

        @Test
        void aStalledBodyIsAnsweredAndItsConnectionClosed() throws Exception {
            try (RawHttp raw = connect()) {
                raw.send(POST + "Content-Length: 100\r\n\r\n{\"inst");
                Awaitility.await().until(connections::areReading);
                after(29);
                assertThat(edge.cut).isEmpty();

                after(1);

                Reply reply = raw.reply();
                assertThat(reply.status()).isEqualTo(408);
                assertThat(reply.header("serin-error")).isEqualTo("request-timeout");
                assertThat(reply.header("x-request-id")).isEqualTo("slow");
                assertThat(reply.header("connection")).isEqualTo("close");
                assertThat(reply.body()).contains("\"code\": \"request-timeout\"", "\"status\": 408");
                assertCut(raw, "body");
            }
        }

        @Test
        void aStalledBodyOfV2IsAnsweredInItsManner() throws Exception {
            try (RawHttp raw = connect()) {
                raw.send("POST /v2/models/iris/infer HTTP/1.1\r\nHost: x\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a");
                Awaitility.await().until(connections::areReading);

                after(30);

                assertThat(raw.reply().body())
                        .isEqualTo("{\"error\":\"The body came too slowly or stopped coming; the connection is closed."
                                + " Send it again.\"}");
                assertCut(raw, "body");
            }
        }

        @Test
        void aBodyThatKeepsComingMayTakeLongerThanItsLimit() throws Exception {
            int size = 120 << 10; // four stretches of 30 KiB
            try (RawHttp raw = connect()) {
                raw.send(POST + "Content-Length: " + size + "\r\n\r\n");
                Awaitility.await().until(connections::areReading);
                for (int stretch = 1; stretch < 4; stretch++) {
                    raw.send(" ".repeat(30 << 10));
                    long sent = (long) stretch * (30 << 10);
                    Awaitility.await().until(() -> connections.bytesRead() >= sent);
                    after(30);
                }
                raw.send(" ".repeat(30 << 10));

                assertThat(raw.reply().status()).isEqualTo(400); // blanks are no JSON, but they are all here
                assertThat(edge.cut).isEmpty();
            }
        }

        @Test
        void aBodyThatDripsIsCutAfterTheFirstStretchThatBringsTooLittle() throws Exception {
            try (RawHttp raw = connect()) {
                raw.send(POST + "Content-Length: 100000\r\n\r\n");
                Awaitility.await().until(connections::areReading);
                raw.send(" ".repeat(31 << 10));
                Awaitility.await().until(() -> connections.bytesRead() >= 31 << 10);
                after(30);
                assertThat(edge.cut).isEmpty();
                raw.send(" ".repeat(29 << 10));
                Awaitility.await().until(() -> connections.bytesRead() >= 60 << 10);

                after(30);

                assertThat(raw.reply().status()).isEqualTo(408);
                assertCut(raw, "body");
            }
        }

        @Test
        void aRequestThatTakesLongToAnswerIsNotCut() throws Exception {
            CountDownLatch running = new CountDownLatch(1);
            CountDownLatch mayAnswer = new CountDownLatch(1);
            edge.predictions = call -> {
                running.countDown();
                try {
                    mayAnswer.await();
                } catch (InterruptedException e) {
                    throw new AssertionError("a request in progress was interrupted", e);
                }
                return edge.doubled(call);
            };
            String body = "{\"instances\": [[1, 2, 3, 4]]}";
            try (RawHttp raw = connect()) {
                raw.send(POST + "Content-Length: " + body.length() + "\r\n\r\n" + body);
                running.await();

                after(1000);
                mayAnswer.countDown();

                assertThat(raw.reply().status()).isEqualTo(200);
            }
        }

        @Test
        void theRestOfABodyThatNobodyWantedIsCutWithoutASecondAnswer() throws Exception {
            try (RawHttp raw = connect()) {
                raw.send("POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
                assertThat(raw.reply().status()).isEqualTo(404);
                Awaitility.await().until(connections::areReading);

                after(30);

                assertCut(raw, "body");
                assertThat(edge.drain.inProgress()).isZero();
            }
        }

        private void idles() {
            Awaitility.await().until(connections::areIdle);
        }
    }

    /** As it runs, on the real clock. */
    @Test
    void slowCallersAreCutWhileGoodOnesAreAnswered() throws Exception {
        TestEdge edge = new TestEdge(
                1 << 20, new ReadLimits(Duration.ofMillis(300), Duration.ofMillis(600)), Duration.ofSeconds(1));
        try (GatewayServer server = GatewayServer.start(edge.config, edge.edge, edge.drain);
                RawHttp idle = new RawHttp(server.port());
                RawHttp management = new RawHttp(server.managementPort());
                RawHttp head = new RawHttp(server.port());
                RawHttp body = new RawHttp(server.port())) {
            assertThat(idle.send(GOOD).reply().status()).isEqualTo(200);
            management.send("GET /metr");
            head.send("GET /mod");
            body.send(POST + "Content-Length: 100\r\n\r\n{");

            assertThat(head.isClosedByPeer()).isTrue();
            assertThat(management.isClosedByPeer()).isTrue();
            assertThat(body.reply().status()).isEqualTo(408);
            assertThat(body.isClosedByPeer()).isTrue();
            assertThat(idle.send(GOOD).reply().status()).isEqualTo(200);
            List<String> cut = List.of(edge.cut.take(), edge.cut.take(), edge.cut.take()); // told after the cut itself
            assertThat(cut).containsExactlyInAnyOrder("head", "head", "body");
            assertThat(edge.cut).isEmpty();
        }
    }
}
