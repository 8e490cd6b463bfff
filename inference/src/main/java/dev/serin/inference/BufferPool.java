package dev.serin.inference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Direct buffers for tensors, used again and again: making one costs more than reading a small request. Buffers of up to
 * 4 MiB are kept, at most 128 MiB altogether; larger ones are made anew and left to the
 * garbage collector, which the JVM calls when they reach its bound for direct memory. All begin at a multiple of 64 bytes. Thread-safe.
 */
public final class BufferPool {
    /** The pool of the process. */
    public static final BufferPool SHARED = new BufferPool();

    private static final int SMALLEST_BITS = 8;
    private static final int LARGEST_BITS = 22;
    private static final int ALIGNMENT = 64;

    private final Shelf[] shelves = new Shelf[LARGEST_BITS - SMALLEST_BITS + 1]; // by size, in powers of two
    private final AtomicInteger larger = new AtomicInteger(); // lent, of which nothing is kept
    private final AtomicLong largerBytes = new AtomicLong();

    public BufferPool() {
        for (int i = 0; i < shelves.length; i++) {
            shelves[i] = new Shelf(1 << (SMALLEST_BITS + i));
        }
    }

    /** Lends a buffer of at least that many bytes; its content is arbitrary. The borrower runs the loan to give it back. */
    public Loan take(int bytes) {
        int bits = Math.max(SMALLEST_BITS, Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(bytes, 1) - 1));
        return bits > LARGEST_BITS ? larger(bytes) : shelves[bits - SMALLEST_BITS].take();
    }

    private Loan larger(int bytes) {
        Loan loan = new Loan(direct(bytes), _ -> {
            larger.decrementAndGet();
            largerBytes.addAndGet(-bytes);
        });
        larger.incrementAndGet();
        largerBytes.addAndGet(bytes);
        return loan;
    }

    /** @throws OutOfMemoryError when the JVM's bound for such buffers is reached ({@code -XX:MaxDirectMemorySize}) */
    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(Math.addExact(bytes, 2 * ALIGNMENT))
                .alignedSlice(ALIGNMENT)
                .slice(0, bytes);
    }

    /** {@return how many buffers are lent at the moment, those included that are too large to be kept} */
    public int lent() {
        int lent = larger.get();
        for (Shelf shelf : shelves) {
            lent += shelf.lent();
        }
        return lent;
    }

    /** {@return how many bytes they have} */
    public long lentBytes() {
        long bytes = largerBytes.get();
        for (Shelf shelf : shelves) {
            bytes += (long) shelf.lent() * shelf.size;
        }
        return bytes;
    }

    /** A buffer on loan. Running it gives the buffer back, and is allowed once. */
    public static final class Loan implements Runnable {
        private final ByteBuffer buffer;
        private final Consumer<Loan> owner;

        private Loan(ByteBuffer buffer, Consumer<Loan> owner) {
            this.buffer = buffer.order(ByteOrder.nativeOrder());
            this.owner = owner;
        }

        /** {@return the buffer, in native order} */
        public ByteBuffer buffer() {
            return buffer;
        }

        @Override
        public void run() {
            buffer.clear();
            owner.accept(this);
        }
    }

    /** Buffers of one size. */
    private static final class Shelf {
        private static final int MAX_BYTES = 16 << 20;
        private static final int MAX_LOANS = 256;

        private final int size;
        private final Loan[] free; // guarded by this, like the two counts
        private int count;
        private int lent;

        Shelf(int size) {
            this.size = size;
            this.free = new Loan[Math.min(MAX_LOANS, MAX_BYTES / size)];
        }

        Loan take() {
            synchronized (this) {
                lent++;
                if (count > 0) {
                    return free[--count];
                }
            }
            try {
                return new Loan(direct(size), this::put);
            } catch (OutOfMemoryError e) {
                synchronized (this) {
                    lent--;
                }
                throw e;
            }
        }

        synchronized void put(Loan loan) {
            lent--;
            if (count < free.length) {
                free[count++] = loan;
            }
        }

        synchronized int lent() {
            return lent;
        }
    }
}
