package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.cli.InProcess.Ran;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
                guard        ok · errors 0.03 % ≤ 1 % · p99 4.4 ms ≤ 6.0 ms · disagreement 0.8 % ≤ 2 % · \
                10 236 requests ≥ 200 over 5 min
                steps        ✓ 5 %   ● 25 %   ○ 50 %   ○ 100 %   ○ promote
                """);
            assertThat(ran.status()).isZero();
        }
    }

    @Test
    void whatIsMeasuredIsSaidAsItIsWhateverTheVerdict() {
        try (var gateway = new FakeGateway()
                .on(
                        "/admin/models/fraud/rollout",
                        RUNNING.replace("\"requests\": 10236, \"errors\": 3", "\"requests\": 41, \"errors\": 1")
                                .replace("\"p99_seconds\": 0.0044", "\"p99_seconds\": 0.0061")
                                .replace("\"compared\": 1000, \"disagreed\": 8", "\"compared\": 0, \"disagreed\": 0")
                                .replace(
                                        "{\"state\": \"ok\"}",
                                        "{\"state\": \"inconclusive\", \"text\": \"41 of 200 requests\"}"))) {
            assertThat(watch(gateway, "--once").out())
                    .contains("\n"
                            + "guard        inconclusive · 41 of 200 requests · errors 2.44 % > 1 % · p99 6.1 ms >"
                            + " 6.0 ms · disagreement ≤ 2 % · 41 requests < 200 over 5 min\n");
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
    void anEndThatNobodyWatchedHasNoTimeAndOneThatIsNotEverywhereYetSaysWhere() {
        try (var one = new FakeGateway().on("/admin/models/fraud/rollout", ABORTED);
                var two = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING)) {
            assertThat(watch(one, "--once").out()).endsWith(" · primary 3 has all traffic\n");
            assertThat(watch(one, "--management", two.url(), "--once").out())
                    .endsWith(" · primary 3 has all traffic on 1 of 2 gateways\n");
        }
    }

    @Test
    void itEndsWithTheCanaryAndTellsScriptsThatItWasPulledBack() throws Exception {
        try (var gateway = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING);
                ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
            Future<Ran> watching = elsewhere.submit(() -> watch(gateway, "--wait", "--interval", "20ms"));
            gateway.awaitRequests(1);
            gateway.on("/admin/models/fraud/rollout", ABORTED);
            Ran ran = watching.get();

            assertThat(ran.out())
                    .endsWith("\n11:59:44 aborted by gateway gw-2: errors 3.1 % > 1 % over 5 min"
                            + " · primary 3 has all traffic since 12:00:00\n");
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
            assertThat(impatient(gateway).out()).isEqualTo("11:30:00 promoted by ana: primary 3 → 4\n");

            gateway.on("/admin/models/fraud/rollout", "{\"model\": \"fraud\", \"primary\": \"4\", \"canary\": null}");
            assertThat(impatient(gateway).out()).isEqualTo("fraud has no canary\n");
            assertThat(impatient(gateway).status()).isEqualTo(3);
            assertThat(watch(gateway, "--once").status()).isEqualTo(3);
        }
    }

    private Ran impatient(FakeGateway gateway) {
        return watch(gateway, "--interval", "1ms", "--patience", "1ms");
    }

    @Test
    void theEndOfAFormerCanaryIsNotThatOfTheOneThatIsToAppear() throws Exception {
        String former = ABORTED.replace("k3f9", "old1");
        try (var gateway = new FakeGateway().on("/admin/models/fraud/rollout", former);
                ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
            Future<Ran> watching = elsewhere.submit(() -> watch(gateway, "--wait", "--interval", "20ms"));
            gateway.awaitRequests(2).on("/admin/models/fraud/rollout", RUNNING).awaitRequests(2);
            gateway.on("/admin/models/fraud/rollout", """
                {"model": "fraud", "primary": "4", "canary": null, "promoted": {"id": "old1", "version": "3", "from": "2",
                 "at": "2026-11-22T11:30:00Z", "by": "ana"}}
                """).awaitRequests(2);
            assertThat(watching.isDone()).isFalse();
            gateway.on("/admin/models/fraud/rollout", """
                {"model": "fraud", "primary": "4", "canary": null, "promoted": {"id": "k3f9", "version": "4", "from": "3",
                 "at": "2026-11-22T11:59:00Z", "by": "bo"}}
                """);

            assertThat(watching.get().out())
                    .startsWith("fraud · canary 4")
                    .endsWith("\n11:59:00 promoted by bo: primary 3 → 4\n")
                    .doesNotContain("by ana", "aborted");
            assertThat(watching.get().status()).isZero();
        }
    }

    @Test
    void aCanaryThatWasTakenBackIsGone() throws Exception {
        try (var gateway = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING);
                ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
            Future<Ran> watching =
                    elsewhere.submit(() -> watch(gateway, "--wait", "--interval", "5ms", "--patience", "20ms"));
            gateway.awaitRequests(2).on("/admin/models/fraud/rollout", RUNNING.replace("k3f9", "new1"));

            assertThat(watching.get().out())
                    .endsWith("the canary of fraud is gone: neither promoted nor pulled back\n");
            assertThat(watching.get().status()).isEqualTo(3);
        }
    }

    @Test
    void aReplicaThatCannotAnswerIsMissingAndNobodyAtAllIsTheEnd() {
        try (var one = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING);
                var two = new FakeGateway().on("/admin/models/fraud/rollout", 503, Map.of(), "{}")) {
            assertThat(watch(one, "--management", two.url(), "--once").out()).contains("1 of 2 gateways");

            one.on("/admin/models/fraud/rollout", 503, Map.of(), "{}");
            assertThat(watch(one, "--management", two.url(), "--once").status()).isEqualTo(7);
            assertThat(watch(one).status()).isEqualTo(7);
            assertThat(watch(two, "--management", "http://127.0.0.1:1").status())
                    .isEqualTo(7);
        }
    }

    @Test
    void waitingWithJsonPrintsTheEndAlone() throws Exception {
        try (var gateway = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING);
                ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
            Future<Ran> watching = elsewhere.submit(() -> watch(gateway, "--wait", "-o", "json", "--interval", "20ms"));
            gateway.awaitRequests(2).on("/admin/models/fraud/rollout", ABORTED);
            Ran ran = watching.get();

            assertThat(Json.MAPPER.readTree(ran.out()).at("/gateways/0")).isEqualTo(Json.MAPPER.readTree(ABORTED));
            assertThat(ran.out().split("\"gateways\"")).hasSize(2);
            assertThat(ran.status()).isEqualTo(8);
        }
    }

    @Test
    void theNextStepIsNamedWithWhatItWaitsFor() {
        String unguarded = RUNNING.replaceAll("(?s)\"guard\": .*?},", "");
        try (var gateway = new FakeGateway()) {
            gateway.on("/admin/models/fraud/rollout", RUNNING.replace("\"step\": 2,", "\"step\": 4,"));
            assertThat(watch(gateway, "--once").out()).contains("next promote at 12:06");
            gateway.on("/admin/models/fraud/rollout", late(RUNNING));
            assertThat(watch(gateway, "--once").out()).contains("next 50 % when the guard agrees");
            gateway.on("/admin/models/fraud/rollout", late(unguarded));
            assertThat(watch(gateway, "--once").out()).contains("next 50 % now").doesNotContain("guard");
        }
    }

    private static String late(String document) {
        return document.replace("12:06:10Z", "11:59:10Z");
    }

    @Test
    void aScreenIsDrawnOverAllRowsThatItTook() throws Exception {
        try (var gateway = new FakeGateway().on("/admin/models/fraud/rollout", RUNNING);
                ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
            InProcess serin = new InProcess(directory).onTerminal().with("COLUMNS", "60");
            Future<Ran> watching = elsewhere.submit(
                    () -> serin.run("canary", "watch", "fraud", "--management", gateway.url(), "--interval", "20ms"));
            gateway.awaitRequests(2).on("/admin/models/fraud/rollout", ABORTED);

            String out = watching.get().out();
            String first = out.substring(0, out.indexOf('\u001b'));
            assertThat(first.lines()).hasSize(12).allMatch(line -> line.codePointCount(0, line.length()) <= 60);
            assertThat(out).contains(first + "\u001b[12A\u001b[J");
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
        assertThat(fraud("{}").run("route", "fraud", "-o", "json").out()).contains("\"route\" : \"newest\"");
    }

    @Test
    void aBlankKeyIsNone() {
        InProcess serin = fraud("{'primary': '1', 'canary': {'id': 'k3f9', 'version': '2', 'weight': 20,"
                + " 'sticky-header': 'X-User-Id'}}");

        assertThat(serin.run("route", "fraud", "--key", "").out())
                .isEqualTo(serin.run("route", "fraud").out());
    }

    @Test
    void withoutAPrimaryTheNewestThatIsOnTrialIsNotTheRest() {
        assertThat(fraud("{'canary': {'id': 'k3f9', 'version': '2', 'weight': 20}}")
                        .run("route", "fraud")
                        .out())
                .startsWith("fraud · canary 2 20 %, newest 1 the rest");
    }

    private Ran report(FakeGateway gateway, String... more) {
        List<String> line = new ArrayList<>(List.of("shadow", "report", "fraud", "--management", gateway.url()));
        line.addAll(List.of(more));
        return new InProcess(directory).run(line.toArray(String[]::new));
    }

    @Test
    void aReportWithoutCopiesGivesNoHint() {
        try (var gateway =
                new FakeGateway().on("/admin/models/fraud/shadow", "{\"model\": \"fraud\", \"shadow\": null}")) {
            Ran ran = report(gateway);

            assertThat(ran.err()).isEqualTo("this gateway has made no copy for a shadow of fraud so far\n");
            assertThat(report(gateway, "-o", "json").out()).contains("\"shadow\" : null");
        }
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
            Ran ran = report(gateway);

            assertThat(ran.out()).isEqualTo("""
                fraud · shadow 4 against 3 · since 2026-11-22T11:02:00Z
                compared     1000 · 992 agree (99.2 %) · 1 failed · 20 dropped
                difference   at most 0.0310 · 0.250 of the number itself
                greatest     at the same place in 99.2 % of 1000
                run          p50 1.00 ms, p99 4.00 ms · shadow p50 2.00 ms, p99 8.00 ms
                REQUEST   AGREES  DIFFERENCE  RELATIVE
                7f3a0c19  no      0.0310      0.250
                """);
            assertThat(report(gateway, "-o", "json").out()).contains("\"request_id\" : \"7f3a0c19\"");
        }
    }
}
