package dev.serin.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.RegistryState;
import dev.serin.gateway.catalog.RegistryState.Stale;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.predict.Shadows.Copy;
import dev.serin.gateway.shadow.Comparison;
import dev.serin.inference.Signature;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.VersionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private final Catalog catalog = new Catalog();
    private final Metrics metrics = metrics(1000);

    MetricsTest() {
        catalog.put(Samples.iris(
                Samples.version("iris/1", VersionState.COLD), Samples.version("iris/2", VersionState.READY)));
    }

    private Metrics metrics(int maxVersions) {
        return new Metrics(
                catalog,
                new ObserveConfig(ObserveConfig.Format.AUTO, ObserveConfig.AccessLog.ERRORS, maxVersions),
                new Metrics.Limits(6L << 30, 20L << 30),
                Map.of("version", "0.1.0", "java", "25"));
    }

    @Test
    void anAnswerIsCountedByVersionRouteProtocolAndCode() {
        metrics.finished(Samples.answered("iris/2"));
        metrics.finished(Samples.answered("iris/2"));

        assertThat(metrics.scrape())
                .contains("# TYPE serin_requests_total counter")
                .contains("serin_requests_total{model=\"iris\",version=\"2\",route=\"newest\",protocol=\"native\","
                        + "code=\"ok\"} 2\n");
    }

    @Test
    void theOperatorsPageNamesWhatThereIs() throws IOException {
        String page = Files.readString(Path.of(System.getProperty("serin.basedir"), "docs/operations.md"));
        metrics.requested(Operation.GET, true, Duration.ofMillis(1));
        metrics.attention("registry.stale");
        catalog.registry(new RegistryState(Optional.of(Instant.EPOCH), Optional.empty()));
        String text = metrics.scrape();

        List<String> named = Pattern.compile("serin_[a-z_]+")
                .matcher(page)
                .results()
                .map(MatchResult::group)
                .distinct()
                .toList();

        assertThat(named).hasSizeGreaterThan(3).allMatch(name -> text.contains("# TYPE " + name + " "));
        assertThat(Operation.values())
                .allMatch(operation -> page.contains("`" + operation.name().toLowerCase(Locale.ROOT) + "`"));
    }

    @Test
    void durationsFallIntoFourteenBuckets() {
        metrics.finished(Samples.answered("iris/2"));

        String series = "{model=\"iris\",version=\"2\",route=\"newest\"";
        assertThat(metrics.scrape().lines())
                .contains("# TYPE serin_request_duration_seconds histogram")
                .contains("serin_request_duration_seconds_bucket" + series + ",le=\"0.001\"} 0")
                .contains("serin_request_duration_seconds_bucket" + series + ",le=\"0.0025\"} 1")
                .contains("serin_request_duration_seconds_bucket" + series + ",le=\"+Inf\"} 1")
                .contains("serin_request_duration_seconds_sum" + series + "} 0.0014")
                .contains("serin_request_duration_seconds_count" + series + "} 1")
                .filteredOn(line -> line.startsWith("serin_request_duration_seconds_bucket"))
                .hasSize(15);
    }

    @Test
    void runsAreCountedByTheirRows() {
        metrics.ran(VersionId.parse("iris/2"), 1);
        metrics.ran(VersionId.parse("iris/2"), 3);

        String series = "{model=\"iris\",version=\"2\"";
        assertThat(metrics.scrape().lines())
                .contains("serin_batch_rows_bucket" + series + ",le=\"1.0\"} 1")
                .contains("serin_batch_rows_bucket" + series + ",le=\"2.0\"} 1")
                .contains("serin_batch_rows_bucket" + series + ",le=\"4.0\"} 2")
                .contains("serin_batch_rows_sum" + series + "} 4.0")
                .contains("serin_batch_rows_count" + series + "} 2");
    }

    @Test
    void phasesAreToldByModel() {
        metrics.finished(Samples.answered("iris/2"));

        assertThat(metrics.scrape())
                .contains("serin_request_phase_seconds_sum{model=\"iris\",phase=\"read\"} 2.5E-4")
                .contains("serin_request_phase_seconds_sum{model=\"iris\",phase=\"queue\"} 3.0E-5")
                .contains("serin_request_phase_seconds_sum{model=\"iris\",phase=\"run\"} 3.0E-4")
                .contains("serin_request_phase_seconds_sum{model=\"iris\",phase=\"write\"} 1.0E-4");
    }

    @Test
    void aNameThatNobodyRegisteredNeverBecomesALabel() {
        metrics.finished(Samples.refused("x\"} 1\nevil", ErrorCode.MODEL_NOT_FOUND, 404));
        metrics.finished(Samples.refused("iris", ErrorCode.VERSION_NOT_FOUND, 404));

        assertThat(metrics.scrape())
                .contains("serin_requests_total{model=\"_unknown\",version=\"_unknown\",route=\"none\","
                        + "protocol=\"native\",code=\"model-not-found\"} 1")
                .contains("serin_requests_total{model=\"iris\",version=\"_unknown\",route=\"none\","
                        + "protocol=\"native\",code=\"version-not-found\"} 1")
                .doesNotContain("evil");
    }

    @Test
    void refusalsForLackOfRoomAreCountedOnTheirOwn() {
        metrics.finished(Samples.refused("iris", ErrorCode.MODEL_BUSY, 429));
        metrics.finished(Samples.refused("iris", ErrorCode.INVALID_BODY, 400));

        assertThat(metrics.scrape().lines().filter(line -> line.startsWith("serin_rejections_total")))
                .containsExactly("serin_rejections_total{model=\"iris\",code=\"model-busy\"} 1");
    }

    @Test
    void versionsBeyondTheLimitShareALabel() {
        Metrics narrow = metrics(1);
        narrow.finished(Samples.answered("iris/1"));
        narrow.finished(Samples.answered("iris/2"));

        assertThat(narrow.scrape())
                .contains("serin_requests_total{model=\"iris\",version=\"1\"")
                .contains("serin_requests_total{model=\"_other\",version=\"_other\"")
                .contains("serin_versions_without_metrics 1\n");
    }

    @Test
    void statesDigestsAndMemoryAreThoseOfTheCatalogNow() {
        assertThat(metrics.scrape())
                .contains("serin_version_info{model=\"iris\",version=\"2\",digest=\"abcdef012345\"} 1")
                .contains("serin_version_state{model=\"iris\",version=\"1\",state=\"cold\"} 1")
                .contains("serin_version_state{model=\"iris\",version=\"1\",state=\"ready\"} 0")
                .contains("serin_session_memory_bytes{model=\"iris\",version=\"2\"} 943718");

        catalog.put(Samples.iris(Samples.version("iris/2", VersionState.FAILED)));

        assertThat(metrics.scrape())
                .contains("serin_version_state{model=\"iris\",version=\"2\",state=\"failed\"} 1")
                .doesNotContain("version=\"1\"");
    }

    @Test
    void seriesOfVanishedVersionsAreForgotten() {
        metrics.finished(Samples.answered("iris/1"));
        catalog.put(Samples.iris(Samples.version("iris/2", VersionState.READY)));

        assertThat(metrics.scrape()).doesNotContain("serin_requests_total{model=\"iris\",version=\"1\"");
    }

    @Test
    void loadsAreCountedByResultAndTimedByPhase() {
        metrics.loaded(Samples.version("iris/2", VersionState.READY));
        metrics.failed(
                VersionId.parse("iris/1"),
                new CatalogVersion.Failure("broken", 1, Optional.empty()),
                new Exception(),
                true);
        metrics.evicted(VersionId.parse("iris/1"), "memory");

        assertThat(metrics.scrape())
                .contains("serin_version_loads_total{model=\"iris\",version=\"2\",result=\"ok\"} 1")
                .contains("serin_version_loads_total{model=\"iris\",version=\"1\",result=\"failed\"} 1")
                .contains("serin_version_load_seconds_sum{phase=\"create\"} 0.033")
                .contains("serin_version_evictions_total{model=\"iris\",reason=\"memory\"} 1");
    }

    @Test
    void requestsToTheRegistryAreCountedByOperationAndResult() {
        metrics.requested(Operation.LIST, true, Duration.ofMillis(3));
        metrics.requested(Operation.GET, false, Duration.ofMillis(30));

        assertThat(metrics.scrape())
                .contains("serin_registry_requests_total{operation=\"list\",result=\"ok\"} 1")
                .contains("serin_registry_requests_total{operation=\"get\",result=\"failed\"} 1")
                .contains("serin_registry_request_seconds_count{operation=\"list\"} 1");
    }

    @Test
    void whetherTheRegistryIsStaleAndWhenItWasLastReadIsShown() {
        assertThat(metrics.scrape())
                .contains("serin_registry_stale 0\n")
                .doesNotContain("serin_registry_last_success_timestamp_seconds");

        Instant readAt = Instant.ofEpochSecond(1_800_000_000);
        catalog.registry(new RegistryState(Optional.of(readAt), Optional.of(new Stale(readAt, "refused"))));

        assertThat(metrics.scrape())
                .contains("serin_registry_stale 1\n")
                .contains("serin_registry_last_success_timestamp_seconds 1.8E9\n");
    }

    @Test
    void theProcessAndTheBuildAreDescribed() {
        assertThat(metrics.scrape())
                .contains("serin_build_info{java=\"25\",version=\"0.1.0\"} 1")
                .contains("serin_memory_limit_bytes 6442450944")
                .contains("serin_store_bytes 0")
                .contains("serin_store_limit_bytes 21474836480")
                .contains("process_cpu_seconds_total ")
                .contains("jvm_memory_used_bytes{area=\"heap\"} ");
    }

    @Test
    void everyLineIsACommentOrASample() {
        metrics.finished(Samples.answered("iris/2"));
        metrics.loaded(Samples.version("iris/2", VersionState.READY));

        assertThat(metrics.scrape().lines())
                .allMatch(line ->
                        line.matches("# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\\{([a-z_]+=\"[^\"]*\",?)+})? [-0-9.E+]+"));
    }

    @Test
    void aDifferenceWithoutEndCountsAsTenSoThatTheSumStaysOne() {
        Copy copy = new Copy(
                "a",
                Samples.version("iris/2", VersionState.READY),
                VersionId.parse("iris/1"),
                new Signature(List.of(), List.of()),
                List.of(),
                List.of(),
                1);
        double endless = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 20_000; i++) {
            metrics.compared(copy, new Comparison(endless, endless, false, true, false), 1);
        }

        assertThat(metrics.scrape())
                .contains("serin_shadow_difference_sum{model=\"iris\",version=\"2\"} 200000.0\n")
                .contains("serin_shadow_difference_count{model=\"iris\",version=\"2\"} 20000\n");
    }

    @Test
    void theLocalStoreIsShownAsLastSeen() {
        metrics.holds(5);
        metrics.holds(3L << 30);

        assertThat(metrics.scrape()).contains("serin_store_bytes 3221225472\n");
    }
}
