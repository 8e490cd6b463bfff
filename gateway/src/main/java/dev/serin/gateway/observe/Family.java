package dev.serin.gateway.observe;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One metric: a series for each combination of label values that was met. Thread-safe; a series that is there costs a
 * look-up.
 *
 * @param <S> what a series counts in
 */
final class Family<S> {
    private final String name;
    private final String type;
    private final String help;
    private final List<String> labels;
    private final Supplier<S> maker;
    private final Writer<S> writer;
    private final ConcurrentMap<List<String>, S> series = new ConcurrentHashMap<>();

    private Family(String name, String type, String help, List<String> labels, Supplier<S> maker, Writer<S> writer) {
        this.name = name;
        this.type = type;
        this.help = help;
        this.labels = labels;
        this.maker = maker;
        this.writer = writer;
    }

    private interface Writer<S> {
        void write(PrometheusText text, String name, String labels, S series);
    }

    static Family<LongAdder> counter(String name, String help, String... labels) {
        return new Family<>(
                name,
                "counter",
                help,
                List.of(labels),
                LongAdder::new,
                (text, metric, values, count) -> text.sample(metric, values, count.sum()));
    }

    static Family<Histogram> histogram(String name, String help, String... labels) {
        return histogram(Histogram::ofSeconds, name, help, labels);
    }

    static Family<Histogram> histogram(Supplier<Histogram> maker, String name, String help, String... labels) {
        return new Family<>(
                name,
                "histogram",
                help,
                List.of(labels),
                maker,
                (text, metric, values, histogram) -> histogram.write(text, metric, values));
    }

    /** {@return the series of these values, in the order of the labels} */
    S of(String... values) {
        List<String> key = List.of(values);
        S there = series.get(key);
        return there != null ? there : series.computeIfAbsent(key, _ -> maker.get());
    }

    /** Forgets series by the values of their labels. */
    void removeIf(Predicate<List<String>> vanished) {
        series.keySet().removeIf(vanished);
    }

    void forEach(BiConsumer<List<String>, S> action) {
        series.forEach(action);
    }

    void write(PrometheusText text) {
        if (series.isEmpty()) {
            return;
        }
        text.family(name, type, help);
        series.forEach((values, one) -> writer.write(text, name, join(values), one));
    }

    private String join(List<String> values) {
        String[] joined = new String[2 * values.size()];
        for (int i = 0; i < values.size(); i++) {
            joined[2 * i] = labels.get(i);
            joined[2 * i + 1] = values.get(i);
        }
        return PrometheusText.labels(joined);
    }
}
