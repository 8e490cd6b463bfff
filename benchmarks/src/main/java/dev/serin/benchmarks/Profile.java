package dev.serin.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where the threads of a JVM had the cores, by samples of the time that each had one, that in native code and in the kernel included (JEP
 * 509, on Linux). Only what Java threads do: no compiler, no collector.
 */
final class Profile {
    /** What to ask of {@code -XX:StartFlightRecording}. */
    static final String SETTINGS = "jdk.CPUTimeSample#enabled=true,jdk.CPUTimeSample#throttle=5ms";

    private static final int SHOWN = 80;

    /** What nearly all samples have is where threads begin. */
    private static final double MOST_PERCENT = 90;

    private Profile() {}

    /** One sample: the method that ran, and all that had called it. */
    private record Sample(Instant at, String running, Set<String> callers) {}

    /**
     * {@return a table of the methods that were under way in most samples, in percent, and those in which they ran themselves; of the
     * latter half of the recording, since the former is of what was being compiled}
     */
    static String of(Path recording) throws IOException {
        List<Sample> samples = latterHalf(samples(recording));
        if (samples.isEmpty()) {
            return "no samples of time on a core: this JVM takes them on Linux only";
        }
        Map<String, Integer> under = new HashMap<>();
        Map<String, Integer> running = new HashMap<>();
        for (Sample sample : samples) {
            sample.callers().forEach(method -> under.merge(method, 1, Integer::sum));
            running.merge(sample.running(), 1, Integer::sum);
        }
        double percent = 100.0 / samples.size();
        return under.entrySet().stream()
                .filter(method -> method.getValue() * percent < MOST_PERCENT)
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .limit(SHOWN)
                .map(method -> String.format(
                        Locale.ROOT,
                        "%5.1f %5.1f  %s",
                        method.getValue() * percent,
                        running.getOrDefault(method.getKey(), 0) * percent,
                        method.getKey()))
                .collect(Collectors.joining(
                        "\n", "under itself  method, %% of %d samples\n".formatted(samples.size()), ""));
    }

    private static List<Sample> samples(Path recording) throws IOException {
        List<Sample> samples = new ArrayList<>();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                if (event.getEventType().getName().equals("jdk.CPUTimeSample") && event.getStackTrace() != null) {
                    List<String> stack = event.getStackTrace().getFrames().stream()
                            .map(Profile::name)
                            .filter(name -> !isGenerated(name))
                            .toList();
                    samples.add(new Sample(
                            event.getStartTime(),
                            stack.isEmpty() ? "generated code" : stack.getFirst(),
                            new HashSet<>(stack)));
                }
            }
        }
        return samples;
    }

    private static List<Sample> latterHalf(List<Sample> samples) {
        List<Instant> times = samples.stream()
                .map(Sample::at)
                .sorted(Comparator.naturalOrder())
                .toList();
        if (times.isEmpty()) {
            return samples;
        }
        Instant middle = times.getFirst()
                .plus(Duration.between(times.getFirst(), times.getLast()).dividedBy(2));
        return samples.stream().filter(sample -> sample.at().isAfter(middle)).toList();
    }

    /** {@return whether it is what the JVM makes for lambdas and calls of native code} What these do counts for who called them. */
    private static boolean isGenerated(String name) {
        return name.contains("0x0");
    }

    private static String name(RecordedFrame frame) {
        RecordedMethod method = frame.getMethod();
        return method.getType().getName() + "." + method.getName();
    }
}
