package dev.serin.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One connection to a server on this machine, which is kept, with at most one request on its way. Only opening it blocks. For one
 * thread.
 */
final class Connection implements AutoCloseable {
    /** What {@link #read} says while the answer is not whole, and when the server has hung up. */
    static final int INCOMPLETE = 0;

    static final int BROKEN = -1;

    /** An {@link #index}. */
    static final int NONE = -1;

    private static final int FIRST_HEAD_BYTES = 512;
    private static final int MOST_HEAD_BYTES = 16 * 1024;
    private static final int READ_BYTES = 64 * 1024;
    private static final String LENGTH = "\ncontent-length:";

    private final SocketChannel channel;
    private final SelectionKey key;
    private byte[] head = new byte[FIRST_HEAD_BYTES];
    private int headLength;
    private int status; // of the answer whose body is being read; 0 while it is the head
    private long bodyLeft;
    private ByteBuffer out = ByteBuffer.allocate(0);

    /** Which request is on its way, as its sender numbers them, or {@link #NONE}; and when it was sent. */
    int index = NONE;

    long sentNanos;

    private Connection(SocketChannel channel, Selector selector) throws IOException {
        this.channel = channel;
        this.key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    static Connection open(int port, Selector selector) throws IOException {
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        return new Connection(channel, selector);
    }

    /** Sends as much as goes at once; {@link #flush} sends the rest when the selector says that there is room. */
    void send(ByteBuffer request) throws IOException {
        out = request.duplicate();
        flush();
    }

    void flush() throws IOException {
        channel.write(out);
        int wanted = out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
    }

    /**
     * {@return a buffer for {@link #read}, for all connections that one thread reads} With one for each, whoever opens a connection
     * beyond those of a calm load touches 64 KiB of new memory first, which takes up to 0.3 ms of a core of a virtual machine: open
     * loops at 70 % of the peak made stalls out of hitches by that.
     */
    static ByteBuffer readBuffer() {
        return ByteBuffer.allocateDirect(READ_BYTES);
    }

    /** Reads what is there; {@return the status of the answer once it is whole, else {@link #INCOMPLETE} or {@link #BROKEN}} */
    int read(ByteBuffer in) throws IOException {
        while (true) {
            in.clear();
            int count = channel.read(in);
            if (count < 0) {
                return BROKEN;
            }
            if (count == 0) {
                return INCOMPLETE;
            }
            in.flip();
            int done = take(in);
            if (done != INCOMPLETE || count < in.capacity()) {
                return done;
            }
        }
    }

    private int take(ByteBuffer in) throws IOException {
        if (status == 0) {
            int before = headLength;
            if (headLength + in.remaining() > head.length) {
                head = Arrays.copyOf(
                        head, Math.min(MOST_HEAD_BYTES, Math.max(2 * head.length, headLength + in.remaining())));
            }
            int room = Math.min(in.remaining(), head.length - headLength);
            in.get(head, headLength, room);
            headLength += room;
            int end = end(Math.max(0, before - 3));
            if (end < 0) {
                if (headLength == MOST_HEAD_BYTES) {
                    throw new IOException("The head of an answer has more than %d bytes".formatted(head.length));
                }
                return INCOMPLETE;
            }
            begin(end);
        }
        bodyLeft -= in.remaining();
        if (bodyLeft > 0) {
            return INCOMPLETE;
        }
        if (bodyLeft < 0) {
            throw new IOException("An answer has %d bytes more than it says".formatted(-bodyLeft));
        }
        int whole = status;
        status = 0;
        headLength = 0;
        return whole;
    }

    private int end(int from) {
        for (int i = from; i + 3 < headLength; i++) {
            if (head[i] == '\r' && head[i + 1] == '\n' && head[i + 2] == '\r' && head[i + 3] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private void begin(int end) throws IOException {
        String text = new String(head, 0, end + 2, StandardCharsets.ISO_8859_1);
        int at = text.indexOf('\n');
        while (at >= 0 && !text.regionMatches(true, at, LENGTH, 0, LENGTH.length())) {
            at = text.indexOf('\n', at + 1);
        }
        if (!text.startsWith("HTTP/1.1 ") || at < 0) {
            throw new IOException("Not an answer with a length: " + text);
        }
        status = Integer.parseInt(text.substring(9, 12));
        int from = at + LENGTH.length();
        bodyLeft = Long.parseLong(text.substring(from, text.indexOf('\r', from)).strip()) - (headLength - end - 4);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
