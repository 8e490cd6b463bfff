package dev.serin.benchmarks;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** One connection that is kept, and one request that is asked over it again and again. Used by one thread. */
final class Caller implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;
    private static final String LENGTH = "content-length:";

    private final byte[] request;
    private final Socket socket;
    private final byte[] answer = new byte[8192];

    Caller(int port, String path, String body) throws IOException {
        request =
                "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                        .formatted(path, body.length(), body)
                        .getBytes(StandardCharsets.US_ASCII);
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
    }

    /** Returns when the whole answer is there; whatever is not 200 is an exception. */
    void ask() throws IOException {
        socket.getOutputStream().write(request);
        InputStream in = socket.getInputStream();
        int length = 0;
        int whole = Integer.MAX_VALUE;
        while (length < whole) {
            int read = in.read(answer, length, answer.length - length);
            if (read <= 0) {
                throw new EOFException("The answer ended after %d bytes".formatted(length));
            }
            length += read;
            if (whole == Integer.MAX_VALUE) {
                whole = whole(length);
            }
        }
        if (length != whole) {
            throw new IOException("%d bytes more than the answer has".formatted(length - whole));
        }
    }

    /** {@return how long the answer is, once its head is there} */
    private int whole(int length) throws IOException {
        String text = new String(answer, 0, length, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return Integer.MAX_VALUE;
        }
        String head = text.substring(0, end).toLowerCase(Locale.ROOT);
        int at = head.indexOf(LENGTH);
        if (!head.startsWith("http/1.1 200") || at < 0) {
            throw new IOException("Not an answer: " + text);
        }
        int line = head.indexOf('\r', at);
        String value = head.substring(at + LENGTH.length(), line < 0 ? head.length() : line);
        return end + 4 + Integer.parseInt(value.strip());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
