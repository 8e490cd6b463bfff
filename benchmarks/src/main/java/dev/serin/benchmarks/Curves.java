package dev.serin.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** The curves of the drawing, out of the figures of the row {@code plot}. */
final class Curves {
    static final List<Integer> PERCENTS = List.of(10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120);
    static final List<Integer> FEW_PERCENTS = List.of(20, 60, 100);

    /** Figures of one load that are drawn, each a curve. */
    static final List<String> NAMES = List.of("p99_ms", "p50_ms", "echo_p99_ms", "echo_p50_ms");

    private static final List<String> LABELS = List.of("gateway p99", "gateway p50", "echo p99", "echo p50");

    private Curves() {}

    /** {@return the drawing} */
    static Plot plot(Figures figures) {
        double peak = figures.get("peak_per_second");
        List<Plot.Curve> curves = new ArrayList<>();
        for (int i = 0; i < NAMES.size(); i++) {
            List<Plot.Point> points = new ArrayList<>();
            for (int percent : PERCENTS) {
                double value = figures.get(NAMES.get(i) + "_at_" + percent);
                if (!Double.isNaN(value)) {
                    points.add(new Plot.Point(peak * percent / 100, value));
                }
            }
            curves.add(new Plot.Curve(LABELS.get(i), points));
        }
        return new Plot(
                "Iris, one row of JSON: latency from when a request was due",
                "offered requests a second; 100 %% of the gateway's peak is %s".formatted(Limit.text(peak)),
                "milliseconds",
                curves);
    }
}
