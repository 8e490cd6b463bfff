package dev.serin.benchmarks;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one round of a row measured: numbers by name, in the order in which they are to be read. The unit is part of the name. */
record Figures(Map<String, Double> byName) {
    Figures {
        byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
    }

    static Figures of(String name, double value) {
        return new Figures(Map.of(name, value));
    }

    Figures and(String name, double value) {
        Map<String, Double> more = new LinkedHashMap<>(byName);
        more.put(name, value);
        return new Figures(more);
    }

    /** {@return the median of each figure over the rounds that have it} */
    static Figures medians(List<Figures> rounds) {
        Map<String, Double> medians = new LinkedHashMap<>();
        rounds.forEach(round -> round.byName
                .keySet()
                .forEach(name -> medians.computeIfAbsent(
                        name,
                        _ -> median(rounds.stream()
                                .filter(each -> each.byName.containsKey(name))
                                .mapToDouble(each -> each.get(name))
                                .toArray()))));
        return new Figures(medians);
    }

    /** {@return the value in the middle; of an even number of values the mean of the two there} */
    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        if (sorted.length == 0) {
            return Double.NaN;
        }
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** {@return the figure; not a number where it was not measured} */
    double get(String name) {
        return byName.getOrDefault(name, Double.NaN);
    }
}
