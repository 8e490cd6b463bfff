package dev.serin.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NativeHeapTest {
    private static final int PIECE = 64 * 1024; // of the heap itself; larger ones are blocks of their own
    private static final int PIECES = 1_024;

    /** What the JVM takes and gives back meanwhile. */
    private static final long NOISE = 16 << 20;

    @Test
    void itGrowsByWhatIsTakenFromMallocInSmallPiecesAndLarge() {
        assumeTrue(NativeHeap.inUse().isPresent(), "only glibc tells");
        System.gc(); // else buffers of other tests may be given back meanwhile
        long before = NativeHeap.inUse().getAsLong();

        List<ByteBuffer> small = new ArrayList<>();
        for (int i = 0; i < PIECES; i++) {
            small.add(ByteBuffer.allocateDirect(PIECE));
        }
        long between = NativeHeap.inUse().getAsLong();
        ByteBuffer large = ByteBuffer.allocateDirect(PIECES * PIECE);
        long after = NativeHeap.inUse().getAsLong();

        assertThat(between - before).isBetween((long) PIECES * PIECE - NOISE, (long) PIECES * PIECE + NOISE);
        assertThat(after - between).isBetween((long) large.capacity() - NOISE, (long) large.capacity() + NOISE);
        assertThat(small).hasSize(PIECES); // in use until here
    }
}
