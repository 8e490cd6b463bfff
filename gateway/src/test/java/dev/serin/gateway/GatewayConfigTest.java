package dev.serin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.gateway.config.ConfigException;
import dev.serin.gateway.config.Machine;
import dev.serin.gateway.config.Settings;
import dev.serin.gateway.config.Sources;
import dev.serin.gateway.config.Sources.Assignment;
import dev.serin.gateway.http.HttpConfig;
import dev.serin.gateway.http.ManagementToken;
import dev.serin.gateway.http.ReadLimits;
import dev.serin.gateway.observe.ObserveConfig;
import dev.serin.gateway.observe.ObserveConfig.AccessLog;
import dev.serin.gateway.observe.ObserveConfig.Format;
import dev.serin.gateway.predict.PredictConfig;
import dev.serin.gateway.scheduling.Limit;
import dev.serin.gateway.scheduling.SchedulingConfig;
import dev.serin.gateway.sessions.SessionsConfig;
import dev.serin.gateway.sessions.SessionsConfig.Preload;
import dev.serin.gateway.shadow.ShadowConfig;
import dev.serin.inference.json.JsonLimits;
import dev.serin.registry.s3.S3Config;
import dev.serin.registry.s3.S3Location;
import dev.serin.registry.signing.TestKey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayConfigTest {
    private static final Path INSTALLATION = Path.of("/opt/serin");
    private static final Path CALLER = Path.of("/home/ana");
    private static final Machine MACHINE = new Machine(8, 16L << 30, 4L << 30, 1 << 20);

    @TempDir
    private Path directory;

    @Test
    void defaults() {
        var config = GatewayConfig.from(settings(Optional.empty()), MACHINE);

        assertThat(config)
                .isEqualTo(new GatewayConfig(
                        new RegistryConfig(
                                "models",
                                new RegistryConfig.Source.Directory(Path.of("/opt/serin/models")),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(10),
                                false,
                                Optional.empty(),
                                new RegistryConfig.Store(Path.of("/home/ana/.cache/serin"), 20L << 30)),
                        new HttpConfig(
                                "127.0.0.1",
                                8080,
                                new HttpConfig.Management("127.0.0.1", 9090, Optional.empty(), Set.of()),
                                4_096,
                                64 << 20,
                                JsonLimits.DEFAULT,
                                new ReadLimits(Duration.ofSeconds(10), Duration.ofSeconds(30)),
                                Duration.ofSeconds(30)),
                        new SessionsConfig(12L * (1 << 30) * 6 / 10, Preload.TRAFFIC, 1, 2, Duration.ofSeconds(240)),
                        new SchedulingConfig(8, 8, Limit.upTo(8), Limit.upTo(128), 64, Duration.ZERO),
                        new PredictConfig(Duration.ofSeconds(30)),
                        new ShadowConfig(10, 64),
                        new ObserveConfig(Format.AUTO, AccessLog.ERRORS, 1_000),
                        config.origin(),
                        List.of()));
    }

    @Test
    void fileThatSetsEveryKeyToSomethingElse() throws IOException {
        Path file = directory.resolve("every.yaml");
        TestKey ana = TestKey.generate("ana");
        ana.writePublic(directory);
        Files.writeString(directory.resolve("token"), "0123456789abcdef\n");
        Files.writeString(file, """
            registry:
              url: shop
              poll-interval: 1s
              full-scan-interval: 2s
              require-manifest: true
              trusted-keys: ana.pem
              s3:
                endpoint: http://minio:9000
                region: eu-central-1
                path-style: false
                ca-file: ca.pem
            server:
              host: 0.0.0.0
              port: 80
              max-connections: 100
              drain-timeout: 5s
            management:
              host: 0.0.0.0
              port: 81
              token-file: token
              hosts: serin, Serin.example
            store:
              path: copies
              max-size: 3GiB
            sessions:
              memory-limit: 1GiB
              preload: none
              parallel-loads: 3
              load-timeout: 10m
            requests:
              max-size: 1MiB
              max-depth: 10
              max-elements: 1000
              header-timeout: 3s
              body-timeout: 4s
              deadline: 2s
            serving:
              keep-versions: 4
              max-concurrency: 5
              max-queue: 6
              max-batch-size: 7
              batch-delay: 8ms
            log:
              format: json
              access: all
            metrics:
              max-versions: 7
            shadow:
              max-load: 20
              max-waiting: 8
            """);

        var config = GatewayConfig.from(settings(Optional.of(file)), MACHINE);

        assertThat(config)
                .isEqualTo(new GatewayConfig(
                        new RegistryConfig(
                                "shop",
                                new RegistryConfig.Source.Directory(directory.resolve("shop")),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(2),
                                true,
                                Optional.of(ana.trusted(directory)),
                                new RegistryConfig.Store(directory.resolve("copies"), 3L << 30)),
                        new HttpConfig(
                                "0.0.0.0",
                                80,
                                new HttpConfig.Management(
                                        "0.0.0.0",
                                        81,
                                        Optional.of(new ManagementToken(directory.resolve("token"))),
                                        Set.of("serin.example", "serin")),
                                100,
                                1 << 20,
                                new JsonLimits(10, 1_000),
                                new ReadLimits(Duration.ofSeconds(3), Duration.ofSeconds(4)),
                                Duration.ofSeconds(5)),
                        new SessionsConfig(1 << 30, Preload.NONE, 4, 3, Duration.ofMinutes(10)),
                        new SchedulingConfig(8, 8, Limit.fixed(5), Limit.fixed(6), 7, Duration.ofMillis(8)),
                        new PredictConfig(Duration.ofSeconds(2)),
                        new ShadowConfig(20, 8),
                        new ObserveConfig(Format.JSON, AccessLog.ALL, 7),
                        config.origin(),
                        List.of()));
        assertThat(config.origin()).endsWith("every.yaml (39 keys), 0 defaults");
    }

    @Test
    void wrongValuesOfAllRoomsAreReportedTogether() {
        var settings = settings(
                Optional.empty(),
                "registry.url=s3://models/prod?key=x",
                "registry.s3.endpoint=minio:9000",
                "server.port=9090",
                "store.max-size=20",
                "sessions.memory-limit=13GiB",
                "serving.max-concurrency=many",
                "requests.deadline=11m",
                "log.access=none");

        assertThatThrownBy(() -> GatewayConfig.from(settings, MACHINE))
                .isInstanceOf(ConfigException.class)
                .hasMessage("""
                    8 settings are wrong
                      default: management.port is '9090'; server.port is the same; give another, or 0 for a free one
                      --set: registry.s3.endpoint is 'minio:9000'; it takes http:// or https:// with a host and perhaps a port, as in http://minio:9000
                      --set: registry.url is 's3://models/prod?key=x'; s3://bucket/prefix has no room for keys, parameters or white space; endpoint and region are settings of their own, credentials come from the environment
                      --set: store.max-size is '20'; it takes a size, 1KiB to 1024TiB; say 20MiB or 20B
                      --set: sessions.memory-limit is '13GiB'; it takes at most the 12GiB that the Java heap leaves here
                      --set: serving.max-concurrency is 'many'; it takes auto or a whole number, 1 to 1024
                      --set: requests.deadline is '11m'; it takes a duration, 1ms to 10m
                      --set: log.access is 'none'; it takes one of errors, sampled, all\
                    """);
    }

    @Test
    void aBucketIsAskedOnceAndListedAsSeldomAsConfigured() {
        var registry = RegistryConfig.from(
                settings(Optional.empty(), "registry.url=s3://models/prod", "registry.s3.endpoint=http://minio:9000"));

        assertThat(registry.fullScanInterval()).isEqualTo(Duration.ofMinutes(5));
        assertThat(registry.source())
                .isEqualTo(new RegistryConfig.Source.Bucket(new S3Config(
                        new S3Location("models", "prod"),
                        Optional.of(URI.create("http://minio:9000")),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        S3Config.ONE_ATTEMPT,
                        S3Config.Timeouts.DEFAULT)));
    }

    @Test
    void freePortsMayBothBeAskedFor() {
        var config = GatewayConfig.from(settings(Optional.empty(), "server.port=0", "management.port=0"), MACHINE);

        assertThat(config.http().port()).isZero();
    }

    @Test
    void connectionsStayUnderTheLimitOfOpenFilesAndThatIsSaid() {
        var narrow = new Machine(2, 1L << 30, 1L << 28, 256);

        var config = GatewayConfig.from(settings(Optional.empty()), narrow);

        assertThat(config.http().maxConnections()).isEqualTo(64);
        assertThat(config.warnings())
                .containsExactly("server.max-connections is lowered from 4096 to 64: this process may open 256 files");
    }

    @Test
    void moreRunsOfOneVersionThanCoresGetTheirThreads() {
        var config = GatewayConfig.from(settings(Optional.empty(), "serving.max-concurrency=20"), MACHINE);

        assertThat(config.scheduling())
                .isEqualTo(new SchedulingConfig(20, 8, Limit.fixed(20), Limit.upTo(128), 64, Duration.ZERO));
    }

    @Test
    void heapThatLeavesNothingIsAFault() {
        var full = new Machine(2, 1L << 30, 1L << 30, 1_024);

        assertThatThrownBy(() -> GatewayConfig.from(settings(Optional.empty()), full))
                .hasMessageContaining("the Java heap leaves no memory here");
    }

    @Test
    void keysThatCannotBeTrustedStopTheStartByFileAndFault() throws IOException {
        Path keys = Files.createDirectory(directory.resolve("keys"));
        assertThatThrownBy(() -> trusting(keys))
                .isInstanceOf(ConfigException.class)
                .hasMessageEndingWith(keys + " holds no file that ends in .pem");
        assertThatThrownBy(() -> trusting(keys.resolve("none.pem")))
                .hasMessageStartingWith("--set: registry.trusted-keys is '")
                .hasMessageEndingWith("none.pem: there is no such file or directory");
        TestKey.generate("ana").writePublic(keys);
        assertThat(trusting(keys).registry().trustedKeys()).isPresent();

        Files.writeString(keys.resolve("bad.pem"), "no key");
        assertThatThrownBy(() -> trusting(keys))
                .hasMessageEndingWith(keys.resolve("bad.pem")
                        + " must hold one public key of Ed25519 in PEM, as openssl pkey -pubout writes it");
    }

    private static GatewayConfig trusting(Path keys) {
        return GatewayConfig.from(settings(Optional.empty(), "registry.trusted-keys=" + keys), MACHINE);
    }

    private static Settings settings(Optional<Path> file, String... assignments) {
        return Settings.load(new Sources(
                INSTALLATION,
                CALLER,
                file,
                Map.of("HOME", "/home/ana"),
                Arrays.stream(assignments).map(Assignment::parse).toList()));
    }
}
