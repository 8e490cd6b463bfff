package dev.serin.gateway.scheduling;

import java.util.function.LongSupplier;

/** How long a run took, and how much of that its thread had a core. Not thread-safe: begun and ended where the run is. */
final class RunTime {
    /** Measures nothing: what the thread has of a core is taken to be all. */
    static final LongSupplier UNKNOWN = () -> -1;

    private final LongSupplier threadNanos;
    private final long ownBegan;
    private final long began;
    private long nanos;
    private long ownNanos;

    private RunTime(LongSupplier threadNanos) {
        this.threadNanos = threadNanos;
        this.ownBegan = threadNanos.getAsLong();
        this.began = System.nanoTime();
    }

    /** @param threadNanos what this thread has had of a core until now; negative where nobody can tell */
    static RunTime begin(LongSupplier threadNanos) {
        return new RunTime(threadNanos);
    }

    /** @param doubtful how long it may seem to have taken without a closer look, which costs a call of the system */
    void end(long doubtful) {
        nanos = System.nanoTime() - began;
        if (nanos <= doubtful) {
            ownNanos = nanos;
            return;
        }
        long own = threadNanos.getAsLong() - ownBegan;
        // a virtual thread that went on with another carrier compares two clocks
        ownNanos = ownBegan >= 0 && own >= 0 && own < nanos ? own : nanos;
    }

    long began() {
        return began;
    }

    long nanos() {
        return nanos;
    }

    long ownNanos() {
        return ownNanos;
    }
}
