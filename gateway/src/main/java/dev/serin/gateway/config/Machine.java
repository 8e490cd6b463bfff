package dev.serin.gateway.config;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * What this process may use; a container's limits count.
 *
 * @param memoryBytes of the container or machine
 * @param heapBytes the most that the Java heap takes of it
 * @param openFiles the most files and connections that may be open
 */
public record Machine(int cores, long memoryBytes, long heapBytes, long openFiles) {
    /** {@return the machine that this process runs on} */
    public static Machine here() {
        var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                system.getTotalMemorySize(),
                Runtime.getRuntime().maxMemory(),
                system instanceof UnixOperatingSystemMXBean unix ? unix.getMaxFileDescriptorCount() : Long.MAX_VALUE);
    }

    /** {@return what the heap leaves for native memory} */
    public long nativeBytes() {
        return Math.max(0, memoryBytes - heapBytes);
    }
}
