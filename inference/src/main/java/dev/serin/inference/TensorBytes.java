package dev.serin.inference;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The bytes of several tensors, one after the other, in a buffer of a pool. The tensors are parts of it, without a copy where
 * that is possible; it goes back to the pool when they and this have been closed, on whatever thread. Closing it again does
 * nothing. Not thread-safe otherwise.
 */
public final class TensorBytes implements AutoCloseable {
    private static final int CHUNK = 16 << 10;
    private static final int FIRST = 64 << 10;
    private static final int GROWTH = 16; // so large that hardly any byte is copied a second time
    private static final int MOST = Integer.MAX_VALUE - 256; // of one buffer, what aligns it included
    private static final int MUCH = 1 << 20; // from which on it is memory that is scarce

    private final BufferPool pool;
    private final BufferPool.Loan loan;
    private final int length;
    private final AtomicInteger holders = new AtomicInteger(1);
    private boolean closed;

    private TensorBytes(BufferPool pool, BufferPool.Loan loan, int length) {
        this.pool = pool;
        this.loan = loan;
        this.length = length;
    }

    /**
     * Reads a stream to its end. What is promised makes nobody take memory: 64 KiB at first, then
     * 32 times what has come at most, and four times from 1 MiB on.
     *
     * @param expected how many bytes were promised, negative when nothing was
     */
    public static TensorBytes read(InputStream in, long expected, BufferPool pool) throws IOException {
        byte[] chunk = new byte[expected < 0 ? CHUNK : Math.clamp(expected, 1, CHUNK)];
        BufferPool.Loan loan = pool.take(expected < 0 ? CHUNK : (int) Math.min(expected, FIRST));
        try {
            for (int came = in.read(chunk); came >= 0; came = in.read(chunk)) {
                if (loan.buffer().remaining() < came) {
                    loan = larger(loan, came, expected, pool);
                }
                loan.buffer().put(chunk, 0, came);
            }
        } catch (IOException | RuntimeException | Error e) { // whatever it was: nobody else would give it back
            loan.run();
            throw e;
        }
        return new TensorBytes(pool, loan, loan.buffer().position());
    }

    private static BufferPool.Loan larger(BufferPool.Loan loan, int came, long expected, BufferPool pool) {
        long received = Math.addExact(loan.buffer().position(), came);
        long most = (received < MUCH ? GROWTH : 2) * received;
        long wanted = expected > received ? Math.min(expected, most) : 2 * received;
        BufferPool.Loan larger = pool.take((int) Math.min(wanted, MOST));
        larger.buffer().put(loan.buffer().flip());
        loan.run();
        return larger;
    }

    /** {@return how many there are} */
    public int length() {
        return length;
    }

    /** {@return a copy of some of them} */
    public byte[] copy(int offset, int count) {
        byte[] bytes = new byte[count];
        loan.buffer().get(offset, bytes);
        return bytes;
    }

    /** Copies some of them into an array. */
    public void copy(int offset, byte[] to, int at, int count) {
        loan.buffer().get(offset, to, at, count);
    }

    /** {@return the four from there as a number without a sign} */
    public long unsignedInt(int offset) {
        return loan.buffer().getInt(offset)
                & 0xFFFF_FFFFL; // little-endian, as everything that ONNX Runtime's jar runs on
    }

    /**
     * {@return a tensor of numbers or booleans that begins there} It is a part of this, or a copy where its elements would not
     * lie at multiples of their size, since not every kernel reads them elsewhere. Of booleans every byte but 0 becomes 1.
     */
    public Tensor tensor(DataType type, long[] shape, int offset) {
        int bytes = Math.multiplyExact(Tensor.elementCount(shape), type.byteSize());
        if (type == DataType.BOOL) {
            normalise(offset, bytes);
        }
        return offset % type.byteSize() == 0 ? part(type, shape, offset, bytes) : copied(type, shape, offset, bytes);
    }

    private void normalise(int offset, int count) {
        ByteBuffer buffer = loan.buffer();
        for (int i = offset; i < offset + count; i++) {
            if (buffer.get(i) != 0) {
                buffer.put(i, (byte) 1);
            }
        }
    }

    private Tensor part(DataType type, long[] shape, int offset, int bytes) {
        ByteBuffer part = loan.buffer().slice(offset, bytes).order(ByteOrder.nativeOrder());
        Tensor tensor = Tensor.of(type, shape, part, this::letGo);
        holders.incrementAndGet();
        return tensor;
    }

    private Tensor copied(DataType type, long[] shape, int offset, int bytes) {
        BufferPool.Loan own = pool.take(bytes);
        own.buffer().put(0, loan.buffer(), offset, bytes);
        return Tensor.of(type, shape, own.buffer(), own);
    }

    private void letGo() {
        if (holders.decrementAndGet() == 0) {
            loan.run();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            letGo();
        }
    }
}
