package dev.serin.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BufferPoolTest {
    private final BufferPool pool = new BufferPool();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 256, 257, 4096, 1 << 22, (1 << 22) + 1})
    void buffersAreDirectInNativeOrderAndLargeEnough(int bytes) {
        BufferPool.Loan loan = pool.take(bytes);

        assertThat(loan.buffer().isDirect()).isTrue();
        assertThat(loan.buffer().order()).isEqualTo(ByteOrder.nativeOrder());
        assertThat(loan.buffer().remaining()).isGreaterThanOrEqualTo(bytes);
        assertThat(loan.buffer().alignmentOffset(0, 64)).isZero();
        assertThat(pool.lent()).isEqualTo(1);
        assertThat(pool.lentBytes()).isGreaterThanOrEqualTo(bytes);
        loan.run();
        assertThat(pool.lent()).isZero();
        assertThat(pool.lentBytes()).isZero();
    }

    @Test
    void aBufferThatIsTooLargeIsNotKept() {
        BufferPool.Loan loan = pool.take((1 << 22) + 1);
        loan.run();

        assertThat(pool.take((1 << 22) + 1)).isNotSameAs(loan);
    }

    @Test
    void sixteenBuffersOfAMebibyteAreKept() {
        List<BufferPool.Loan> loans =
                Stream.generate(() -> pool.take(1 << 20)).limit(17).toList();
        loans.forEach(BufferPool.Loan::run);

        assertThat(Stream.generate(() -> pool.take(1 << 20)).limit(16)).allMatch(loans::contains);
        assertThat(loans).doesNotContain(pool.take(1 << 20));
    }

    @Test
    void buffersThatCameBackAreLentAgainFromTheirBeginning() {
        BufferPool.Loan loan = pool.take(1000);
        loan.buffer().putLong(7).flip();
        loan.run();

        assertThat(pool.take(1024)).isSameAs(loan);
        assertThat(loan.buffer().remaining()).isEqualTo(1024);
        assertThat(pool.lent()).isEqualTo(1);
    }

    @Test
    void noTwoBorrowersShareABuffer() {
        assertThat(pool.take(10)).isNotSameAs(pool.take(10));
    }
}
