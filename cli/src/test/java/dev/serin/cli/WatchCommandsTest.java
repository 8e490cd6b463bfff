package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.cli.InProcess.Ran;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that ask gateways, or compute, where requests go. */
class WatchCommandsTest {
    private static final String RUNNING = """
        {"model": "fraud", "primary": "3", "canary": {
          "version": "4", "weight": 25.0, "id": "k3f9", "started_at": "2026-11-22T11:02:00Z",
          "steps": [{"weight": 5, "seconds": 600}, {"weight": 25, "seconds": 600}, {"weight": 50, "seconds": 600},
                    {"weight": 100, "seconds": 600}],
          "step": 2, "step_ends_at": "2026-11-22T12:06:10Z",
          "guard": {"window_seconds": 300, "min_requests": 200, "max_error_rate": 0.01, "max_latency_ratio": 1.5,
                    "max_disagreement": 0.02, "on_breach": "abort", "on_success": "promote"},
          "primary_seen": {"requests": 31204, "errors": 6, "p50_seconds": 0.0011, "p99_seconds": 0.004},
          "canary_seen": {"requests": 10236, "errors": 3, "p50_seconds": 0.0012, "p99_seconds": 0.0044,
                          "compared": 1000, "disagreed": 8},
          "verdict": {"state": "ok"}}}
        """;
    private static final String ABORTED = RUNNING.replace("\"weight\": 25.0,", "\"weight\": 0.0,")
            .replace(
                    "\"step\": 2,",
                    "\"step\": 2, \"aborted\": {\"at\": \"2026-11-22T11:59:44Z\", \"by\": \"gateway gw-2\", \"rule\":"
                            + " \"errors\", \"measured\": 0.031, \"limit\": 0.01},");

    @TempDir
    private Path directory;

    private Ran watch(FakeGateway gateway, String... more) {
        String[] arguments = new String[more.length + 5];
        System.arraycopy(new String[] {"canary", "watch", "fraud", "--management", gateway.url()}, 0, arguments, 0, 5);
        System.arraycopy(more, 0, arguments, 5, more.length);
        return new InProcess(directory).run(arguments);
    }

