package dev.serin.benchmarks;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits for a moment without spinning, which would take a core from the servers. Linux wakes a thread up to 50 µs late so as to
 * wake several at once; here the thread asks it not to, where that can be asked.
 */
final class PreciseTimer {
    private static final int PR_SET_TIMERSLACK = 29;

    /** The shortest sleep: to be woken for each of 20,000 requests a second costs more than to send them. */
    static final long LEAST_NANOS = 100_000;

    private PreciseTimer() {}

    /** Asks for the thread that calls this. */
    @SuppressWarnings("restricted") // the one call of this program to native code of its own
    static void ask() {
        if (!"Linux".equals(System.getProperty("os.name"))) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        linker.defaultLookup().find("prctl").ifPresent(prctl -> {
            try {
                int _ = (int) linker.downcallHandle(
                                prctl,
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG),
                                Linker.Option.firstVariadicArg(1))
                        .invokeExact(PR_SET_TIMERSLACK, 1L);
            } catch (Throwable e) { // method handles declare no less
                throw new LinkageError("Cannot ask for precise timers", e);
            }
        });
    }

    /** Returns at that time, or as little after it as a sleep takes. */
    static void until(long nanoTime) {
        for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
            LockSupport.parkNanos(Math.max(left, LEAST_NANOS));
        }
    }
}
