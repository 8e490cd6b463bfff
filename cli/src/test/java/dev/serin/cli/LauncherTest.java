package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, with a Java that only tells how it was called. */
class LauncherTest {
    private static final String JAVA = """
        #!/bin/sh
        echo pid=$$
        echo pwd=$(pwd)
        echo arenas=${MALLOC_ARENA_MAX:-}
        for argument in "$@"; do
            echo "$argument"
            case $argument in
                -XX:AOTMode=*) mode=${argument#*=} ;;
                -XX:AOTConfiguration=*) [ "$mode" != record ] || echo learned >"${argument#*=}"; record=${argument#*=} ;;
                -XX:AOTCache=*) [ "${mode:-}" != create ] || cp "$record" "${argument#*=}" ;;
            esac
        done
        """;

    @TempDir
    private Path temporary;

    private Path installation;
    private Path caller;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void install() throws IOException {
        Path root = temporary.toRealPath();
        installation = Files.createDirectories(root.resolve("with space").resolve("serin"));
        caller = Files.createDirectories(root.resolve("caller"));
        Files.copy(
                Path.of(System.getProperty("serin.basedir"), "serin"),
                installation.resolve("serin"),
                StandardCopyOption.COPY_ATTRIBUTES);
        Files.createDirectories(installation.resolve("lib"));
        Files.createFile(installation.resolve("lib/serin-cli.jar"));
        environment.put("JAVA_HOME", java("jdk-25", "25.0.3").toString());
    }

    @Test
    void javaRunsTheCommandInAnEmptyDirectoryAndLearnsWhereItsCallerIs() throws Exception {
        List<String> lines = launch(installation.resolve("serin"), "list", "two words", "");

        assertThat(lines)
                .contains("-Dserin.home=" + installation, "-Dserin.cwd=" + caller, "-Dserin.terminal=false")
                .endsWith("-jar", installation + "/lib/serin-cli.jar", "list", "two words", "");
        Path workingDirectory = Path.of(value(lines, "pwd="));
        assertThat(workingDirectory).isEmptyDirectory().startsWith(installation);
    }

    @Test
    void launcherBecomesTheGateway() throws Exception {
        Process process = start(installation.resolve("serin"), "serve");
        List<String> lines = lines(process);

        assertThat(value(lines, "pid=")).isEqualTo(String.valueOf(process.pid()));
        assertThat(lines)
                .contains("arenas=2", "--enable-native-access=ALL-UNNAMED", "-XX:+ExitOnOutOfMemoryError")
                .doesNotContain("-XX:TieredStopAtLevel=1");
    }

    @Test
    void otherCommandsStartQuickly() throws Exception {
        assertThat(launch(installation.resolve("serin"), "list"))
                .contains("arenas=", "-XX:TieredStopAtLevel=1")
                .anyMatch(line -> line.startsWith("-XX:SharedArchiveFile=" + installation));
    }

    @Test
    void firstStartRehearsesAndLaterOnesHaveWhatWasLearned() throws Exception {
        Files.createDirectories(installation.resolve("models/iris/2"));

        List<String> first = launch(installation.resolve("serin"), "serve");
        List<String> second = launch(installation.resolve("serin"), "serve");

        assertThat(first.getFirst()).startsWith("serin: rehearsing");
        assertThat(Path.of(value(first, "-XX:AOTCache="))).hasContent("learned");
        assertThat(second).noneMatch(line -> line.startsWith("serin:"));
        assertThat(value(second, "-XX:AOTCache=")).isEqualTo(value(first, "-XX:AOTCache="));
        assertThat(launch(installation.resolve("serin"), "list")).noneMatch(line -> line.contains("AOTCache"));
    }

    @Test
    void whatWasLearnedOfOtherClassesIsNeverUsed() throws Exception {
        Files.createDirectories(installation.resolve("models/iris/2"));
        Path jar = installation.resolve("lib/serin-cli.jar");
        String before = value(launch(installation.resolve("serin"), "serve"), "-XX:AOTCache=");
        FileTime time = Files.getLastModifiedTime(jar);

        Files.writeString(jar, "changed");
        Files.setLastModifiedTime(jar, time);
        String after = value(launch(installation.resolve("serin"), "serve"), "-XX:AOTCache=");
        Files.createFile(installation.resolve("lib/other-2.0.jar"));
        String withAnother = value(launch(installation.resolve("serin"), "serve"), "-XX:AOTCache=");
        environment.put("JAVA_HOME", java("jdk-new", "25.0.4").toString());
        String byAnotherJava = value(launch(installation.resolve("serin"), "serve"), "-XX:AOTCache=");

        assertThat(List.of(before, after, withAnother, byAnotherJava)).doesNotHaveDuplicates();
        assertThat(Path.of(before)).doesNotExist();
    }