    @Test
    void aCanaryIsShownWithBothSidesTheGuardAndTheSteps() {
        try (var gateway = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING)) {
            Ran ran = watch(gateway, "--once");

            assertThat(ran.out()).isEqualTo("""
                fraud · canary 4 against 3 · started 11:02 · step 2 of 4 · next 50 % at 12:06, in 6 min 10 s · 1 of 1 gateway
                SIDE       ASKED  GOT     REQUESTS  ERRORS  P50     P99     DISAGREE
                primary 3  75 %   75.3 %  31 204    0.02 %  1.1 ms  4.0 ms  -
                canary  4  25 %   24.7 %  10 236    0.03 %  1.2 ms  4.4 ms  0.8 %
                guard        ok · errors ≤ 1 % · latency ≤ 1.5 × primary · disagreement ≤ 2 % · from 200 requests over 5 min
                steps        ✓ 5 %   ● 25 %   ○ 50 %   ○ 100 %   ○ promote
                """);
            assertThat(ran.status()).isZero();
        }
    }

    @Test
    void severalGatewaysAreAddedUp() {
        try (var one = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING);
                var two = new FakeGateway()
                        .on(
                                "/admin/models/fraud/rollout",
                                RUNNING.replace("\"p99_seconds\": 0.004,", "\"p99_seconds\": 0.009,"))) {
            Ran ran = watch(one, "--management", two.url(), "--management", "http://127.0.0.1:1", "--once");

            assertThat(ran.out()).contains("2 of 3 gateways").contains("62 408").contains("20 472");
        }
    }

    @Test
    void itEndsWithTheCanaryAndTellsScriptsThatItWasPulledBack() throws Exception {
        try (var gateway = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING);
                ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
            Future<Ran> watching = elsewhere.submit(() -> watch(gateway, "--wait", "--interval", "20ms"));
            gateway.on("/admin/models/fraud/rollout", ABORTED);
            Ran ran = watching.get();

            assertThat(ran.out())
                    .endsWith("11:59 pulled back by gateway gw-2: errors 0.031, allowed 0.01 · 3 has all traffic\n");
            assertThat(ran.status()).isEqualTo(8);
            assertThat(watch(gateway, "--once").status()).isZero();
        }
    }

    @Test
    void aPromotionAndNoCanaryAreTold() {
        try (var gateway = new FakeGateway().on("/admin/models/fraud/rollout", """
            {"model": "fraud", "primary": "4", "canary": null, "promoted": {"id": "k", "version": "4", "from": "3",
             "at": "2026-11-22T11:30:00Z", "by": "ana"}}
            """)) {
            assertThat(watch(gateway).out()).isEqualTo("11:30 promoted by ana: primary 3 → 4\n");

            gateway.on("/admin/models/fraud/rollout", "{\"model\": \"fraud\", \"primary\": \"4\", \"canary\": null}");
            assertThat(watch(gateway).out()).isEqualTo("fraud has no canary\n");
            assertThat(watch(gateway).status()).isEqualTo(3);
        }
    }

    @Test
    void jsonIsWhatEachGatewaySays() throws Exception {
        try (var gateway = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING)) {
            Ran ran = watch(gateway, "-o", "json");

            assertThat(Json.MAPPER.readTree(ran.out()).at("/gateways/0")).isEqualTo(Json.MAPPER.readTree(RUNNING));
        }
    }

    private InProcess fraud(String traffic) {
        return new InProcess(directory)
                .file("models/fraud/1/model.onnx", "one")
                .file("models/fraud/2/model.onnx", "two")
                .file("models/fraud/model.json", "{\"traffic\": " + traffic.replace('\'', '"') + "}");
    }

    @Test
    void aKeyIsToldItsVersionAndWhy() {
        InProcess serin = fraud("{'primary': '1', 'canary': {'id': 'k3f9', 'version': '2', 'weight': 20,"
                + " 'sticky-header': 'X-User-Id'}}");

        assertThat(serin.run("route", "fraud", "--key", "user-1").out())
                .isEqualTo("fraud/1 (primary) · bucket 2037 of 10000; canary 2 has those below 2000\n");
        assertThat(serin.run("route", "fraud", "--key", "user-2").out())
                .isEqualTo("fraud/2 (canary) · bucket 1468 of 10000; canary 2 has those below 2000\n");
        assertThat(serin.run("route", "fraud").out())
                .isEqualTo("fraud · canary 2 20 %, primary 1 the rest · chance decides requests without X-User-Id\n");
        assertThat(serin.run("route", "fraud", "--key", "user-2", "-o", "json")
                        .out()
                        .replaceAll("\\s+", ""))
                .isEqualTo(
                        "{\"model\":\"fraud\",\"version\":\"2\",\"route\":\"canary\",\"primary\":\"1\",\"canary\":\"2\","
                            + "\"canary_weight\":20.00,\"sticky_header\":\"X-User-Id\",\"bucket\":1468,"
                            + "\"why\":\"bucket1468of10000;canary2hasthosebelow2000\"}");
    }

    @Test
    void withoutACanaryThereIsNothingToDecide() {
        assertThat(fraud("{'primary': '1'}").run("route", "fraud", "--key", "x").out())
                .isEqualTo("fraud/1 (primary) · primary 1\n");
        assertThat(fraud("{}").run("route", "fraud").out())
                .isEqualTo("fraud/2 (newest) · no policy: the newest version\n");
    }

    @Test
    void aShadowsReportIsShown() {
        try (var gateway = new FakeGateway().on("/admin/models/fraud/shadow", """
            {"model": "fraud", "shadow": {"version": "4", "answered_by": "3", "since": "2026-11-22T11:02:00Z",
             "compared": 1000, "agreed": 992, "failed": 1, "dropped": 20, "max_absolute_difference": 0.031,
             "max_relative_difference": 0.25, "ranked": 1000, "same_ranks": 992,
             "usual_run_seconds": {"p50": 0.001, "p99": 0.004}, "shadow_run_seconds": {"p50": 0.002, "p99": 0.008},
             "worst": [{"request_id": "7f3a0c19", "agrees": false, "max_absolute_difference": 0.031,
                        "max_relative_difference": 0.25}]}}
            """)) {
            Ran ran = new InProcess(directory).run("shadow", "report", "fraud", "--management", gateway.url());

            assertThat(ran.out()).isEqualTo("""
                fraud · shadow 4 against 3 · since 2026-11-22T11:02:00Z
                compared     1000 · 992 agree (99.2 %) · 1 failed · 20 dropped
                difference   at most 0.0310 · 0.250 of the number itself
                greatest     at the same place in 99.2 % of 1000
                run          p50 1.00 ms, p99 4.00 ms · shadow p50 2.00 ms, p99 8.00 ms
                REQUEST   AGREES  DIFFERENCE  RELATIVE
                7f3a0c19  no      0.0310      0.250
                """);
        }
    }
}
