package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.serin.registry.fault.FreePort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command blocks of README.md, run one after the other in a fresh clone that has only what this build has packaged, which is why
 * this runs after it; that the launcher builds by itself is shown by {@code .ci/fresh-clone}. Ports are replaced by free ones; what
 * differs from run to run is masked in what is shown and in what came.
 */
class ReadmeTest {
    private static final List<Mask> MASKS = List.of(
            new Mask("Java 25[.\\d+]*", "Java 25"),
            new Mask("\\d+ cores?", "n cores"),
            new Mask("(environment \\(\\d+ keys?\\), )?\\d+ defaults", "n defaults"),
            new Mask("\\d+(\\.\\d+)? [KMG]iB", "size"),
            new Mask("(\\d+(\\.\\d+)? m?s|(?<=dur=)\\d+\\.\\d)\\b", "time"),
            new Mask("(?<=download|verify|read|create|warm) \\d+", " time"),
            new Mask("(?<=Date: ).*", "date"),
            new Mask("(?<=Content-Length: )\\d+", "bytes"),
            new Mask("(?<=X-Request-Id: |\"request_id\": \")[0-9a-f]{16}", "id"),
            new Mask("(?<=sha256 )[0-9a-f]{8}", "digest"),
            new Mask("\\d\\.\\d+E-\\d+", "tiny"),
            new Mask("(?<=\\d\\.\\d{4})\\d+", "…"));
    private static final Pattern BLOCK = Pattern.compile("```console\n(.*?)```", Pattern.DOTALL);
    private static final Pattern STEP = Pattern.compile("^\\$ (.*)\n((?:(?!\\$ ).*\n)*)", Pattern.MULTILINE);
    private static final Pattern REGISTERED = Pattern.compile("\\./serin register (\\S+)/(\\S+) .*");
    private static final Duration TWO_POLLS = Duration.ofSeconds(20);

    @TempDir
    private Path temporary;

    private Path clone;
    private int port;
    private int managementPort;
    private final List<Process> started = new ArrayList<>();

    /** What differs from run to run, and the word that stands for it. */
    private record Mask(Pattern pattern, String word) {
        Mask(String pattern, String word) {
            this(Pattern.compile(pattern), word);
        }
    }

