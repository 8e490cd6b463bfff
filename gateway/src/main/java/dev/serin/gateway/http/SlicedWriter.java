package dev.serin.gateway.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.io.OutputStream;
import java.util.function.Consumer;

/**
 * Hands large buffers on in pieces, without copying them. The JDK's channel copies all that is left of an array into native memory each
 * time that the caller has room again: of a large answer to a slow caller that is many times its size, and each thread keeps
 * as much memory as its largest copy took. Confined to the connection's thread.
 *
 * @see <a href="https://github.com/openjdk/jdk25u/blob/master/src/java.base/share/classes/sun/nio/ch/SocketChannelImpl.java">tryWrite
 *     of SocketChannelImpl</a>
 */
final class SlicedWriter implements DataWriter {
    /** As {@code java.net.Socket} writes at once. */
    static final int MOST = 128 << 10;

    private final DataWriter writer;

    SlicedWriter(DataWriter writer) {
        this.writer = writer;
    }

    @Override
    public void write(BufferData... buffers) {
        for (BufferData buffer : buffers) {
            write(buffer);
        }
    }

    @Override
    public void write(BufferData buffer) {
        slice(buffer, writer::write);
    }

    @Override
    public void writeNow(BufferData... buffers) {
        for (BufferData buffer : buffers) {
            writeNow(buffer);
        }
    }

    @Override
    public void writeNow(BufferData buffer) {
        slice(buffer, writer::writeNow);
    }

    private static void slice(BufferData buffer, Consumer<BufferData> to) {
        if (buffer.available() <= MOST) {
            to.accept(buffer);
        } else {
            buffer.writeTo(new Slices(to));
        }
    }

    @Override
    public void flush() {
        writer.flush();
    }

    @Override
    public void close() {
        writer.close();
    }

    /** Passes arrays on as views of them. */
    private static final class Slices extends OutputStream {
        private final Consumer<BufferData> to;

        Slices(Consumer<BufferData> to) {
            this.to = to;
        }

        @Override
        public void write(int single) {
            to.accept(BufferData.create(new byte[] {(byte) single}));
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            for (int done = 0; done < length; done += MOST) {
                to.accept(BufferData.create(bytes, offset + done, Math.min(MOST, length - done)));
            }
        }
    }
}
