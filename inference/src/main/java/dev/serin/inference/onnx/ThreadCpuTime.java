package dev.serin.inference.onnx;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * What the platform thread that runs here has had of a core: unlike time on the clock it leaves out how long others had it instead.
 * {@code ThreadMXBean} tells the same, but not to virtual threads. By {@code clock_gettime} of POSIX, with the numbers of the clock in
 * Linux's and macOS's headers. Thread-safe.
 */
public final class ThreadCpuTime {
    private static final long UNKNOWN = -1;

    private static final int CLOCK_THREAD_CPUTIME_ID =
            System.getProperty("os.name", "").startsWith("Mac") ? 16 : 3;
    private static final long NANOS = 1_000_000_000;

    private static final Optional<MethodHandle> CLOCK_GETTIME = find();

    private ThreadCpuTime() {}

    @SuppressWarnings("restricted") // the gateway's JVM allows it
    private static Optional<MethodHandle> find() {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("clock_gettime")
                .map(address -> linker.downcallHandle(
                        address,
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS),
                        Linker.Option.critical(true)));
    }

    /** {@return nanoseconds, to be compared with those of the same platform thread alone; negative where nobody tells} */
    public static long nanos() {
        if (CLOCK_GETTIME.isEmpty()) {
            return UNKNOWN;
        }
        long[] time = new long[2]; // struct timespec: seconds and nanoseconds, where a long has 64 bits
        int status;
        try {
            status = (int) CLOCK_GETTIME.get().invokeExact(CLOCK_THREAD_CPUTIME_ID, MemorySegment.ofArray(time));
        } catch (Throwable e) { // method handles declare no less
            throw OrtFailure.unchecked(e);
        }
        return status == 0 ? time[0] * NANOS + time[1] : UNKNOWN;
    }
}
