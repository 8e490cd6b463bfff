package dev.serin.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * How long the cores have worked, in ticks; all zero where the system does not tell. Ours are this process, its children that have
 * ended, and those named.
 */
record Cores(long all, long busy, long ours) {
    static Cores read(long... processes) throws IOException {
        Path stat = Path.of("/proc/stat");
        if (!Files.exists(stat)) {
            return new Cores(0, 0, 0);
        }
        long[] ticks = Arrays.stream(Files.readAllLines(stat).getFirst().split(" +"))
                .skip(1)
                .limit(8)
                .mapToLong(Long::parseLong)
                .toArray();
        long ours = ticks(ProcessHandle.current().pid(), true);
        for (long process : processes) {
            ours += ticks(process, false);
        }
        return new Cores(Arrays.stream(ticks).sum(), Arrays.stream(ticks).sum() - ticks[3] - ticks[4], ours);
    }

    private static long ticks(long process, boolean withChildren) throws IOException {
        Path file = Path.of("/proc/" + process + "/stat");
        if (!Files.exists(file)) {
            return 0; // it has just ended
        }
        String stat = Files.readString(file);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long own = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        return withChildren ? own + Long.parseLong(fields[13]) + Long.parseLong(fields[14]) : own;
    }

    /** {@return which part of the machine other processes took} */
    double othersSince(Cores before) {
        long elapsed = all - before.all;
        return elapsed == 0 ? 0 : Math.max(0, busy - before.busy - (ours - before.ours)) / (double) elapsed;
    }
}
