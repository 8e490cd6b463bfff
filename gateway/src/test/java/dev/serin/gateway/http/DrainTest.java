package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.predict.Answer;
import dev.serin.gateway.predict.Call;
import dev.serin.gateway.predict.Timings;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DrainTest {
    private static final String ASK = "POST /models/iris/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    private static final String READY = "GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n";

    private final TestEdge edge = new TestEdge();
    private final GatewayServer server = GatewayServer.start(edge.config, edge.edge, edge.drain);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch running = new CountDownLatch(1);
    private final CountDownLatch mayAnswer = new CountDownLatch(1);

    @AfterEach
    void stop() {
        mayAnswer.countDown();
        server.close();
        threads.shutdownNow();
    }

    private Answer slow(Call call) {
        running.countDown();
        try {
            assertThat(mayAnswer.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError("a request in progress was interrupted", e);
        }
        return new Answer.Failed(
                Optional.empty(), new ServingException(ErrorCode.INVALID_INPUT, "Answered."), Timings.NONE);
    }

    @Test
    void aRequestInProgressIsAnsweredAndItsConnectionClosed() throws Exception {
        edge.predictions = this::slow;
        try (RawHttp raw = new RawHttp(server.port())) {
            raw.send(ASK);
            running.await();
            Future<?> closed = threads.submit(server::close);
            edge.drain.begin(); // as close() does, and seen here without waiting for it

            mayAnswer.countDown();
            RawHttp.Reply reply = raw.reply();

            assertThat(reply.body()).contains("Answered.");
            assertThat(reply.header("connection")).isEqualTo("close");
            assertThat(raw.isClosedByPeer()).isTrue();
            closed.get();
        }
        assertThatThrownBy(() -> new RawHttp(server.port())).isInstanceOf(Exception.class);
    }

    @Test
    void whileItDrainsTheGatewayIsNotReadyAndStillAnswers() throws Exception {
        edge.predictions = this::slow;
        try (RawHttp inProgress = new RawHttp(server.port());
                RawHttp late = new RawHttp(server.port());
                RawHttp probe = new RawHttp(server.managementPort())) {
            inProgress.send(ASK);
            running.await();
            edge.drain.begin();

            RawHttp.Reply ready = probe.send(READY).reply();
            assertThat(ready.status()).isEqualTo(503);
            assertThat(ready.body()).contains("\"reason\": \"stopping\"");

            RawHttp.Reply answered =
                    late.send("GET /models/iris HTTP/1.1\r\nHost: x\r\n\r\n").reply();
            assertThat(answered.status()).isEqualTo(200);
            assertThat(answered.header("connection")).isEqualTo("close");
        }
    }

    @Test
    void waitingForIdleEndsWithTheLastRequestOrWithPatience() throws Exception {
        Drain drain = new Drain();
        drain.enter();
        drain.enter();
        drain.begin();
        assertThat(drain.awaitIdle(Duration.ofMillis(1))).isFalse();

        Future<Boolean> idle = threads.submit(() -> drain.awaitIdle(Duration.ofSeconds(20)));
        drain.leave();
        drain.leave();

        assertThat(idle.get()).isTrue();
    }

    @Test
    void anIdleConnectionDoesNotHoldUpTheEnd() throws Exception {
        try (RawHttp idle = new RawHttp(server.port())) {
            idle.send("GET /models HTTP/1.1\r\nHost: x\r\n\r\n").reply();

            server.close();

            assertThat(idle.isClosedByPeer()).isTrue();
        }
    }

    /** First the moment in which callers may still ask, then the wait for what they asked. */
    @Test
    void whatIsAskedInTheMomentBeforeTheEndIsAwaitedToo() throws Exception {
        int port = server.port();
        try (RawHttp caller = new RawHttp(port)) {
            caller.send("GET /models HTTP/1.1\r\nHost: x\r\n\r\n").reply();
            edge.predictions = this::slow;
            Future<?> closed = threads.submit(server::close);
            Awaitility.await().until(edge.drain::isDraining);

            caller.send(ASK);
            running.await();
            // well past the moment, the port is still there, because this request is
            Awaitility.await().during(Duration.ofMillis(1200)).until(() -> !closed.isDone() && accepts(port));
            mayAnswer.countDown();

            RawHttp.Reply reply = caller.reply();
            assertThat(reply.body()).contains("Answered.");
            assertThat(reply.header("connection")).isEqualTo("close");
            closed.get();
        }
        assertThat(accepts(port)).isFalse();
    }

    private static boolean accepts(int port) throws IOException {
        try (var _ = new RawHttp(port)) {
            return true;
        } catch (ConnectException e) {
            return false;
        }
    }

    @Test
    void closingTwiceIsHarmless() throws IOException {
        server.close();
        server.close();
    }
}
