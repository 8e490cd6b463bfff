package dev.serin.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorBytesTest {
    private final BufferPool pool = new BufferPool();

    @AfterEach
    void everyBufferIsBack() {
        assertThat(pool.lent()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "600000, 600000", "600000, -1", "600000, 10", "6000000, 6000000", "100, 200"})
    void readsAllThatComesWhateverWasPromised(int length, long promised) throws IOException {
        byte[] sent = new byte[length];
        new Random(length).nextBytes(sent);

        try (TensorBytes bytes = TensorBytes.read(new ByteArrayInputStream(sent), promised, pool)) {
            assertThat(bytes.length()).isEqualTo(length);
            assertThat(bytes.copy(0, length)).isEqualTo(sent);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1 << 30, -1})
    void whatIsPromisedAndDoesNotComeTakesNoMemory(long promised) throws IOException {
        InputStream slow = new InputStream() {
            private int came;

            @Override
            public int read() {
                throw new AssertionError("byte by byte");
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                assertThat(pool.lentBytes()).isLessThanOrEqualTo(Math.max(64 << 10, 32L * came));
                came += Math.min(length, 1000);
                return came > 1_000_000 ? -1 : Math.min(length, 1000);
            }
        };

        try (TensorBytes bytes = TensorBytes.read(slow, promised, pool)) {
            assertThat(bytes.length()).isEqualTo(1_000_000);
        }
    }

    @Test
    void aUsualBodyIsCopiedOnceButForItsBeginning() throws IOException {
        try (TensorBytes bytes = TensorBytes.read(new ByteArrayInputStream(new byte[600_000]), 600_000, pool)) {
            assertThat(bytes.length()).isEqualTo(600_000);
            assertThat(pool.lentBytes()).isEqualTo(1 << 20);
        }
    }

    @Test
    void theBufferGoesBackWithTheLastTensorAndNotBefore() throws IOException {
        TensorBytes bytes = TensorBytes.read(new ByteArrayInputStream(new byte[32]), 32, pool);
        Tensor first = bytes.tensor(DataType.FP32, new long[] {4}, 0);
        Tensor second = bytes.tensor(DataType.FP32, new long[] {4}, 16);

        bytes.close();
        bytes.close();
        first.close();
        first.close();
        assertThat(pool.lent()).isEqualTo(1);

        second.close();
        assertThat(pool.lent()).isZero();
    }

    @Test
    void tensorsArePartsOfOneBufferWhoseFirstBeginsAtAMultipleOf64() throws IOException {
        byte[] sent = new byte[24];
        ByteBuffer.wrap(sent).order(ByteOrder.LITTLE_ENDIAN).putLong(8, 7);
        try (TensorBytes bytes = TensorBytes.read(new ByteArrayInputStream(sent), 24, pool);
                Tensor first = bytes.tensor(DataType.INT64, new long[] {1}, 0);
                Tensor second = bytes.tensor(DataType.INT64, new long[] {2}, 8)) {
            assertThat(first.data().alignmentOffset(0, 64)).isZero();
            assertThat(second.data().isDirect()).isTrue();
            assertThat(second.data().limit()).isEqualTo(16);
            assertThat(second.data().getLong(0)).isEqualTo(7);
            assertThat(pool.lent()).isEqualTo(1);
        }
    }

    @Test
    void aTensorWhoseElementsWouldLieAskewIsCopied() throws IOException {
        byte[] sent = {0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0};
        try (TensorBytes bytes = TensorBytes.read(new ByteArrayInputStream(sent), 12, pool);
                Tensor askew = bytes.tensor(DataType.INT64, new long[] {1}, 4)) {
            assertThat(askew.data().getLong(0)).isEqualTo(0x2_0000_0001L);
            assertThat(askew.data().alignmentOffset(0, 8)).isZero();
            assertThat(pool.lent()).isEqualTo(2);
        }
    }

    @Test
    void everyByteButZeroIsTrue() throws IOException {
        try (TensorBytes bytes = TensorBytes.read(new ByteArrayInputStream(new byte[] {9, 0, 1, 2, -1, 5}), 6, pool);
                Tensor flags = bytes.tensor(DataType.BOOL, new long[] {4}, 1)) {
            byte[] read = new byte[4];
            flags.data().get(0, read);
            assertThat(read).containsExactly(0, 1, 1, 1);
            assertThat(bytes.copy(0, 6)).as("what lies around stays").containsExactly(9, 0, 1, 1, 1, 5);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStreamThatFailsLosesNoBuffer(boolean late) {
        InputStream failing = new InputStream() {
            private int left = late ? 300_000 : 0;

            @Override
            public int read() throws IOException {
                return read(new byte[1], 0, 1);
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (left <= 0) {
                    throw new IOException("gone");
                }
                left -= length;
                return length;
            }
        };

        assertThatThrownBy(() -> TensorBytes.read(failing, 1 << 20, pool)).hasMessage("gone");
    }
}
