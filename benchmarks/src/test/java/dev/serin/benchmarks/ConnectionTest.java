package dev.serin.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConnectionTest {
    private static final int PIECE = 100;

    @Test
    void anAnswerWithALongHeadThatComesInPiecesIsReadAndAnotherAfterIt() throws Exception {
        byte[] answer = ("HTTP/1.1 429 Too Many Requests\r\nLong: " + "x".repeat(3_000)
                        + "\r\nConTent-length: 5\r\n\r\nlater")
                .getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer in = Connection.readBuffer();
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Selector selector = Selector.open();
                Connection connection = Connection.open(listener.getLocalPort(), selector);
                Socket peer = listener.accept()) {
            for (int round = 0; round < 2; round++) {
                for (int from = 0; from < answer.length; from += PIECE) {
                    peer.getOutputStream().write(answer, from, Math.min(PIECE, answer.length - from));
                    assertThat(selector.select(_ -> {}, 10_000)).isEqualTo(1);

                    assertThat(connection.read(in))
                            .isEqualTo(from + PIECE < answer.length ? Connection.INCOMPLETE : 429);
                }
            }
        }
    }
}
