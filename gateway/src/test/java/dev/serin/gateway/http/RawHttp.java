package dev.serin.gateway.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** One connection, byte by byte, for requests that no client library would send. */
final class RawHttp implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket;
    private final InputStream in;

    RawHttp(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** An answer; header names in lower case. */
    @SuppressWarnings("ArrayRecordComponent") // read once
    record Reply(int status, Map<String, String> headers, byte[] bytes) {
        String body() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    RawHttp send(String bytes) throws IOException {
        return send(bytes.getBytes(StandardCharsets.UTF_8));
    }

    RawHttp send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** Reads one answer. */
    Reply reply() throws IOException {
        Reply head = replyToHead();
        int length = Integer.parseInt(head.headers().getOrDefault("content-length", "0"));
        return new Reply(head.status(), head.headers(), in.readNBytes(length));
    }

    /** Reads one answer to a HEAD, which has no body. */
    Reply replyToHead() throws IOException {
        String statusLine = line();
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return new Reply(Integer.parseInt(statusLine.split(" ", -1)[1]), headers, new byte[0]);
    }

    /** {@return whether the other side has closed, with nothing more to read} */
    boolean isClosedByPeer() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketException e) { // a reset closes as well
            return true;
        }
    }

    /**
     * {@return whether no further request is taken on this connection} Sends one and says that it was the last, since a
     * server that has refused something still listens for a while.
     */
    boolean takesNoMore() throws IOException {
        try {
            send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
            socket.shutdownOutput();
        } catch (SocketException e) {
            return true;
        }
        return isClosedByPeer();
    }

    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int sign = in.read(); sign != '\n'; sign = in.read()) {
            if (sign < 0) {
                throw new IOException("closed after '" + line + "'");
            }
            if (sign != '\r') {
                line.write(sign);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