    @Test
    void whatAnImageLearnedIsUsedThoughItCannotBeWrittenNow() throws Exception {
        Files.createDirectories(installation.resolve("models/iris/2"));
        String learned = value(launch(installation.resolve("serin"), "serve"), "-XX:AOTCache=");
        Path empty = installation.resolve("cache/empty");
        Files.delete(empty);
        Files.createFile(empty); // no folder can be made of that name, as in a cache that is read only
        environment.put("XDG_CACHE_HOME", temporary.resolve("xdg").toString());

        assertThat(value(launch(installation.resolve("serin"), "serve"), "-XX:AOTCache="))
                .isEqualTo(learned);
    }

    @Test
    void rehearsalThatFailsIsNotTriedAgainAndTheGatewayStarts() throws Exception {
        Files.createDirectories(installation.resolve("models/iris/2"));
        Path java = temporary.resolve("jdk-25/bin/java");
        Files.writeString(java, JAVA + "case \"$*\" in *Rehearsal*) exit 1 ;; esac\n");

        List<String> first = launch(installation.resolve("serin"), "serve");
        List<String> second = launch(installation.resolve("serin"), "serve");

        assertThat(first).anyMatch(line -> line.startsWith("serin: the rehearsal failed"));
        assertThat(first).noneMatch(line -> line.startsWith("-XX:AOTCache="));
        assertThat(second).noneMatch(line -> line.startsWith("serin:"));
        assertNothingIsLeft();
    }

    @Test
    void rehearsalWhoseFolderIsGoneLetsTheGatewayStart() throws Exception {
        Files.createDirectories(installation.resolve("models/iris/2"));
        Path java = temporary.resolve("jdk-25/bin/java");
        Files.writeString(
                java, JAVA + "case \"$*\" in *Rehearsal*) rm -rf '%s'/rehearsal*; exit 0 ;; esac\n".formatted(cache()));

        assertThat(launch(installation.resolve("serin"), "serve"))
                .anyMatch(line -> line.startsWith("serin: the rehearsal failed"))
                .endsWith("serve");
    }

    private Path cache() {
        return installation.resolve("cache");
    }

