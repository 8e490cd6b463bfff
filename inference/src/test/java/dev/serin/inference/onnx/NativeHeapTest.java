package dev.serin.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class NativeHeapTest {
    private static final int PIECE = 64 * 1024; // of the heap itself; larger ones are blocks of their own
    private static final int PIECES = 3_000;
    private static final long ALL = (long) PIECES * PIECE;

    /** What the JVM takes and gives back meanwhile: compiling one large method takes tens of megabytes. */
    private static final long NOISE = ALL / 2;

    @Test
    void itGrowsByWhatIsTakenFromMallocInSmallPiecesAndLarge() {
        assumeTrue(NativeHeap.inUse().isPresent(), "only glibc tells");
        System.gc(); // else buffers of other tests may be given back meanwhile
        try (Arena arena = Arena.ofConfined()) {
            long before = NativeHeap.inUse().getAsLong();
            for (int i = 0; i < PIECES; i++) {
                arena.allocate(PIECE);
            }
            long between = NativeHeap.inUse().getAsLong();
            arena.allocate(ALL);
            long after = NativeHeap.inUse().getAsLong();

            assertThat(between - before).isBetween(ALL - NOISE, ALL + NOISE);
            assertThat(after - between).isBetween(ALL - NOISE, ALL + NOISE);
        }
    }
}
