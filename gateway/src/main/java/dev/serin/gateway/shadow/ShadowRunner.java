package dev.serin.gateway.shadow;

import dev.serin.gateway.predict.Shadows;
import dev.serin.gateway.sessions.Lease;
import dev.serin.gateway.sessions.Sessions;
import dev.serin.inference.Deadline;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Runs copies one after another, beside the requests: after each run it rests for as long as keeps it under its share of a
 * core, and while requests wait for their own turn it drops what it has. So no caller is delayed by more than one run of the
 * shadow, and none by a queue of them. Thread-safe; closing it drops what waits, and waits for the run that is on.
 */
public final class ShadowRunner implements Shadows, AutoCloseable {
    /** Copies hold the memory of their inputs and outputs while they wait. */
    private static final long MAX_BYTES = 32 << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** How long the end waits for a run; whatever runs longer is cut off with all others. */
    private static final Duration END_OF_RUN = Duration.ofSeconds(5);

    private final Sessions sessions;
    private final ShadowConfig config;
    private final ShadowListener listener;
    private final BooleanSupplier crowded;
    private final ScheduledExecutorService thread;

    private final Queue<Waiting> waiting = new ArrayDeque<>(); // guarded by this
    private long bytes; // of those that wait; guarded by this
    private boolean busy; // whether a run is on or is to begin by itself; guarded by this
    private boolean closed; // guarded by this
    private long ranNanos; // of the latest run; the thread's own

    /** A copy, and the memory that it holds. */
    private record Waiting(Copy copy, long bytes) {}

    /**
     * Begins with nothing to do.
     *
     * @param crowded whether requests wait for their turn to run
     * @param thread of its own, one; closed with this
     */
    public ShadowRunner(
            Sessions sessions,
            ShadowConfig config,
            ShadowListener listener,
            BooleanSupplier crowded,
            ScheduledExecutorService thread) {
        this.sessions = sessions;
        this.config = config;
        this.listener = listener;
        this.crowded = crowded;
        this.thread = thread;
    }

    @Override
    public boolean offer(Copy copy) {
        if (take(copy)) {
            return true;
        }
        listener.dropped(copy);
        return false;
    }

    private boolean take(Copy copy) {
        long size = size(copy);
        synchronized (this) {
            if (closed || waiting.size() >= config.maxWaiting() || bytes + size > MAX_BYTES) {
                return false;
            }
            if (!busy && !schedule(0)) {
                return false;
            }
            busy = true;
            waiting.add(new Waiting(copy, size));
            bytes += size;
            return true;
        }
    }

    private static long size(Copy copy) {
        long size = 0;
        for (Tensor input : copy.inputs()) {
            size += size(input);
        }
        for (Value output : copy.outputs()) {
            size += size(output);
        }
        return size;
    }

    private static long size(Value value) {
        return switch (value) {
            case Tensor tensor -> tensor.data().capacity() + size(tensor.strings());
            case Value.Sequence(List<Value> elements) ->
                elements.stream().mapToLong(ShadowRunner::size).sum();
            case Value.Mapping mapping ->
                size(mapping.entries().keySet()) + size(mapping.entries().values());
        };
    }

    private static long size(PackedStrings texts) {
        return texts.byteCount() + (long) texts.size() * Integer.BYTES;
    }

    /** Of strings and boxed numbers. */
    private static long size(Collection<?> elements) {
        long size = 0;
        for (Object element : elements) {
            size += element instanceof String text ? text.length() : Long.BYTES;
        }
        return size;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what runs there catches what it runs
    private boolean schedule(long delayNanos) {
        try {
            thread.schedule(this::runNext, delayNanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (RejectedExecutionException _) { // shutting down
            return false;
        }
    }

    private void runNext() {
        ranNanos = 0;
        try {
            next().ifPresent(this::runOrDrop);
        } finally {
            goOn();
        }
    }

    private synchronized Optional<Copy> next() {
        Optional<Waiting> first = Optional.ofNullable(waiting.poll());
        first.ifPresent(copy -> bytes -= copy.bytes());
        return first.map(Waiting::copy);
    }

    private void runOrDrop(Copy copy) {
        try {
            if (crowded.getAsBoolean()) { // the caller's own come first
                listener.dropped(copy);
            } else {
                run(copy);
            }
        } finally {
            close(copy);
        }
    }

    /** Whatever became of the copy: else nothing would ever run again. */
    private synchronized void goOn() {
        if (ranNanos == 0 && waiting.isEmpty()) {
            busy = false;
            return;
        }
        busy = schedule(ranNanos * (100 - config.maxLoad()) / config.maxLoad());
    }

    private void run(Copy copy) {
        Deadline deadline = Deadline.after(PATIENCE);
        try (Lease lease = sessions.lease(copy.shadow(), deadline)) {
            long began = System.nanoTime(); // waiting for a load takes nothing from anybody
            try {
                compare(copy, lease, deadline);
            } finally {
                ranNanos = Math.max(1, System.nanoTime() - began);
            }
        } catch (RuntimeException e) { // of whatever kind: nobody else would hear of it
            listener.failed(copy, e);
        }
    }

    private void compare(Copy copy, Lease lease, Deadline deadline) {
        Signature signature = lease.servable().signature();
        long began = System.nanoTime();
        List<Value> outputs = lease.servable().run(inOrder(copy, signature), deadline);
        long took = System.nanoTime() - began;
        listener.compared(copy, Comparison.of(copy.signature(), copy.outputs(), signature, outputs), took);
    }

    /** The shadow has the same inputs, or it would get no copies; their order may be another. */
    private static List<Tensor> inOrder(Copy copy, Signature signature) {
        List<Signature.Port> given = copy.signature().inputs();
        List<Tensor> ordered = new ArrayList<>();
        for (Signature.Port port : signature.inputs()) {
            for (int i = 0; i < given.size(); i++) {
                if (given.get(i).name().equals(port.name())) {
                    ordered.add(copy.inputs().get(i));
                }
            }
        }
        return ordered;
    }

    private static void close(Copy copy) {
        copy.inputs().forEach(Tensor::close);
    }

    /**
     * Ends it before its time to be closed: drops what waits, and waits for the run that is on, 5 s at most.
     *
     * @return whether nothing runs any more
     */
    public boolean stop() {
        List<Waiting> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(waiting);
            waiting.clear();
            bytes = 0;
        }
        thread.shutdown();
        left.forEach(waits -> close(waits.copy()));
        try {
            return thread.awaitTermination(END_OF_RUN.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        stop();
    }
}
