package dev.serin.inference.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What {@code malloc} has given to this process and not got back: ONNX Runtime's sessions, since they have no arenas, and what the
 * JVM itself needs beside its heap. By functions of glibc; elsewhere nobody can tell. Thread-safe.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/mallinfo.3.html">mallinfo2(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/malloc_trim.3.html">malloc_trim(3)</a>
 */
public final class NativeHeap {
    /** {@code struct mallinfo2} is ten numbers; of these, bytes in blocks of their own, and in pieces of the others. */
    private static final GroupLayout MALLINFO2 =
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));

    private static final int HBLKHD = 4;
    private static final int UORDBLKS = 7;

    private static final Optional<MethodHandle> INFO = find("mallinfo2", FunctionDescriptor.of(MALLINFO2));
    private static final Optional<MethodHandle> TRIM =
            find("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));

    private NativeHeap() {}

    @SuppressWarnings("restricted") // the gateway's JVM allows it
    private static Optional<MethodHandle> find(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup().find(name).map(address -> linker.downcallHandle(address, type));
    }

    /** {@return bytes in use; empty where nobody can tell} */
    public static OptionalLong inUse() {
        if (INFO.isEmpty()) {
            return OptionalLong.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = (MemorySegment) INFO.get().invokeExact((SegmentAllocator) arena);
            return OptionalLong.of(
                    info.getAtIndex(ValueLayout.JAVA_LONG, HBLKHD) + info.getAtIndex(ValueLayout.JAVA_LONG, UORDBLKS));
        } catch (Throwable e) { // method handles declare no less
            throw OrtFailure.unchecked(e);
        }
    }

    /** Gives back to the system what is in use by nobody: free pieces among others in use stay with the process otherwise. */
    public static void trim() {
        if (TRIM.isPresent()) {
            try {
                int _ = (int) TRIM.get().invokeExact(0L);
            } catch (Throwable e) { // as above
                throw OrtFailure.unchecked(e);
            }
        }
    }
}
