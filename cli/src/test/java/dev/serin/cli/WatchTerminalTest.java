package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./serin canary watch} as somebody sees it who sits before a terminal; {@code script} of util-linux makes one. */
@Tag("real-terminal")
@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD) // should Ctrl-C not reach it
class WatchTerminalTest {
    private static final String ROW = "{\"inputs\": {\"x\": [[1, 2, 3, 4]]}}";
    private static final int ROWS = 30;
    private static final int COLUMNS = 100;
    private static final int MOST_A_SECOND = 5;
    private static final String CTRL_C = "\u0003";
    private static final Pattern DRAWN_AGAIN = Pattern.compile("\u001b\\[\\d+A\u001b\\[J");
    private static final Pattern COLOR = Pattern.compile("\u001b\\[[0-9;]*m");
    private static final Pattern COLORED_WORD = Pattern.compile("\u001b\\[3[0-7]m[\\p{L} ]+\u001b\\[0m");

    @TempDir
    private Path work;

    private Path registry = Path.of("");

    @BeforeEach
    void aRunningCanary() throws Exception {
        registry = work.resolve("models");
        for (String version : List.of("1", "2")) {
            Path model = registry.resolve("fraud").resolve(version).resolve("model.onnx");
            Files.createDirectories(model.getParent());
            Files.write(model, TestModels.identity(DataType.FP32, "batch", 4));
        }
        Files.writeString(registry.resolve("fraud/model.json"), """
            {"traffic": {"primary": "1", "canary": {"id": "k3f9", "version": "2", "weight": 25, "started-at": "%s",
             "steps": [{"weight": 25, "for": "10m"}, {"weight": 50, "for": "10m"}, {"weight": 100, "for": "10m"}],
             "guard": {"window": "5m", "min-requests": 20, "max-error-rate": 0.01, "max-latency-ratio": 1.5}}}}
            """.formatted(
                        Instant.now().truncatedTo(ChronoUnit.SECONDS)));
        Process builds = GatewayProcess.serin(
                GatewayProcess.By.LAUNCHER, work, work.resolve("build.log"), Map.of(), "--version");
        assertThat(builds.waitFor()).isZero(); // what building says is no part of the recording
    }

    /** What a command wrote to its terminal, piece by piece, and how it ended. */
    private record Recording(List<Piece> pieces, int status, Path file) {
        String text() {
            StringBuilder all = new StringBuilder();
            pieces.forEach(piece -> all.append(piece.text()));
            return all.toString();
        }

        /** {@return when something was drawn over what was there} */
        List<Long> drawnAgain() {
            return pieces.stream()
                    .flatMap(
                            piece -> DRAWN_AGAIN.matcher(piece.text()).results().map(_ -> piece.nanos()))
                    .toList();
        }
    }

    private record Piece(long nanos, String text) {}

