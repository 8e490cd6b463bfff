package dev.serin.gateway.shadow;

import dev.serin.gateway.predict.Shadows;
import dev.serin.gateway.sessions.Lease;
import dev.serin.gateway.sessions.Sessions;
import dev.serin.inference.Deadline;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs copies one after another, beside the requests: after each run it rests for as long as keeps it under its share of a
 * core, and while requests wait for their own turn it drops what it has. So no caller is delayed by more than one run of the
 * shadow, and none by a queue of them. Thread-safe; closing it drops what waits.
 */
public final class ShadowRunner implements Shadows, AutoCloseable {
    /** Copies hold the memory of their inputs while they wait. */
    private static final long MAX_BYTES = 32 << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Sessions sessions;
    private final ShadowConfig config;
    private final ShadowListener listener;
    private final BooleanSupplier crowded;
    private final ScheduledExecutorService thread;

    private final Queue<Copy> waiting = new ArrayDeque<>(); // guarded by this
    private long bytes; // of those that wait; guarded by this
    private boolean busy; // whether a run is on or is to begin by itself; guarded by this
    private boolean closed; // guarded by this

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

    private synchronized boolean take(Copy copy) {
        long size = size(copy);
        if (closed || waiting.size() >= config.maxWaiting() || bytes + size > MAX_BYTES) {
            return false;
        }
        if (!busy && !schedule(0)) {
            return false;
        }
        busy = true;
        waiting.add(copy);
        bytes += size;
        return true;
    }

    private static long size(Copy copy) {
        return copy.inputs().stream()
                .mapToLong(tensor -> tensor.data().capacity())
                .sum();
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
        long began = System.nanoTime();
        while (crowded.getAsBoolean()) { // the caller's own come first
            Copy copy = next();
            if (copy == null) {
                return;
            }
            close(copy);
            listener.dropped(copy);
        }
        Copy copy = next();
        if (copy == null) {
            return;
        }
        try {
            run(copy);
        } finally {
            close(copy);
            rest(System.nanoTime() - began);
        }
    }

    private synchronized @Nullable Copy next() {
        Copy copy = waiting.poll();
        if (copy == null) {
            busy = false;
        } else {
            bytes -= size(copy);
        }
        return copy;
    }

    private void rest(long ranNanos) {
        long pause = ranNanos * (100 - config.maxLoad()) / config.maxLoad();
        if (!schedule(pause)) {
            close();
        }
    }

    private void run(Copy copy) {
        Deadline deadline = Deadline.after(PATIENCE);
        try (Lease lease = sessions.lease(copy.shadow(), deadline)) {
            Signature signature = lease.servable().signature();
            long began = System.nanoTime();
            List<Value> outputs = lease.servable().run(inOrder(copy, signature), deadline);
            long took = System.nanoTime() - began;
            listener.compared(copy, Comparison.of(copy.signature(), copy.outputs(), signature, outputs), took);
        } catch (RuntimeException e) { // of whatever kind: nobody else would hear of it
            listener.failed(copy, e);
        }
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

    @Override
    public void close() {
        List<Copy> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(waiting);
            waiting.clear();
            bytes = 0;
        }
        left.forEach(ShadowRunner::close);
        thread.shutdown();
    }
}
