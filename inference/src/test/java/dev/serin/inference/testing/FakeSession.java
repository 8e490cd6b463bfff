package dev.serin.inference.testing;

import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.Session;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A session made of a signature and a function. Where the real one would take the process down, it throws
 * {@link IllegalStateException}: a run after {@link #close()}, and closing while a run is in progress. Thread-safe if the
 * function is.
 */
public final class FakeSession implements Session {
    private static final int CLOSED = -1;

    private final Signature signature;
    private final Function<List<Tensor>, List<Value>> function;
    private final AtomicInteger running = new AtomicInteger(); // runs in progress, or CLOSED
    private final AtomicInteger runs = new AtomicInteger();

    public FakeSession(Signature signature, Function<List<Tensor>, List<Value>> function) {
        this.signature = signature;
        this.function = function;
    }

    /** A session without inputs and outputs. */
    public FakeSession() {
        this(new Signature(List.of(), List.of()), _ -> List.of());
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public List<Value> run(List<Tensor> inputs, Deadline deadline) {
        if (deadline.hasPassed()) {
            throw new DeadlineExceededException();
        }
        if (running.updateAndGet(n -> n == CLOSED ? CLOSED : n + 1) == CLOSED) {
            throw new IllegalStateException("Run on a closed session");
        }
        try {
            runs.incrementAndGet();
            return function.apply(inputs);
        } finally {
            running.decrementAndGet();
        }
    }

    @Override
    public void close() {
        if (running.get() != CLOSED && !running.compareAndSet(0, CLOSED)) {
            throw new IllegalStateException("Closed during a run");
        }
    }

    public boolean isOpen() {
        return !isClosed();
    }

    public boolean isClosed() {
        return running.get() == CLOSED;
    }

    /** {@return how many runs have begun} */
    public int runs() {
        return runs.get();
    }
}
