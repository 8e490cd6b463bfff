package dev.serin.inference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Direct buffers for tensors, used again and again: making one costs more than reading a small request. Buffers of up to
 * 4 MiB are kept, at most 60 MiB altogether; larger ones are made anew and left to the garbage collector. Thread-safe.
 */
public final class BufferPool {
    /** The pool of the process. */
    public static final BufferPool SHARED = new BufferPool();

    private static final int SMALLEST_BITS = 8;
    private static final int LARGEST_BITS = 22;

    private final Shelf[] shelves = new Shelf[LARGEST_BITS - SMALLEST_BITS + 1]; // by size, in powers of two

    public BufferPool() {
        for (int i = 0; i < shelves.length; i++) {
            shelves[i] = new Shelf(1 << (SMALLEST_BITS + i));
        }
    }

    /** Lends a buffer of at least that many bytes; its content is arbitrary. The borrower runs the loan to give it back. */
    public Loan take(int bytes) {
        int bits = Math.max(SMALLEST_BITS, Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(bytes, 1) - 1));
        return bits > LARGEST_BITS ? new Loan(bytes, new Shelf(0)) : shelves[bits - SMALLEST_BITS].take();
    }

    /** {@return how many pooled buffers are lent at the moment} */
    public int lent() {
        int lent = 0;
        for (Shelf shelf : shelves) {
            lent += shelf.lent();
        }
        return lent;
    }

    /** A buffer on loan. Running it gives the buffer back, and is allowed once. */
    public static final class Loan implements Runnable {
        private final ByteBuffer buffer;
        private final Shelf shelf;

        private Loan(int bytes, Shelf shelf) {
            this.buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
            this.shelf = shelf;
        }

        /** {@return the buffer, in native order} */
        public ByteBuffer buffer() {
            return buffer;
        }

        @Override
        public void run() {
            buffer.clear();
            shelf.put(this);
        }
    }

    /** Buffers of one size. */
    private static final class Shelf {
        private static final int MAX_BYTES = 4 << 20;
        private static final int MAX_LOANS = 256;

        private final int size;
        private final Loan[] free; // guarded by this, like the two counts
        private int count;
        private int lent;

        Shelf(int size) {
            this.size = size;
            this.free = new Loan[size == 0 ? 0 : Math.min(MAX_LOANS, MAX_BYTES / size)];
        }

        Loan take() {
            synchronized (this) {
                lent++;
                if (count > 0) {
                    return free[--count];
                }
            }
            return new Loan(size, this);
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
