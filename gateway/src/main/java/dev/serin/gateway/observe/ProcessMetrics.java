package dev.serin.gateway.observe;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** {@code process_*} and {@code jvm_*}, named as every Java program's. */
final class ProcessMetrics {
    private ProcessMetrics() {}

    static void write(PrometheusText text) {
        process(text);
        memory(text);
        collections(text);
        text.single(
                "jvm_threads_current",
                "gauge",
                "Platform threads.",
                ManagementFactory.getThreadMXBean().getThreadCount());
        text.single(
                "jvm_classes_currently_loaded",
                "gauge",
                "Classes loaded.",
                ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
    }

    private static void process(PrometheusText text) {
        text.single(
                "process_start_time_seconds",
                "gauge",
                "When the process began, in seconds since 1970.",
                ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            text.single(
                    "process_cpu_seconds_total",
                    "counter",
                    "CPU time of the process.",
                    system.getProcessCpuTime() / 1e9);
        }
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
            text.single("process_open_fds", "gauge", "Open files and sockets.", unix.getOpenFileDescriptorCount());
            text.single("process_max_fds", "gauge", "Limit of open files.", unix.getMaxFileDescriptorCount());
        }
        long resident = residentBytes();
        if (resident > 0) {
            text.single("process_resident_memory_bytes", "gauge", "Memory held, native memory included.", resident);
        }
    }

    private static void memory(PrometheusText text) {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        MemoryUsage rest = ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage();
        text.family("jvm_memory_used_bytes", "gauge", "Memory used by the JVM itself, models not included.");
        text.sample("jvm_memory_used_bytes", "area=\"heap\"", heap.getUsed());
        text.sample("jvm_memory_used_bytes", "area=\"nonheap\"", rest.getUsed());
        text.family("jvm_memory_max_bytes", "gauge", "Limit of the JVM's own memory; -1 for none.");
        text.sample("jvm_memory_max_bytes", "area=\"heap\"", heap.getMax());
        text.sample("jvm_memory_max_bytes", "area=\"nonheap\"", rest.getMax());
    }

    private static void collections(PrometheusText text) {
        String name = "jvm_gc_collection_seconds";
        text.family(name, "summary", "Garbage collections.");
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            String labels = PrometheusText.labels("gc", collector.getName());
            text.sample(name + "_count", labels, collector.getCollectionCount());
            text.sample(name + "_sum", labels, collector.getCollectionTime() / 1e3);
        }
    }

    private static long residentBytes() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0; // not Linux
        }
    }
}