    @BeforeEach
    void cloneAndFindPorts() throws Exception {
        for (String tool : List.of("git", "curl", "mvn")) {
            assumeTrue(isInstalled(tool), () -> "README's commands need " + tool + ", which is not installed");
        }
        clone = temporary.resolve("serin");
        // What is tracked and what is about to be: the clone of the commit that this tree would make.
        String files = run(Path.of(System.getProperty("serin.basedir")), "git ls-files -co --exclude-standard");
        String built = "cli/target/serin/";
        Path classPath = clone.resolve(built + "classpath");
        Stream<String> packaged = run(
                        Path.of(System.getProperty("serin.basedir")),
                        "find %sclasspath %slib -type f || :".formatted(built, built))
                .lines();
        for (String file : Stream.concat(files.lines(), packaged).toList()) {
            Path from = Path.of(System.getProperty("serin.basedir")).resolve(file);
            if (Files.exists(from)) {
                Path to = clone.resolve(file);
                Files.createDirectories(to.getParent());
                Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        if (Files.exists(classPath)) { // newer than the folders that were just made
            Files.setLastModifiedTime(classPath, FileTime.from(Instant.now()));
        }
        port = FreePort.find();
        managementPort = FreePort.find();
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Process process : started) {
            process.destroy();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

    /** A command of the page, and what the page shows of its output. */
    record Step(String command, String output) {}

    @Test
    void everyCommandShowsWhatThePageShows() throws Exception {
        List<Step> steps = steps(Files.readString(clone.resolve("README.md")));
        assertThat(steps).hasSizeGreaterThan(5);
        assertThat(steps.getFirst().command()).isEqualTo("./serin serve");

        String suggested = serve(steps.getFirst());
        assertThat(run(clone, suggested)).startsWith("{\"predictions\":[{\"label\":");
        for (Step step : steps.subList(1, steps.size())) {
            String output = run(clone, step.command());

            assertThat(normal(output)).as(step.command()).isEqualTo(normal(step.output()));
            Matcher registered = REGISTERED.matcher(step.command());
            if (registered.matches()) {
                awaitReady(registered.group(1), registered.group(2));
            }
        }

        started.getFirst().destroy();
        assertThat(started.getFirst().waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(started.getFirst().exitValue()).isZero();
    }

    /** Runs the first command, which builds and then serves; returns the command that its last line suggests. */
    private String serve(Step step) throws IOException {
        Path out = temporary.resolve("serve.out");
        Path err = temporary.resolve("serve.err");
        Process process = process(clone, step.command())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        started.add(process);
        Awaitility.await().atMost(Duration.ofMinutes(6)).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("serve ended: " + Files.readString(out) + Files.readString(err));
            }
            return Files.readString(out).contains("  curl ")
                    && Files.readString(out).endsWith("\n");
        });
        assertThat(normal(Files.readString(out))).as(step.command()).isEqualTo(normal(step.output()));
        assertThat(err)
                .content()
                .matches("(serin: building, first run only.*\n)?serin: rehearsing, .*; first run only, .*\n");
        return Files.readAllLines(out).getLast().strip();
    }

    private void awaitReady(String model, String version) {
        Awaitility.await()
                .atMost(TWO_POLLS)
                .until(() -> run(clone, "curl -s localhost:8080/models/%s/%s".formatted(model, version))
                        .contains("\"state\": \"ready\""));
    }

    static List<Step> steps(String page) {
        List<Step> steps = new ArrayList<>();
        BLOCK.matcher(page)
                .results()
                .forEach(block -> STEP.matcher(block.group(1))
                        .results()
                        .forEach(step -> steps.add(new Step(step.group(1), step.group(2)))));
        return steps;
    }

    /** Loads end in any order, and HTTP fields have none: both are sorted. */
    private String normal(String output) {
        String masked = ported(output).replace("\r", "").strip();
        for (Mask mask : MASKS) {
            masked = mask.pattern().matcher(masked).replaceAll(mask.word());
        }
        List<String> lines = new ArrayList<>(masked.lines().toList());
        int blank = lines.indexOf("");
        sort(lines, 1, masked.startsWith("HTTP/1.1") ? blank : 1);
        int first = (int)
                lines.stream().takeWhile(line -> !line.startsWith("loaded ")).count();
        int count =
                (int) lines.stream().filter(line -> line.startsWith("loaded ")).count();
        sort(lines, first, first + count);
        return String.join("\n", lines);
    }

    private static void sort(List<String> lines, int from, int to) {
        lines.subList(from, to).sort(null);
    }

    private String ported(String text) {
        return text.replace(":8080", ":" + port).replace(":9090", ":" + managementPort);
    }

    private String run(Path directory, String command) throws IOException, InterruptedException {
        Process process = process(directory, command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(command).isZero();
        return output;
    }

    private ProcessBuilder process(Path directory, String command) {
        // The shell becomes the command, so that TERM reaches the gateway.
        ProcessBuilder builder =
                new ProcessBuilder("sh", "-c", "exec " + ported(command)).directory(directory.toFile());
        Map<String, String> environment = GatewayProcess.withoutSettings(builder.environment());
        environment.put("SERIN_SERVER_PORT", String.valueOf(port));
        environment.put("SERIN_MANAGEMENT_PORT", String.valueOf(managementPort));
        environment.put("SERIN_SERVER", "http://127.0.0.1:" + port);
        environment.put("SERIN_STORE_PATH", temporary.resolve("store").toString());
        environment.put("SERIN_JAVA_OPTS", "-Dserin.terminal=true"); // what a person sees
        String repository = System.getProperty("maven.repo.local");
        if (repository != null) {
            environment.put("MAVEN_OPTS", "-Dmaven.repo.local=" + repository);
        }
        return builder;
    }

    private static boolean isInstalled(String tool) throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", "command -v " + tool)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
