package dev.serin.inference.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** How sessions are made: with no threads of their own, all optimisations, no arena. Closed by whoever made it. */
final class SessionOptions implements AutoCloseable {
    private static final int ALL_OPTIMISATIONS = 99;
    private static final int LOG_ERRORS = 3;

    private static final MethodHandle CREATE = CApi.CREATE_SESSION_OPTIONS.handle();
    private static final MethodHandle NO_THREADS = CApi.DISABLE_PER_SESSION_THREADS.handle();
    private static final MethodHandle INTRA_OP = CApi.SET_INTRA_OP_NUM_THREADS.handle();
    private static final MethodHandle NO_ARENA = CApi.DISABLE_CPU_MEM_ARENA.handle();
    private static final MethodHandle NO_PATTERN = CApi.DISABLE_MEM_PATTERN.handle();
    private static final MethodHandle OPTIMISE = CApi.SET_SESSION_GRAPH_OPTIMIZATION_LEVEL.handle();
    private static final MethodHandle LOG_LEVEL = CApi.SET_SESSION_LOG_SEVERITY_LEVEL.handle();
    private static final MethodHandle RELEASE = CApi.RELEASE_SESSION_OPTIONS.handle();

    private final long address;

    SessionOptions(OnnxRuntime.Threads threads) {
        address = create();
        try {
            switch (threads) {
                case SHARED -> OrtFailure.check((long) NO_THREADS.invokeExact(address));
                case CALLERS -> OrtFailure.check((long) INTRA_OP.invokeExact(address, 1));
            }
            // Without the arena a large output is given back at once, and small models run no slower.
            OrtFailure.check((long) NO_ARENA.invokeExact(address));
            OrtFailure.check((long) NO_PATTERN.invokeExact(address)); // patterns are blocks cut from the arena
            OrtFailure.check((long) OPTIMISE.invokeExact(address, ALL_OPTIMISATIONS));
            OrtFailure.check((long) LOG_LEVEL.invokeExact(address, LOG_ERRORS));
        } catch (Throwable e) { // method handles declare no less
            close();
            throw OrtFailure.unchecked(e);
        }
    }

    private static long create() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            OrtFailure.check((long) CREATE.invokeExact(out.address()));
            return out.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) { // as above
            throw OrtFailure.unchecked(e);
        }
    }

    long address() {
        return address;
    }

    @Override
    public void close() {
        try {
            RELEASE.invokeExact(address);
        } catch (Throwable e) { // as above
            throw OrtFailure.unchecked(e);
        }
    }
}
