package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlicedWriterTest {
    private final Pieces pieces = new Pieces();
    private final SlicedWriter writer = new SlicedWriter(pieces);

    /** What came, and in pieces of which size. */
    private static final class Pieces implements DataWriter {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final List<Integer> sizes = new ArrayList<>();

        @Override
        public void write(BufferData... buffers) {
            Arrays.stream(buffers).forEach(this::write);
        }

        @Override
        public void write(BufferData buffer) {
            sizes.add(buffer.available());
            buffer.writeTo(bytes);
        }

        @Override
        public void writeNow(BufferData... buffers) {
            write(buffers);
        }

        @Override
        public void writeNow(BufferData buffer) {
            write(buffer);
        }
    }

    private static byte[] numbered(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + i / 256);
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, SlicedWriter.MOST, SlicedWriter.MOST + 1, 3 * SlicedWriter.MOST, 1_000_003})
    void allComesInOrderAndNoPieceIsLargerThanItMayBe(int size) {
        byte[] bytes = numbered(size + 7);

        writer.write(BufferData.create(bytes, 7, size));
        writer.writeNow(BufferData.create(bytes, 7, size), BufferData.create(bytes, 0, 7));

        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.write(bytes, 7, size);
        expected.write(bytes, 7, size);
        expected.write(bytes, 0, 7);
        assertThat(pieces.bytes.toByteArray()).isEqualTo(expected.toByteArray());
        assertThat(pieces.sizes).allMatch(piece -> piece <= SlicedWriter.MOST);
        int each = (size + SlicedWriter.MOST - 1) / SlicedWriter.MOST;
        assertThat(pieces.sizes).hasSize(2 * each + 1);
    }
}
