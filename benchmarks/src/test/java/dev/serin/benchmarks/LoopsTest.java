package dev.serin.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoopsTest {
    private static final Request REQUEST = Request.json("/", "{}");
    private static final int LARGE = 8_000_000; // more than a socket takes at once

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch release = new CountDownLatch(1);
    private final HttpServer server = start();

    @BeforeEach
    void serve() {
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            // The eleventh is refused, the first waits where the test says so.
            int number = asked.incrementAndGet();
            if (exchange.getRequestURI().getPath().equals("/first-waits") && number == 1) {
                await(release);
            }
            boolean large = exchange.getRequestURI().getPath().equals("/large");
            byte[] body = new byte[large ? LARGE : 10];
            exchange.sendResponseHeaders(number == 11 ? 429 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void stop() {
        release.countDown();
        server.stop(0);
        threads.close();
    }

    private static HttpServer start() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int port() {
        return server.getAddress().getPort();
    }

    @Test
    void anOpenLoopSendsAllAndSaysWhatBecameOfEach() throws Exception {
        Schedule schedule = Schedule.constant(400, Duration.ofMillis(250));

        Answers answers = OpenLoop.run(port(), List.of(REQUEST), schedule);

        assertThat(asked.get()).isEqualTo(100);
        assertThat(answers.latencies(Answers.GOOD).count()).isEqualTo(99);
        assertThat(answers.latencies(Answers.REFUSED).count()).isEqualTo(1);
        assertThat(answers.perSecond(Answers.GOOD)).isEqualTo(396);
        assertThatExceptionOfType(WrongAnswerException.class)
                .isThrownBy(() -> answers.allowing(200))
                .withMessageContaining("{429=1}");
    }

    @Test
    void aSlowAnswerDelaysNobodyElseOfAnOpenLoop() throws Exception {
        Schedule schedule = Schedule.constant(200, Duration.ofMillis(250));
        Thread later = Thread.ofVirtual().start(() -> {
            while (asked.get() < 50) {
                Thread.onSpinWait();
            }
            release.countDown();
        });

        Answers answers = OpenLoop.run(port(), List.of(REQUEST.to("/first-waits")), schedule);
        later.join();

        // Had the others waited, the fiftieth would never have come; the first waited for the whole schedule.
        assertThat(answers.latencies(status -> status != 0).count()).isEqualTo(50);
        assertThat(answers.latencyNanos()[0]).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(240));
    }

    @Test
    void whoWaitsForAConnectionIsSeenToWait() throws Exception {
        Schedule schedule = Schedule.constant(100, Duration.ofMillis(100));
        Thread later = Thread.ofVirtual().start(() -> {
            while (asked.get() < 1) {
                Thread.onSpinWait();
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            release.countDown();
        });

        Answers answers = OpenLoop.run(port(), List.of(REQUEST.to("/first-waits")), schedule, 1);
        later.join();

        // Sent one after the other when the first is answered: the last waited from 90 ms on, not from when it was
        // sent.
        assertThat(answers.latencyNanos()[9]).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(100));
        assertThat(answers.lateness().millis(1)).isGreaterThan(100);
    }

    @Test
    void aClosedLoopSendsAsManyAsItIsTold() throws Exception {
        ByteBuffer wire = REQUEST.wire();

        ClosedLoop.Result result = ClosedLoop.times(port(), _ -> wire, 4, 50);

        assertThat(asked.get()).isEqualTo(50);
        assertThat(result.count(200)).isEqualTo(49);
        assertThatExceptionOfType(WrongAnswerException.class)
                .isThrownBy(result::only200)
                .withMessageContaining("429=1");
    }

    @Test
    void largeBodiesGoThroughAClosedLoopInPieces() throws Exception {
        ByteBuffer wire = large().wire();

        assertThat(ClosedLoop.times(port(), _ -> wire, 2, 5).only200().perSecond())
                .isPositive();
    }

    @Test
    void largeBodiesGoThroughAnOpenLoopInPieces() throws Exception {
        Schedule schedule = Schedule.constant(500, Duration.ofMillis(10));

        Answers answers = OpenLoop.run(port(), List.of(large()), schedule, 2);

        assertThat(answers.allowing(200).statuses()).hasSize(5);
    }

    private static Request large() {
        return new Request("/large", REQUEST.headers(), new byte[LARGE]);
    }
}