    private void assertNothingIsLeft() throws IOException {
        try (Stream<Path> left = Files.list(cache())) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .filteredOn(name -> name.startsWith("rehearsal") && !name.equals("rehearsal.log"))
                    .isEmpty();
        }
    }

    @Test
    void terminatedRehearsalEndsTheLauncherAndLeavesNothing() throws Exception {
        Files.createDirectories(installation.resolve("models/iris/2"));
        Path java = temporary.resolve("jdk-25/bin/java");
        Files.writeString(java, "#!/bin/sh\necho $$ >\"$0.pid\"\nexec sleep 60\n");
        Process process = start(installation.resolve("serin"), "serve");
        Path pid = temporary.resolve("jdk-25/bin/java.pid");
        Awaitility.await().until(() -> Files.exists(pid) && Files.size(pid) > 0);
        long rehearsing = Long.parseLong(Files.readString(pid).strip());

        process.destroy();

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
        Awaitility.await()
                .until(() -> ProcessHandle.of(rehearsing)
                        .filter(ProcessHandle::isAlive)
                        .isEmpty());
        assertNothingIsLeft();
    }

    @Test
    void optionsThatTheJvmDoesNotTakeTogetherWithWhatWasLearnedArePreferred() throws Exception {
        Files.createDirectories(installation.resolve("models/iris/2"));
        launch(installation.resolve("serin"), "serve");
        environment.put("SERIN_JAVA_OPTS", "-Xshare:auto");

        assertThat(launch(installation.resolve("serin"), "serve")).noneMatch(line -> line.startsWith("-XX:AOTCache="));
    }

    @Test
    void nothingIsRehearsedWhereItWouldBeLostOrForHelp() throws Exception {
        Files.createDirectories(installation.resolve("models/iris/2"));
        assertThat(launch(installation.resolve("serin"), "serve", "--help"))
                .noneMatch(line -> line.startsWith("serin:"));
        assertThat(launch(installation.resolve("serin"), "help", "serve")).noneMatch(line -> line.startsWith("serin:"));
        Files.delete(installation.resolve("cache/empty"));
        Files.delete(installation.resolve("cache"));
        Files.createFile(installation.resolve("cache")); // no folder can be made of that name
        environment.put("XDG_CACHE_HOME", temporary.resolve("xdg").toString());

        assertThat(launch(installation.resolve("serin"), "serve")).noneMatch(line -> line.startsWith("serin:"));
    }

    @Test
    void linkLeadsToTheInstallation() throws Exception {
        Path first = Files.createSymbolicLink(caller.resolve("first"), installation.resolve("serin"));
        Path second = Files.createSymbolicLink(caller.resolve("second"), Path.of("first"));

        assertThat(first).isSymbolicLink();
        assertThat(launch(second, "list")).contains("-Dserin.home=" + installation);
    }

    @Test
    void otherJavaIsPassedOverForTheOneOnThePath() throws Exception {
        environment.put("JAVA_HOME", java("jdk-17", "17.0.9").toString());
        Path onPath = java("jdk-path", "25");
        Path bin = Files.createDirectories(temporary.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("java"), onPath.resolve("bin/java"));
        environment.put("PATH", bin + ":" + System.getenv("PATH"));
        Files.writeString(onPath.resolve("bin/java"), JAVA + "echo from the path\n");

        assertThat(launch(installation.resolve("serin"), "list")).contains("from the path");
    }

    @Test
    void javaOfTheFutureIsNotTaken() throws Exception {
        environment.put("JAVA_HOME", java("jdk-250", "250.1").toString());
        Path onPath = java("jdk-path", "25-ea");
        environment.put("PATH", onPath.resolve("bin") + ":" + System.getenv("PATH"));
        Files.writeString(onPath.resolve("bin/java"), JAVA + "echo from the path\n");

        assertThat(launch(installation.resolve("serin"), "list")).contains("from the path");
    }

    @Test
    void optionsOfTheCallerComeLast() throws Exception {
        environment.put("SERIN_JAVA_OPTS", "-Xmx1g -Dmine=true");

        List<String> lines = launch(installation.resolve("serin"), "serve");

        assertThat(lines).containsSubsequence("-XX:+ExitOnOutOfMemoryError", "-Xmx1g", "-Dmine=true", "-jar");
    }

    @Test
    void commandLineThatOnnxRuntimeWouldDieOfIsRefused() throws Exception {
        Process process = start(installation.resolve("serin"), "serve", "--set", "log.access=" + "x".repeat(4_000));
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(output)
                .startsWith("serin: the command line has 4")
                .endsWith("\n\nhint: put the settings into a file: serin serve --config FILE\n");
    }

    @Test
    void installationThatCannotBeWrittenKeepsItsCacheElsewhere() throws Exception {
        Files.createFile(installation.resolve("cache")); // no folder can be made of that name
        environment.put("XDG_CACHE_HOME", temporary.resolve("xdg").toString());

        assertThat(value(launch(installation.resolve("serin"), "list"), "pwd="))
                .isEqualTo(temporary
                        .toRealPath()
                        .resolve("xdg/serin/launcher/empty")
                        .toString());
    }

    private Path java(String name, String version) throws IOException {
        Path home = Files.createDirectories(temporary.toRealPath().resolve(name));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Fake\"\nJAVA_VERSION=\"" + version + "\"\n");
        Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.writeString(java, JAVA);
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        return home;
    }

    private List<String> launch(Path launcher, String... arguments) throws Exception {
        return lines(start(launcher, arguments));
    }

    private Process start(Path launcher, String... arguments) throws IOException {
        var builder = new ProcessBuilder(Stream.concat(Stream.of(launcher.toString()), Stream.of(arguments))
                        .toList())
                .directory(caller.toFile())
                .redirectErrorStream(true);
        GatewayProcess.withoutSettings(builder.environment()).putAll(environment);
        return builder.start();
    }

    private static List<String> lines(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output.lines().toList();
    }

    private static String value(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()))
                .findFirst()
                .orElse("");
    }
}
