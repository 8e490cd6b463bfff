package dev.serin.inference.modelfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;

/**
 * Reads a protobuf file field by field, with a small buffer however large the file: what is not asked for is jumped over.
 * Depth and kept text are bounded. Not thread-safe; the channel stays its opener's.
 */
final class ProtoReader {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_TEXT_BYTES = 64 << 20;
    private static final int MAX_FIELD = (1 << 29) - 1;

    private final FileChannel channel;
    private final long fileSize;
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).limit(0);
    private long bufferStart; // where in the file the buffer begins
    private long end; // of the message that is being read
    private int depth;
    private int textBytes;
    private int field;
    private WireType wireType = WireType.VARINT;
    private String message = "model";

    ProtoReader(FileChannel channel) throws IOException {
        this.channel = channel;
        this.fileSize = channel.size();
        this.end = fileSize;
    }

    /** Reads the next field of the current message. {@return its number, 0 at the end of the message} */
    int next() throws IOException {
        if (position() == end) {
            return 0;
        }
        long tag = rawVarint();
        field = (int) (tag >>> 3);
        if (tag >>> 3 == 0 || tag >>> 3 > MAX_FIELD) {
            throw new MalformedException("has no protobuf field where one must begin");
        }
        wireType = WireType.of((int) tag & 7);
        return field;
    }

    /** {@return the current field's number} */
    long number() throws IOException {
        expect(WireType.VARINT);
        return rawVarint();
    }

    /** Passes on the numbers of a repeated field, packed or not. */
    void numbers(LongConsumer consumer) throws IOException {
        if (wireType == WireType.VARINT) {
            consumer.accept(rawVarint());
            return;
        }
        long stop = position() + length();
        while (position() < stop) {
            consumer.accept(rawVarint());
        }
        if (position() != stop) {
            throw new MalformedException("has numbers in its %s that overlap what follows".formatted(message));
        }
    }

    /** {@return the current field's text} */
    String text(int maxBytes) throws IOException {
        int length = textLength(maxBytes);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) read();
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private int textLength(int maxBytes) throws IOException {
        long length = length();
        textBytes = (int) Math.min(MAX_TEXT_BYTES + 1L, textBytes + length);
        if (length > maxBytes || textBytes > MAX_TEXT_BYTES) {
            throw new MalformedException("has a text of %d bytes in its %s".formatted(length, message));
        }
        return (int) length;
    }

    /** Reads the current field as a message of that name. */
    void message(String name, MessageBody body) throws IOException {
        long outerEnd = end;
        String outer = message;
        long length = length();
        if (++depth > MAX_DEPTH) {
            throw new MalformedException("nests its parts more than %d deep".formatted(MAX_DEPTH));
        }
        end = position() + length;
        message = name;
        body.read();
        end = outerEnd;
        message = outer;
        depth--;
    }

    /** Jumps over the current field's value. {@return its length in bytes} */
    long skip() throws IOException {
        long length = switch (wireType) {
            case VARINT -> {
                rawVarint();
                yield 0;
            }
            case FIXED_64 -> 8;
            case LENGTH_DELIMITED -> length();
            case FIXED_32 -> 4;
        };
        require(length);
        seek(position() + length);
        return length;
    }

    /** Jumps over a repeated number, packed or not. {@return how many numbers it can hold at most} */
    long skipNumbers() throws IOException {
        return Math.max(1, skip());
    }

    private long length() throws IOException {
        expect(WireType.LENGTH_DELIMITED);
        long length = rawVarint();
        require(length);
        return length;
    }

    private void require(long length) {
        if (length < 0 || length > end - position()) {
            throw end == fileSize
                    ? new MalformedException("ends in the middle of its " + part())
                    : new MalformedException(
                            "has a %s that is longer than the %s around it".formatted("field " + field, message));
        }
    }

    private String part() {
        return switch (field) { // of the outermost message
            case 7 -> "graph";
            case 8 -> "operator sets";
            default -> message;
        };
    }

    private void expect(WireType expected) {
        if (wireType != expected) {
            throw new MalformedException("has a field %d of the wrong kind in its %s".formatted(field, message));
        }
    }

    private long rawVarint() throws IOException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            require(1);
            int next = read();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new MalformedException("has a number of more than 64 bits in its " + message);
    }

    private int read() throws IOException {
        if (!buffer.hasRemaining()) {
            fill(position());
        }
        return buffer.get() & 0xFF;
    }

    private void fill(long position) throws IOException {
        bufferStart = position;
        buffer.clear();
        while (buffer.position() == 0) {
            if (channel.read(buffer, position) < 0) {
                throw new MalformedException("became shorter while it was read");
            }
        }
        buffer.flip();
    }

    private long position() {
        return bufferStart + buffer.position();
    }

    private void seek(long position) {
        if (position <= bufferStart + buffer.limit()) {
            buffer.position((int) (position - bufferStart));
        } else {
            bufferStart = position;
            buffer.position(0).limit(0);
        }
    }

    /** Reads the fields of one message until {@link ProtoReader#next} says that it ends. */
    @FunctionalInterface
    interface MessageBody {
        void read() throws IOException;
    }

    private enum WireType {
        VARINT,
        FIXED_64,
        LENGTH_DELIMITED,
        FIXED_32;

        static WireType of(int code) {
            return switch (code) {
                case 0 -> VARINT;
                case 1 -> FIXED_64;
                case 2 -> LENGTH_DELIMITED;
                case 5 -> FIXED_32;
                default -> throw new MalformedException("has a protobuf field of the unknown kind " + code);
            };
        }
    }
}
