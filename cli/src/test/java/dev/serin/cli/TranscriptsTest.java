package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole sessions at a terminal, sign by sign, against the files in {@code src/test/resources/transcripts}. With
 * {@code -Dserin.transcripts=write} they are written instead, to be read before they are committed.
 */
class TranscriptsTest {
    private static final Path FILES =
            Path.of(System.getProperty("serin.basedir"), "cli/src/test/resources/transcripts");
    private static final boolean WRITES = "write".equals(System.getProperty("serin.transcripts"));
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

    @TempDir
    private Path directory;

    private final StringBuilder transcript = new StringBuilder();
    private final FakeGateway gateway = new FakeGateway();
    private InProcess serin;

    TranscriptsTest() {
        serin = new InProcess(Path.of(""));
    }

    @BeforeEach
    void registry() {
        serin = new InProcess(directory)
                .emptyRegistry()
                .with("SERIN_SERVER", gateway.url())
                .with("SERIN_MANAGEMENT", gateway.url())
                .with("COLUMNS", "160")
                .with("NO_COLOR", "1")
                .by("ana")
                .at(Instant.parse("2026-11-22T12:03:00Z"))
                .file("old.onnx", TestModels.identity(DataType.FP32, "batch", 4))
                .file("model.onnx", TestModels.addOne("batch", 4));
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private void at(String time) {
        serin.at(Instant.parse("2026-11-22T" + time + "Z"));
    }

    /** Types a command, and what it asks for. */
    private void type(String command, String... answers) {
        String typed = String.join("\n", answers) + "\n";
        InProcess.Screen screen = serin.screen(
                typed,
                WORD.matcher(command).results().map(TranscriptsTest::word).toArray(String[]::new));
        transcript.append("$ serin ").append(command).append('\n').append(screen.text());
        if (screen.status() != 0) {
            transcript.append("[exit ").append(screen.status()).append("]\n");
        }
    }

    private static String word(MatchResult word) {
        return word.group(1) == null ? word.group(2) : word.group(1);
    }

    private void mask(String text, String by) {
        String masked = transcript.toString().replace(text, by);
        transcript.setLength(0);
        transcript.append(masked);
    }

    private void matches(String name) throws IOException {
        mask(gateway.url(), "http://127.0.0.1:8080");
        String text = transcript.toString();
        Path file = FILES.resolve(name + ".txt");
        if (WRITES) {
            Files.createDirectories(FILES);
            Files.writeString(file, text);
        }
        assertThat(text).isEqualTo(Files.readString(file));
    }

    private void registered() {
        type("register fraud/3 old.onnx -m \"the first one\"");
        type("alias set fraud/3 stable");
        at("12:03:10");
        type("register fraud/4 model.onnx --alias candidate -m \"retrained on October\" --metadata"
                + " source-commit=4be1f02");
    }

    @Test
    void versionsAreRegisteredAndListed() throws IOException {
        registered();
        type("register fraud/4 old.onnx");
        type("list");
        at("14:03:10");
        gateway.on("/models?limit=1000", """
            {"models": [{"name": "fraud", "requests_per_second": 812.4, "versions": [
              {"version": "3", "state": "ready", "digest": null, "memory_bytes": 220200960},
              {"version": "4", "state": "ready", "digest": null, "memory_bytes": 221249536}]}]}
            """);
        type("list");
        type("list fraud");
        String shown = """
            {"model": "fraud", "version": "4", "state": "%s", "digest": null, "memory_bytes": 221249536,
             "load_seconds": {"download": 0.54, "verify": 0.061, "read": 0.02, "create": 0.15, "warm": 0.041}}
            """;
        gateway.on("/models/fraud/4", shown.formatted("ready"));
        try (var second = new FakeGateway().on("/models/fraud/4", shown.formatted("ready"));
                var third = new FakeGateway().on("/models/fraud/4", shown.formatted("loading"))) {
            serin.with("SERIN_SERVER", String.join(" ", gateway.url(), second.url(), third.url()));
            type("show fraud/4");
            mask(third.url(), "http://10.0.0.3:8080");
        }
        serin.with("SERIN_SERVER", gateway.url());
        type("show fraud/4");
        type("show fraud/candidat");
        type("show fruad");
        matches("register");
    }

    @Test
    void aCanaryIsStartedWatchedAndPromotedAndTakenBack() throws IOException {
        registered();
        transcript.setLength(0);
        at("14:02:00");
        type("canary start fraud/4 --steps 5,25,50,100 --every 10m --guard error-rate=1%,latency=1.5x,min-requests=200"
                + " -n");
        type("canary start fraud/4 --steps 5,25,50,100 --every 10m --guard"
                + " error-rate=1%,latency=1.5x,min-requests=200");
        at("14:05:00");
        type("canary pause fraud");
        type("canary resume fraud");
        at("14:15:50");
        gateway.on("/admin/models/fraud/rollout", running());
        type("canary watch fraud --once");
        type("canary promote fraud", "n");
        type("canary promote fraud -m \"ten days clean\"", "y");
        type("undo fraud", "y");
        type("history fraud");
        matches("canary-promoted");
    }

    @Test
    void aCanaryThatIsPulledBackIsStartedOverOnlyAfterAQuestion() throws IOException {
        registered();
        transcript.setLength(0);
        at("14:02:00");
        type("canary start fraud/4 --weight 25 --sticky-header X-User-Id");
        type("canary abort fraud -m \"support tickets\"", "y");
        type("canary start fraud/4 --weight 5 --sticky-header X-User-Id", "y");
        at("14:19:51");
        gateway.on("/admin/models/fraud/rollout", """
            {"model": "fraud", "primary": "3", "canary": {
              "version": "4", "weight": 0.0, "id": "k3f9", "started_at": "2026-11-22T14:02:00Z", "sticky_header": "X-User-Id",
              "aborted": {"at": "2026-11-22T14:19:44Z", "by": "gateway gw-2", "rule": "errors", "measured": 0.031,
                          "limit": 0.01, "reason": "errors 3.1 % > 1 % over 5 min (317 of 10 236)"},
              "why_not": "it was pulled back"}}
            """);
        type("canary watch fraud --once --wait");
        type("canary abort fraud", "n");
        type("history fraud");
        matches("canary-aborted");
    }

    private static String running() {
        return """
            {"model": "fraud", "primary": "3", "canary": {
              "version": "4", "weight": 25.0, "id": "k3f9", "started_at": "2026-11-22T14:02:00Z",
              "steps": [{"weight": 5, "seconds": 600}, {"weight": 25, "seconds": 600}, {"weight": 50, "seconds": 600},
                        {"weight": 100, "seconds": 600}],
              "step": 2, "step_ends_at": "2026-11-22T14:22:00Z",
              "guard": {"window_seconds": 300, "min_requests": 200, "max_error_rate": 0.01, "max_latency_ratio": 1.5,
                        "max_disagreement": 0.02, "on_breach": "abort", "on_success": "promote"},
              "primary_seen": {"requests": 31204, "errors": 6, "p50_seconds": 0.0011, "p99_seconds": 0.004},
              "canary_seen": {"requests": 10236, "errors": 3, "p50_seconds": 0.0012, "p99_seconds": 0.0044,
                              "compared": 1000, "disagreed": 8},
              "verdict": {"state": "ok"}}}
            """;
    }

    @Test
    void namesAreMovedShadowsRunAndVersionsRetired() throws IOException {
        registered();
        transcript.setLength(0);
        at("14:02:00");
        type("alias set fraud/4 stabel");
        type("alias set fraud/4 candidate");
        type("alias remove fraud stabel", "y");
        type("shadow start fraud/4 --percent 20");
        gateway.on("/admin/models/fraud/shadow", """
            {"model": "fraud", "shadow": {"version": "4", "answered_by": "3", "since": "2026-11-22T14:02:10Z",
             "compared": 1000, "agreed": 992, "failed": 1, "dropped": 20, "max_absolute_difference": 0.031,
             "max_relative_difference": 0.25, "ranked": 1000, "same_ranks": 992,
             "usual_run_seconds": {"p50": 0.001, "p99": 0.004}, "shadow_run_seconds": {"p50": 0.002, "p99": 0.008},
             "worst": [{"request_id": "7f3a0c19", "agrees": false, "max_absolute_difference": 0.031,
                        "max_relative_difference": 0.25}]}}
            """);
        type("shadow report fraud");
        type("shadow stop fraud");
        type("retire fraud/3 --sunset 2026-12-31");
        type("alias set fraud/4 stable");
        type("retire fraud/3 --sunset 2026-12-31", "fraud/3");
        type("retire fraud/3 --sunset yesterday");
        type("canary promote fraud");
        type("history fraud");
        matches("traffic");
    }

    @Test
    void aKeyIsToldItsVersionAndWhy() throws IOException {
        registered();
        transcript.setLength(0);
        serin.file("models/fraud/model.json", """
            {"traffic": {"primary": "3", "canary": {"id": "k3f9", "version": "4", "weight": 20,
              "sticky-header": "X-User-Id"}}}
            """);
        type("route fraud --key user-1");
        type("route fraud --key user-2");
        type("route fraud");
        matches("route");
    }

    @Test
    void aPredictionTellsWhoAnsweredIt() throws IOException {
        registered();
        transcript.setLength(0);
        serin.file("row.json", "{\"instances\": [[1, 2, 3, 4]]}");
        gateway.on(
                        "/models/fraud/predict",
                        200,
                        Map.of(
                                "Serin-Model", "fraud",
                                "Serin-Version", "4",
                                "Serin-Route", "canary",
                                "Server-Timing", "read;dur=0.2, queue;dur=0.0, run;dur=0.3, write;dur=0.9",
                                "X-Request-Id", "7f3a0c"),
                        "{\"predictions\": [[2.0, 3.0, 4.0, 5.0]]}")
                .on("/models/fraud", "{\"traffic\": {\"canary\": {\"version\": \"4\", \"weight\": 25.0}}}");
        type("predict fraud row.json");
        type("predict fraud --example");
        type("predict fraud rwo.json");
        matches("predict");
    }
}
