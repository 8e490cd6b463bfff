package dev.serin.gateway.observe;

import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Where the time went from the beginning of the process until it was ready, as {@code serin_start_seconds}. One thread tells, any may
 * ask.
 */
public final class StartPhases {
    private final long beganMillis = System.currentTimeMillis();
    private final LongSupplier nanoTime;
    private final Map<String, Double> seconds = Collections.synchronizedMap(new LinkedHashMap<>());
    private long sinceNanos;

    /**
     * The first phase begins now; what came before, the JVM and the reading of the command line, is the phase {@code process}.
     *
     * @param nanoTime as {@link System#nanoTime}
     */
    public StartPhases(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.sinceNanos = nanoTime.getAsLong();
    }

    /** A phase has ended, and the next one begins. */
    public void end(String phase) {
        long now = nanoTime.getAsLong();
        seconds.put(phase, (now - sinceNanos) / 1e9);
        sinceNanos = now;
    }

    /** {@return what is known by now, as Prometheus text} */
    public String scrape() {
        PrometheusText text = new PrometheusText();
        text.family(
                "serin_start_seconds",
                "gauge",
                "Where the time of the start went: process, open, registry, load, one after the other.");
        sample(
                text,
                "process",
                (beganMillis - ManagementFactory.getRuntimeMXBean().getStartTime()) / 1e3);
        synchronized (seconds) {
            seconds.forEach((phase, took) -> sample(text, phase, took));
        }
        return text.toString();
    }

    private static void sample(PrometheusText text, String phase, double took) {
        text.sample("serin_start_seconds", PrometheusText.labels("phase", phase), took);
    }
}
