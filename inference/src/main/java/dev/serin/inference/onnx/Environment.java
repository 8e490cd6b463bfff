package dev.serin.inference.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * ONNX Runtime's environment, of which a process has one for its whole life: the first to ask sizes its threads. It is
 * never released, so that no order of shutting down is wrong.
 */
final class Environment {
    private static final int LOG_ERRORS = 3;

    private static final MethodHandle CREATE_THREADING = CApi.CREATE_THREADING_OPTIONS.handle();
    private static final MethodHandle INTRA_OP = CApi.SET_GLOBAL_INTRA_OP_NUM_THREADS.handle();
    private static final MethodHandle INTER_OP = CApi.SET_GLOBAL_INTER_OP_NUM_THREADS.handle();
    private static final MethodHandle SPIN = CApi.SET_GLOBAL_SPIN_CONTROL.handle();
    private static final MethodHandle RELEASE_THREADING = CApi.RELEASE_THREADING_OPTIONS.handle();
    private static final MethodHandle CREATE = CApi.CREATE_ENV_WITH_GLOBAL_THREAD_POOLS.handle();

    private static long environment; // guarded by the class

    private Environment() {}

    /** {@return its address} */
    static synchronized long get(int intraOpThreads) {
        if (environment == 0) {
            AbiCheck.run();
            environment = create(intraOpThreads);
        }
        return environment;
    }

    private static long create(int intraOpThreads) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            OrtFailure.check((long) CREATE_THREADING.invokeExact(out.address()));
            long threading = out.get(ValueLayout.JAVA_LONG, 0);
            try {
                OrtFailure.check((long) INTRA_OP.invokeExact(threading, intraOpThreads));
                OrtFailure.check((long) INTER_OP.invokeExact(threading, 1));
                OrtFailure.check((long) SPIN.invokeExact(threading, 0));
                long name = arena.allocateFrom("serin").address();
                OrtFailure.check((long) CREATE.invokeExact(LOG_ERRORS, name, threading, out.address()));
                return out.get(ValueLayout.JAVA_LONG, 0);
            } finally {
                RELEASE_THREADING.invokeExact(threading);
            }
        } catch (Throwable e) { // method handles declare no less
            throw OrtFailure.unchecked(e);
        }
    }
}
