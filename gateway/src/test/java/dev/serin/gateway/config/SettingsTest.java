package dev.serin.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.gateway.config.Sources.Assignment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    private static final Path INSTALLATION = Path.of("/opt/serin");
    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    private Path caller;

    private Optional<Path> file = Optional.empty();
    private final Map<String, String> environment = new HashMap<>(Map.of("HOME", "/home/ana"));
    private final List<Assignment> assignments = new ArrayList<>();

    @Nested
    class Precedence {
        @Test
        void defaultsHoldWhenNobodySaysOtherwise() {
            assertThat(settings().integer("server.port", 0, 65_535)).isEqualTo(8080);
            assertThat(settings().summary()).endsWith(" defaults").doesNotContain(",");
        }

        @Test
        void fileWinsOverDefaultsEnvironmentOverFileAndFlagsOverAll() throws IOException {
            write("prod.yaml", "server:\n  port: 1\n  host: file\nregistry.poll-interval: 1s\n");
            environment.put("SERIN_SERVER_PORT", "2");
            environment.put("SERIN_SERVER_HOST", "environment");
            assignments.add(Assignment.parse("server.port=3"));

            var settings = settings();

            assertThat(settings.integer("server.port", 0, 65_535)).isEqualTo(3);
            assertThat(settings.text("server.host")).isEqualTo("environment");
            assertThat(settings.duration("registry.poll-interval", Duration.ZERO, DAY))
                    .hasSeconds(1);
            assertThat(settings.summary()).startsWith("prod.yaml (1 key), environment (1 key), flags (1 key), ");
            settings.check();
        }

        @Test
        void wrongValueThatIsOverruledDoesNotMatter() throws IOException {
            write("prod.yaml", "server.port: http\n");
            assignments.add(Assignment.parse("server.port=3"));

            var settings = settings();

            assertThat(settings.integer("server.port", 0, 65_535)).isEqualTo(3);
            settings.check();
        }

        @Test
        void groupWhoseKeysAreAllCommentedOutIsFine() throws IOException {
            write("prod.yaml", "server:\n#  port: 1\n");

            settings().check();
        }

        @Test
        void emptyFileIsFine() throws IOException {
            write("prod.yaml", "");

            settings().check();
        }
    }

    @Nested
    class Paths {
        @Test
        void defaultIsRelativeToTheInstallation() {
            assertThat(settings().path("registry.url")).isEqualTo(Path.of("/opt/serin/models"));
        }

        @Test
        void flagAndEnvironmentAreRelativeToTheCaller() {
            environment.put("SERIN_STORE_PATH", "cache");
            assignments.add(new Assignment("--registry", "registry.url", "../mine"));

            assertThat(settings().path("store.path")).isEqualTo(caller.resolve("cache"));
            assertThat(settings().path("registry.url")).isEqualTo(caller.resolveSibling("mine"));
        }

        @Test
        void fileIsRelativeToItself() throws IOException {
            Files.createDirectory(caller.resolve("config"));
            write("config/prod.yaml", "registry.url: ../models\n");

            assertThat(settings().path("registry.url")).isEqualTo(caller.resolve("models"));
        }

        @Test
        void storeLiesInTheCacheOfTheUser() {
            assertThat(settings().path("store.path")).isEqualTo(Path.of("/home/ana/.cache/serin"));

            environment.put("XDG_CACHE_HOME", "/var/cache/ana");

            assertThat(settings().path("store.path")).isEqualTo(Path.of("/var/cache/ana/serin"));
        }

        @Test
        void variableThatIsNotSetIsAFault() {
            assignments.add(Assignment.parse("store.path=${SCRATCH}/serin"));

            var settings = settings();
            settings.path("store.path");

            assertThatThrownBy(settings::check)
                    .hasMessage("--set: store.path is '${SCRATCH}/serin'; it takes a path; "
                            + "the environment variable SCRATCH is not set");
        }
    }

    @Nested
    class Faults {
        @Test
        void misspelledKeyIsNamedWithItsPlaceAndTheNearestOne() throws IOException {
            Files.createDirectory(caller.resolve("config"));
            write("config/prod.yaml", "\n".repeat(12) + "registry:\n  pol-interval: 2s\n");

            assertThatThrownBy(settings()::check)
                    .isInstanceOf(ConfigException.class)
                    .hasMessage("config/prod.yaml:14: unknown key 'registry.pol-interval'. "
                            + "Did you mean 'registry.poll-interval' (default 10s)?");
        }

        @Test
        void allFaultsOfAllSourcesComeAtOnceInTheirOrder() throws IOException {
            write("prod.yaml", """
                server:
                  port: 70000
                  port: 8081
                  nonsense: true
                management: 9090
                log:
                  access: [errors, all]
                  format: xml
                """);
            environment.put("SERIN_REGISTRY_POLL_INTERVAL", "10");
            assignments.add(Assignment.parse("requests.max-size=64"));
            assignments.add(Assignment.parse("sever.port=1"));
            assignments.add(Assignment.parse("registry.require-manifest=yes"));

            var settings = settings();
            settings.integer("server.port", 0, 65_535);
            settings.duration("registry.poll-interval", Duration.ofMillis(10), DAY);
            settings.bytes("requests.max-size", 1, 1 << 30);
            settings.flag("registry.require-manifest");
            settings.choice("log.format", Form.class);

            assertThatThrownBy(settings::check).hasMessage("""
                10 settings are wrong
                  prod.yaml:2: server.port is '70000'; it takes a whole number, 0 to 65535
                  prod.yaml:3: 'server.port' is given again; line 2 has it already
                  prod.yaml:4: unknown key 'server.nonsense'; docs/configuration.md lists them all
                  prod.yaml:5: 'management' is a group of keys, not a value
                  prod.yaml:7: 'log.access' is a list; it takes one value
                  prod.yaml:8: log.format is 'xml'; it takes one of auto, plain-text
                  SERIN_REGISTRY_POLL_INTERVAL: registry.poll-interval is '10'; it takes a duration, 10ms to 1d; say 10s or 10ms
                  --set: unknown key 'sever.port'. Did you mean 'server.port' (default 8080)?
                  --set: requests.max-size is '64'; it takes a size, 1B to 1GiB; say 64MiB or 64B
                  --set: registry.require-manifest is 'yes'; it takes true or false\
                """);
        }

        @Test
        void valueOutOfRangeGivesItsBoundsAndItsDefaultMeanwhile() throws IOException {
            write("prod.yaml", "server.port: 70000\nregistry.poll-interval: 1ms\n");

            var settings = settings();

            assertThat(settings.integer("server.port", 0, 65_535)).isEqualTo(8080);
            assertThat(settings.duration("registry.poll-interval", Duration.ofMillis(10), DAY))
                    .hasSeconds(10);
            assertThatThrownBy(settings::check).hasMessage("""
                2 settings are wrong
                  prod.yaml:1: server.port is '70000'; it takes a whole number, 0 to 65535
                  prod.yaml:2: registry.poll-interval is '1ms'; it takes a duration, 10ms to 1d\
                """);
        }

        @Test
        void noMoreThanTwentyAreShown() throws IOException {
            var yaml = new StringBuilder();
            for (int i = 0; i < 23; i++) {
                yaml.append("zzzzzz-").append(i).append(": 1\n");
            }
            write("prod.yaml", yaml.toString());

            assertThatThrownBy(settings()::check)
                    .hasMessageStartingWith("23 settings are wrong\n  prod.yaml:1: unknown key 'zzzzzz-0'")
                    .hasMessageEndingWith("\n  and 3 more");
        }

        @Test
        void fileThatIsNotThereIsNamed() {
            file = Optional.of(Path.of("nowhere.yaml"));

            assertThatThrownBy(settings()::check).hasMessage("nowhere.yaml: there is no such file");
        }

        @Test
        void fileThatIsNotYamlIsNamedWithTheLine() throws IOException {
            write("prod.yaml", "server:\n  port: 1\n  host: [\n");

            assertThatThrownBy(settings()::check).hasMessageStartingWith("prod.yaml:4: this is not YAML: ");
        }

        @Test
        void fileThatIsAListIsRefused() throws IOException {
            write("prod.yaml", "- server\n");

            assertThatThrownBy(settings()::check)
                    .hasMessage("prod.yaml:1: expected keys and values, such as 'server:'");
        }

        @Test
        void anchorThatContainsItselfEndsInAFault() throws IOException {
            write("prod.yaml", "server: &loop\n  more: *loop\n");

            assertThatThrownBy(settings()::check).hasMessageStartingWith("prod.yaml:2: ");
        }

        @Test
        void assignmentWithoutAValueIsRefused() {
            assertThatThrownBy(() -> Assignment.parse("server.port"))
                    .hasMessage("--set takes key=value, such as registry.poll-interval=10s; got 'server.port'");
        }
    }

    @Nested
    class Environment {
        @Test
        void noTwoKeysHaveOneName() {
            var keys = KnownKeys.load().all();

            Set<String> names = new HashSet<>();
            keys.forEach(key -> names.add(key.environmentName()));

            assertThat(names).hasSameSizeAs(keys).hasSizeGreaterThan(20).contains("SERIN_REGISTRY_POLL_INTERVAL");
        }

        @Test
        void unknownVariableIsAWarningWithTheNearestName() {
            environment.put("SERIN_REGISTRY_POL_INTERVAL", "1s");
            environment.put("SERIN_WHATEVER_ELSE_THERE_IS", "1");

            var settings = settings();

            settings.check();
            assertThat(settings.warnings())
                    .containsExactly(
                            "unknown environment variable SERIN_REGISTRY_POL_INTERVAL is ignored. "
                                    + "Did you mean SERIN_REGISTRY_POLL_INTERVAL?",
                            "unknown environment variable SERIN_WHATEVER_ELSE_THERE_IS is ignored");
        }

        @Test
        void whatKubernetesInjectsIsNoSetting() {
            environment.put("SERIN_PORT", "tcp://10.0.0.7:80");
            environment.put("SERIN_PORT_80_TCP_ADDR", "10.0.0.7");
            environment.put("SERIN_SERVICE_HOST", "10.0.0.7");
            environment.put("SERIN_SERVICE_PORT_HTTP", "80");
            environment.put("SERIN_MANAGEMENT_SERVICE_HOST", "10.0.0.8");
            environment.put("SERIN_MANAGEMENT_PORT_9090_TCP", "tcp://10.0.0.8:9090");

            assertThat(settings().warnings()).isEmpty();
        }

        @Test
        void linkOfKubernetesThatLooksLikeAKeyIsIgnoredWithAWarning() {
            environment.put("SERIN_MANAGEMENT_PORT", "tcp://10.0.0.8:9090");

            var settings = settings();

            assertThat(settings.integer("management.port", 0, 65_535)).isEqualTo(9090);
            settings.check();
            assertThat(settings.warnings())
                    .containsExactly("SERIN_MANAGEMENT_PORT is 'tcp://10.0.0.8:9090', "
                            + "which Kubernetes sets for a service of that name; ignored");
        }

        @Test
        void variablesOfTheCommandLineAndTheLauncherAreNoSettings() {
            environment.put("SERIN_SERVER", "http://127.0.0.1:8080");
            environment.put("SERIN_JAVA_OPTS", "-Xmx1g");
            environment.put("SERIN_SIGNING_KEY", "ana.key");

            assertThat(settings().warnings()).isEmpty();
        }
    }

    @Nested
    class Units {
        @Test
        void sizesAreBinaryOrDecimal() {
            assertThat(bytes("64MiB")).isEqualTo(64L << 20);
            assertThat(bytes("1.5 GiB")).isEqualTo(3L << 29);
            assertThat(bytes("2MB")).isEqualTo(2_000_000);
            assertThat(bytes("512B")).isEqualTo(512);
        }

        @Test
        void durationsGoFromMillisecondsToDays() {
            assertThat(duration("250ms")).hasMillis(250);
            assertThat(duration("1.5s")).hasMillis(1_500);
            assertThat(duration("2m")).hasMinutes(2);
            assertThat(duration("1h")).hasHours(1);
            assertThat(duration("0s")).isZero();
        }

        @Test
        void shareIsTakenOfTheWhole() {
            assignments.add(Assignment.parse("sessions.memory-limit=25%"));

            assertThat(settings().bytesOrShare("sessions.memory-limit", 4L << 30))
                    .isEqualTo(1L << 30);
        }

        @Test
        void sizeAboveTheWholeIsRefused() {
            assignments.add(Assignment.parse("sessions.memory-limit=8GiB"));

            var settings = settings();
            settings.bytesOrShare("sessions.memory-limit", 4L << 30);

            assertThatThrownBy(settings::check)
                    .hasMessage("--set: sessions.memory-limit is '8GiB'; "
                            + "it takes at most the 4GiB that the Java heap leaves here");
        }

        private long bytes(String text) {
            assignments.clear();
            assignments.add(Assignment.parse("requests.max-size=" + text));
            return settings().bytes("requests.max-size", 0, Long.MAX_VALUE);
        }

        private Duration duration(String text) {
            assignments.clear();
            assignments.add(Assignment.parse("requests.deadline=" + text));
            var settings = settings();
            Duration duration = settings.duration("requests.deadline", Duration.ZERO, DAY);
            settings.check();
            return duration;
        }
    }

    private enum Form {
        AUTO,
        PLAIN_TEXT
    }

    private Settings settings() {
        return Settings.load(new Sources(INSTALLATION, caller, file, environment, assignments));
    }

    private void write(String name, String yaml) throws IOException {
        Files.writeString(caller.resolve(name), yaml);
        file = Optional.of(Path.of(name));
    }
}
