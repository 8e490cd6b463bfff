package dev.serin.gateway.observe;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.RegistryState;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.predict.PredictionListener;
import dev.serin.gateway.predict.RunListener;
import dev.serin.gateway.predict.Served;
import dev.serin.gateway.predict.Shadows.Copy;
import dev.serin.gateway.sessions.SessionListener;
import dev.serin.gateway.shadow.Comparison;
import dev.serin.gateway.shadow.ShadowListener;
import dev.serin.registry.ModelName;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.StoreListener;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * Counts what happens, and shows it as Prometheus text. States, digests and memory are read from the catalog when
 * asked. Labels only ever hold registered names: what nobody registered is {@code _unknown}, what is one version too
 * many is {@code _other}, and what has left the registry is forgotten. Thread-safe.
 *
 * <p>The series are our own and not a library's: Helidon's meters cost 1.0 to 2.3 µs for the six that a request needs,
 * add quantiles, a maximum and a scope to each histogram, live in a static registry, and take over a second to start.
 */
public final class Metrics
        implements PredictionListener, RunListener, RegistryListener, SessionListener, ShadowListener, StoreListener {
    private static final String UNKNOWN = "_unknown";
    static final String OTHER = "_other";
    private static final int DIGEST_SIGNS = 12;
    private static final double MAX_DIFFERENCE = 10; // the greatest bucket; and 900 million of these are a sum yet

    private final Catalog catalog;
    private final int maxVersions;
    private final Limits limits;
    private final Map<String, String> build;
    private final Set<VersionId> known = ConcurrentHashMap.newKeySet();
    private volatile long storeBytes;

    private final Family<LongAdder> requests = Family.counter(
            "serin_requests_total", "Predictions asked for.", "model", "version", "route", "protocol", "code");
    private final Family<Histogram> durations = Family.histogram(
            "serin_request_duration_seconds",
            "From the arrival of the head to the end of the answer.",
            "model",
            "version",
            "route");
    private final Family<Histogram> phases =
            Family.histogram("serin_request_phase_seconds", "Where the time of requests went.", "model", "phase");
    private final Family<Histogram> batchRows = Family.histogram(
            Histogram::ofRows,
            "serin_batch_rows",
            "Rows of one run, for one request or for several; requests over 64 KiB are not counted.",
            "model",
            "version");
    private final Family<LongAdder> rejections =
            Family.counter("serin_rejections_total", "Requests refused for lack of room or time.", "model", "code");
    private final Family<LongAdder> loads =
            Family.counter("serin_version_loads_total", "Loads of versions.", "model", "version", "result");
    private final Family<Histogram> loadPhases =
            Family.histogram("serin_version_load_seconds", "Where the time of loads went.", "phase");
    private final Family<LongAdder> evictions =
            Family.counter("serin_version_evictions_total", "Versions taken out of memory.", "model", "reason");
    private final Family<LongAdder> registryRequests =
            Family.counter("serin_registry_requests_total", "Requests to the registry.", "operation", "result");
    private final Family<Histogram> registrySeconds =
            Family.histogram("serin_registry_request_seconds", "Time of requests to the registry.", "operation");
    private final Family<LongAdder> comparisons = Family.counter(
            "serin_shadow_comparisons_total",
            "Copies of requests for a shadow, by what came of them.",
            "model",
            "version",
            "result");
    private final Family<Histogram> differences = Family.histogram(
            "serin_shadow_difference",
            "Greatest relative difference of two answers to one request.",
            "model",
            "version");
    private final Family<LongAdder> cuts = Family.counter(
            "serin_connections_cut_total", "Connections cut because a head or body did not come in time.", "part");
    private final Family<LongAdder> events =
            Family.counter("serin_events_total", "Events that ask for attention.", "event");
    private final List<Family<?>> all = List.of(
            requests,
            durations,
            phases,
            batchRows,
            rejections,
            loads,
            loadPhases,
            evictions,
            registryRequests,
            registrySeconds,
            comparisons,
            differences,
            cuts,
            events);

    /**
     * What may be taken.
     *
     * @param memoryBytes native memory of all loaded versions together
     * @param storeBytes disk of all local copies together
     */
    public record Limits(long memoryBytes, long storeBytes) {}

    /**
     * Begins at zero.
     *
     * @param build labels of {@code serin_build_info}, such as {@code version} and {@code java}
     */
    public Metrics(Catalog catalog, ObserveConfig config, Limits limits, Map<String, String> build) {
        this.catalog = catalog;
        this.maxVersions = config.maxVersions();
        this.limits = limits;
        this.build = Map.copyOf(build);
    }

    // What happens

    @Override
    public void finished(Prediction prediction) {
        Subject subject = subject(prediction);
        String code = prediction.error().map(ErrorCode::label).orElse("ok");
        requests.of(subject.model(), subject.version(), subject.route(), prediction.protocol(), code)
                .increment();
        durations.of(subject.model(), subject.version(), subject.route()).record(prediction.totalNanos());
        phase(subject, "read", prediction.readNanos() + prediction.timings().decode());
        if (prediction.served().isPresent()) {
            phase(subject, "queue", prediction.timings().queue());
            phase(subject, "run", prediction.timings().run());
            phase(subject, "write", prediction.writeNanos());
        }
        prediction
                .error()
                .filter(ErrorCode::isRejection)
                .ifPresent(
                        error -> rejections.of(subject.model(), error.label()).increment());
    }

    @Override
    public void ran(VersionId id, int rows) {
        boolean own = hasSeries(id);
        batchRows
                .of(own ? id.model().value() : OTHER, own ? id.version().value() : OTHER)
                .record(rows);
    }

    @Override
    public void requested(Operation operation, boolean succeeded, Duration took) {
        String name = operation.name().toLowerCase(Locale.ROOT);
        registryRequests.of(name, succeeded ? "ok" : "failed").increment();
        registrySeconds.of(name).record(took.toNanos());
    }

    @Override
    public void loaded(CatalogVersion version) {
        countLoad(version.id(), "ok");
        version.loaded().ifPresent(loaded -> {
            loadPhases.of("download").record(loaded.download().toNanos());
            loadPhases.of("verify").record(loaded.verify().toNanos());
            loadPhases.of("read").record(loaded.report().read().toNanos());
            loadPhases.of("create").record(loaded.report().create().toNanos());
            loadPhases.of("warm").record(loaded.report().warm().toNanos());
        });
    }

    @Override
    public void failed(VersionId version, CatalogVersion.Failure failure, Throwable cause, boolean news) {
        countLoad(version, "failed");
    }

    @Override
    public void evicted(VersionId version, String reason) {
        evictions.of(version.model().value(), reason).increment();
    }

    @Override
    public void holds(long bytes) {
        storeBytes = bytes;
    }

    @Override
    public void compared(Copy copy, Comparison comparison, long runNanos) {
        count(copy, comparison.agrees() ? "agree" : "disagree");
        VersionId id = copy.shadow().id();
        boolean own = hasSeries(id);
        differences
                .of(own ? id.model().value() : OTHER, own ? id.version().value() : OTHER)
                .record(Math.round(Math.min(comparison.maxRelative(), MAX_DIFFERENCE) * 1e9)); // it counts in nanos
    }

    @Override
    public void failed(Copy copy, RuntimeException cause) {
        count(copy, "error");
    }

    @Override
    public void dropped(Copy copy) {
        count(copy, "dropped");
    }

    private void count(Copy copy, String result) {
        VersionId id = copy.shadow().id();
        boolean own = hasSeries(id);
        comparisons
                .of(own ? id.model().value() : OTHER, own ? id.version().value() : OTHER, result)
                .increment();
    }

    /** Counts a connection that was cut because the {@code head} or {@code body} of a request did not come. */
    public void connectionCut(String part) {
        cuts.of(part).increment();
    }

    /** Counts an event that asks for attention. */
    void attention(String event) {
        events.of(event).increment();
    }

    // What is shown

    /** {@return how many predictions were asked of each model by now}, where {@code _other} stands for several */
    Map<String, Long> requestsByModel() {
        Map<String, Long> sums = new HashMap<>();
        requests.forEach((labels, count) -> sums.merge(labels.getFirst(), count.sum(), Long::sum));
        return sums;
    }

    /** {@return the present state of everything, as Prometheus text} */
    public String scrape() {
        forgetTheVanished();
        PrometheusText text = new PrometheusText();
        all.forEach(family -> family.write(text));
        versions(text);
        registry(text);
        text.single(
                "serin_memory_limit_bytes", "gauge", "Native memory for all loaded versions.", limits.memoryBytes());
        text.single("serin_store_bytes", "gauge", "Local copies of versions, as last seen.", storeBytes);
        text.single("serin_store_limit_bytes", "gauge", "Disk for all local copies.", limits.storeBytes());
        text.family("serin_build_info", "gauge", "What is running.");
        text.sample("serin_build_info", labels(build), 1);
        ProcessMetrics.write(text);
        return text.toString();
    }

    private void versions(PrometheusText text) {
        List<CatalogVersion> shown = catalog.models().stream()
                .flatMap(model -> model.versions().stream())
                .filter(version -> hasSeries(version.id()))
                .toList();
        if (!shown.isEmpty()) {
            text.family("serin_version_info", "gauge", "Versions, with the first signs of their digests.");
            shown.forEach(version -> text.sample("serin_version_info", info(version), 1));
            text.family("serin_version_state", "gauge", "1 for the state a version is in.");
            shown.forEach(version -> states(text, version));
            text.family("serin_session_memory_bytes", "gauge", "Native memory of a loaded version.");
            shown.forEach(version -> text.sample("serin_session_memory_bytes", labels(version), version.memoryBytes()));
        }
        long total = catalog.models().stream()
                .mapToLong(model -> model.versions().size())
                .sum();
        text.single(
                "serin_versions_without_metrics",
                "gauge",
                "Versions that share the label _other.",
                Math.max(0, total - shown.size()));
    }

    private static void states(PrometheusText text, CatalogVersion version) {
        for (VersionState state : VersionState.values()) {
            String labels = labels(version) + "," + PrometheusText.labels("state", state.label());
            text.sample("serin_version_state", labels, version.state() == state ? 1 : 0);
        }
    }

    private void registry(PrometheusText text) {
        RegistryState state = catalog.registry();
        text.single(
                "serin_registry_stale",
                "gauge",
                "1 while the registry cannot be read or is not believed.",
                state.stale().isPresent() ? 1 : 0);
        if (state.readAt().isPresent()) {
            text.single(
                    "serin_registry_last_success_timestamp_seconds",
                    "gauge",
                    "When a look at the registry last succeeded, in seconds since 1970.",
                    state.readAt().get().toEpochMilli() / 1e3);
        }
    }

    private static String info(CatalogVersion version) {
        String digest = version.digest()
                .map(all -> all.hex().substring(0, DIGEST_SIGNS))
                .orElse("");
        return labels(version) + "," + PrometheusText.labels("digest", digest);
    }

    private static String labels(CatalogVersion version) {
        return PrometheusText.labels(
                "model",
                version.id().model().value(),
                "version",
                version.id().version().value());
    }

    private static String labels(Map<String, String> pairs) {
        return PrometheusText.labels(pairs.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(pair -> Stream.of(pair.getKey(), pair.getValue()))
                .toArray(String[]::new));
    }

    // Whose series

    private record Subject(String model, String version, String route) {}

    private Subject subject(Prediction prediction) {
        Optional<Served> served = prediction.served();
        if (served.isEmpty()) {
            String model = isRegistered(prediction.target().model())
                    ? prediction.target().model()
                    : UNKNOWN;
            return new Subject(model, UNKNOWN, "none");
        }
        VersionId id = served.get().version();
        String route = served.get().route().label();
        return hasSeries(id)
                ? new Subject(id.model().value(), id.version().value(), route)
                : new Subject(OTHER, OTHER, route);
    }

    private boolean isRegistered(String model) {
        try {
            return catalog.model(new ModelName(model)).isPresent();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private boolean hasSeries(VersionId id) {
        return known.contains(id) || (known.size() < maxVersions && known.add(id));
    }

    private void forgetTheVanished() {
        Set<VersionId> present = new HashSet<>();
        Set<String> models = new HashSet<>(Set.of(UNKNOWN, OTHER));
        catalog.models().forEach(model -> {
            models.add(model.name().value());
            model.versions().forEach(version -> present.add(version.id()));
        });
        known.retainAll(present);
        Set<List<String>> pairs = new HashSet<>();
        present.forEach(id -> pairs.add(List.of(id.model().value(), id.version().value())));
        List.of(requests, durations, batchRows, loads, comparisons, differences)
                .forEach(family -> family.removeIf(values -> !models.contains(values.get(0))
                        || (!values.get(1).startsWith("_") && !pairs.contains(values.subList(0, 2)))));
        List.of(phases, rejections, evictions)
                .forEach(family -> family.removeIf(values -> !models.contains(values.get(0))));
    }

    private void countLoad(VersionId id, String result) {
        boolean own = hasSeries(id);
        loads.of(own ? id.model().value() : OTHER, own ? id.version().value() : OTHER, result)
                .increment();
    }

    private void phase(Subject subject, String phase, long nanos) {
        phases.of(subject.model(), phase).record(nanos);
    }
}