    /** Runs a command in a terminal of its own until it has drawn so often, then presses Ctrl-C. */
    private Recording record(String name, int drawings, Map<String, String> environment, String command)
            throws Exception {
        Path file = Files.createDirectories(Path.of("target/terminal").toAbsolutePath())
                .resolve(name);
        // What a shell has started in the background ignores Ctrl-C, and so would all below it.
        ProcessBuilder builder = new ProcessBuilder(
                        "script",
                        "--quiet",
                        "--return",
                        "--flush",
                        "--log-out",
                        file.toString(),
                        "--log-timing",
                        file + ".timing",
                        "--command",
                        "stty rows %d cols %d; exec env --default-signal=INT %s/serin %s"
                                .formatted(ROWS, COLUMNS, System.getProperty("serin.basedir"), command))
                .directory(work.toFile())
                .redirectErrorStream(true);
        GatewayProcess.withoutSettings(builder.environment()).keySet().removeAll(List.of("NO_COLOR", "COLUMNS"));
        builder.environment().putAll(Map.of("TERM", "xterm", "JAVA_HOME", System.getProperty("java.home")));
        builder.environment().putAll(environment);
        List<Piece> pieces = new ArrayList<>();
        Process process = builder.start();
        try (Reader screen = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8);
                OutputStream keys = process.getOutputStream()) {
            char[] buffer = new char[4096];
            Recording soFar = new Recording(pieces, 0, file);
            boolean pressed = false;
            for (int read = screen.read(buffer); read >= 0; read = screen.read(buffer)) {
                pieces.add(new Piece(System.nanoTime(), new String(buffer, 0, read)));
                if (!pressed && soFar.drawnAgain().size() >= drawings) {
                    keys.write(CTRL_C.getBytes(StandardCharsets.US_ASCII));
                    keys.flush();
                    pressed = true;
                }
            }
        } finally {
            process.destroy();
        }
        return new Recording(pieces, process.waitFor(), file);
    }

    /** Calls at an easy pace, so that there is something to see. */
    private static ScheduledExecutorService callers(GatewayProcess gateway) {
        ScheduledExecutorService callers = Executors.newSingleThreadScheduledExecutor();
        var _ = callers.scheduleAtFixedRate(
                () -> {
                    try {
                        gateway.predict("fraud", ROW);
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                0,
                20,
                TimeUnit.MILLISECONDS);
        return callers;
    }

    @Test
    void itIsDrawnInPlaceAndSeldomEnoughAndSaysThatTheWatchingEnded() throws Exception {
        Path own = Files.createDirectories(work.resolve("one"));
        try (GatewayProcess gateway = GatewayProcess.start(own, registry);
                ScheduledExecutorService callers = callers(gateway)) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> gateway.management("/admin/models/fraud/rollout")
                                    .at("/canary/canary_seen/requests")
                                    .asInt()
                            > 0);
            String watch = "canary watch fraud --interval 20ms --management " + gateway.managementUrl();

            Recording plain = record("watch", 3 * MOST_A_SECOND, Map.of(), watch);
            Recording colorless = record("watch-no-color", 1, Map.of("NO_COLOR", "1"), watch);
            callers.shutdown();

            assertThat(plain.status()).isEqualTo(130);
            List<String> screen = Screen.of(COLUMNS, ROWS, plain.text()).lines();
            assertThat(String.join(" ", screen))
                    .matches("fraud · canary 2 against 1 · started .* · 1 of 1 gateway SIDE .*");
            assertThat(screen)
                    .filteredOn(line -> line.matches("SIDE +ASKED +GOT +REQUESTS +ERRORS +P50 +P99 +DISAGREE"))
                    .hasSize(1);
            assertThat(screen)
                    .filteredOn(line -> line.startsWith("primary 1  75 %"))
                    .hasSize(1);
            assertThat(screen)
                    .filteredOn(line -> line.startsWith("canary  2  25 %"))
                    .hasSize(1);
            assertThat(screen)
                    .filteredOn(line -> line.startsWith("guard        "))
                    .hasSize(1);
            assertThat(screen).contains("steps        ● 25 %   ○ 50 %   ○ 100 %   ○ promote");
            assertThat(screen.getLast()).isEqualTo("stopped watching; the canary of fraud goes on");
            assertSeldom(plain.drawnAgain());
            assertThat(COLORED_WORD.matcher(plain.text()).replaceAll("")).doesNotContainPattern(COLOR);
            assertThat(colorless.text()).doesNotContainPattern(COLOR);
            assertThat(gateway.get("/models/fraud").at("/traffic/canary/weight").asDouble())
                    .isEqualTo(25);
            Proof.line("%d drawings in place, at most %d a second, on %d × %d; scriptreplay %s.timing %s"
                    .formatted(
                            plain.drawnAgain().size(),
                            mostASecond(plain.drawnAgain()),
                            COLUMNS,
                            ROWS,
                            plain.file(),
                            plain.file()));
        }
    }

    private static void assertSeldom(List<Long> drawnAgain) {
        assertThat(drawnAgain).hasSizeGreaterThanOrEqualTo(3 * MOST_A_SECOND);
        assertThat(mostASecond(drawnAgain)).isLessThanOrEqualTo(MOST_A_SECOND);
    }

    private static int mostASecond(List<Long> drawnAgain) {
        long most = 0;
        for (long from : drawnAgain) {
            most = Math.max(
                    most,
                    drawnAgain.stream()
                            .filter(at -> at >= from && at < from + 950_000_000L) // they may come a little late
                            .count());
        }
        return (int) most;
    }

    /** As much of a terminal as the command uses: signs, line ends, and going up to clear what is below. */
    private static final class Screen {
        private static final Pattern SEQUENCE = Pattern.compile("\u001b\\[(\\d*)([A-Za-z])");

        private final int columns;
        private final List<StringBuilder> rows = new ArrayList<>(List.of(new StringBuilder()));
        private int row;
        private int column;

        private Screen(int columns) {
            this.columns = columns;
        }

        static Screen of(int columns, int rows, String written) {
            Screen screen = new Screen(columns);
            var sequence = SEQUENCE.matcher(written);
            for (int i = 0; i < written.length(); i++) {
                if (sequence.region(i, written.length()).lookingAt()) {
                    screen.obey(sequence.group(2), sequence.group(1));
                    i = sequence.end() - 1;
                } else {
                    screen.put(written.charAt(i));
                }
            }
            assertThat(screen.rows).as("what scrolls is not drawn in place").hasSizeLessThanOrEqualTo(rows);
            return screen;
        }

        private void obey(String command, String number) {
            switch (command) {
                case "A" -> row = Math.max(0, row - (number.isEmpty() ? 1 : Integer.parseInt(number)));
                case "J" -> {
                    rows.get(row).setLength(Math.min(column, rows.get(row).length()));
                    rows.subList(row + 1, rows.size()).clear();
                }
                case "m" -> {
                    // a colour
                }
                default -> throw new AssertionError("This screen does not know ESC[" + number + command);
            }
        }

        private void put(char sign) {
            switch (sign) {
                case '\r' -> column = 0;
                case '\n' -> down();
                default -> {
                    if (column == columns) {
                        column = 0;
                        down();
                    }
                    StringBuilder line = rows.get(row);
                    line.append(" ".repeat(Math.max(0, column + 1 - line.length())));
                    line.setCharAt(column++, sign);
                }
            }
        }

        private void down() {
            row++;
            if (row == rows.size()) {
                rows.add(new StringBuilder());
            }
        }

        /** {@return what is on it, without blank lines} */
        List<String> lines() {
            return rows.stream()
                    .map(line -> line.toString().stripTrailing())
                    .filter(line -> !line.isEmpty())
                    .toList();
        }
    }
}
