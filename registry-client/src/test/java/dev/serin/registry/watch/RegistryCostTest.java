package dev.serin.registry.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import dev.serin.registry.Generations;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.InMemoryRegistry.Request;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.Publisher;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.signing.TestKey;
import dev.serin.registry.signing.TrustedKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a registry costs, as docs/operations.md says: the formula behind its tables, and a scanner that keeps to it. */
class RegistryCostTest {
    private static final Path ROOT = Path.of(System.getProperty("serin.basedir"));
    private static final Duration POLL = Duration.ofSeconds(10);
    private static final Duration FULL = Duration.ofMinutes(5);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration MONTH = Duration.ofDays(30);
    private static final int PAGE = 1000; // objects that S3 lists at once
    private static final int OBJECTS_OF_A_VERSION = 4;
    private static final int VERSIONS_OF_A_MODEL = 50;
    private static final double USD_OF_GET = 0.0004 / 1000;
    private static final double USD_OF_LIST_OR_PUT = 0.005 / 1000;

    private Instant now = Instant.parse("2026-11-22T10:00:00Z");
    private final InMemoryRegistry registry = new InMemoryRegistry(() -> now);

    /** What nothing but looking costs. */
    private record Usage(long gets, long lists) {
        static Usage of(int versions, Duration fullScan, Duration time) {
            long pages = Math.ceilDiv(objects(versions), PAGE);
            return new Usage(time.dividedBy(POLL), time.dividedBy(fullScan) * pages);
        }

        double usd() {
            return gets * USD_OF_GET + lists * USD_OF_LIST_OR_PUT;
        }
    }

    /** With the generation. */
    private static int objects(int versions) {
        return versions * OBJECTS_OF_A_VERSION + 1;
    }

    private static VersionId id(int number) {
        return VersionId.parse("model-%d/%d".formatted(number / VERSIONS_OF_A_MODEL, number % VERSIONS_OF_A_MODEL + 1));
    }

    private static byte[] manifest(VersionId id) {
        return Manifests.write(new Manifest(
                id,
                Instant.parse("2026-11-20T10:00:00Z"),
                List.of(new Artifact(ArtifactPath.MODEL, 9, new Digest("1".repeat(64)))),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode()));
    }

    private void hold(int versions) {
        IntStream.range(0, versions).mapToObj(RegistryCostTest::id).forEach(id -> {
            registry.put(id + "/model.onnx", "the model");
            registry.put(id + "/goldens.ndjson", "the goldens");
            registry.put(id + "/labels.txt", "the labels");
            registry.put(Layout.manifest(id), manifest(id));
        });
        Generations.touch(registry, new ModelName("model-0"));
        assertThat(registry.list("")).hasSize(objects(versions));
    }

    private RegistryScanner scanner() {
        return new RegistryScanner(registry, new RegistryScanner.Options(POLL, FULL, false), () -> now);
    }

    /** Of requests that were made while nothing changed; every listing is of all. */
    private static Usage usage(List<Request> requests, int objects) {
        long lists = count(requests, Operation.LIST);
        assertThat(requests)
                .filteredOn(request -> request.operation() == Operation.LIST)
                .allMatch(request -> request.key().isEmpty());
        assertThat(requests)
                .filteredOn(request -> request.operation() == Operation.GET)
                .allMatch(request -> request.key().equals(Layout.GENERATION));
        return new Usage(count(requests, Operation.GET), lists * Math.ceilDiv(objects, PAGE));
    }

    private static long count(List<Request> requests, Operation operation) {
        return requests.stream()
                .filter(request -> request.operation() == operation)
                .count();
    }

    @ParameterizedTest
    @CsvSource({"1, PT1H", "1000, PT1H", "10000, PT10M"}) // more take seconds to look through
    void aScannerMakesTheRequestsOfTheFormula(int versions, Duration time) {
        hold(versions);
        RegistryScanner scanner = scanner();
        scanner.poll();
        registry.takeRequests();

        for (long i = 0; i < time.dividedBy(POLL); i++) {
            now = now.plus(POLL);
            scanner.poll();
        }

        List<Request> requests = registry.takeRequests();
        assertThat(usage(requests, objects(versions))).isEqualTo(Usage.of(versions, FULL, time));
        assertThat(requests).hasSize((int) (time.dividedBy(POLL) + time.dividedBy(FULL)));
    }

    @Test
    void aPublishCostsWhatThePageSays(@TempDir Path folder) throws IOException {
        hold(1);
        RegistryScanner scanner = scanner();
        scanner.poll();
        registry.takeRequests();

        new Publisher(registry, () -> now).publish(request(folder));

        List<Request> ofPublisher = registry.takeRequests();
        now = now.plus(POLL);
        scanner.poll();
        List<Request> ofGateway = new ArrayList<>(registry.takeRequests());
        assertThat(ofGateway.removeFirst()).isEqualTo(new Request(Operation.GET, Layout.GENERATION)); // its poll
        assertThat(page())
                .contains(row("the publisher", ofPublisher))
                .contains(row("each gateway that sees it, beside its poll", ofGateway));
    }

    @Test
    void aSignedPublishCostsWhatThePageSays(@TempDir Path folder) throws IOException {
        hold(1);
        TestKey key = TestKey.generate("ana");
        Optional<TrustedKeys> keys = Optional.of(key.trusted(folder));
        RegistryScanner scanner =
                new RegistryScanner(registry, new RegistryScanner.Options(POLL, FULL, false, keys), () -> now);
        scanner.poll();
        registry.takeRequests();

        new Publisher(registry, () -> now, Optional.of(key.signing(folder))).publish(request(folder));

        List<Request> ofPublisher = registry.takeRequests();
        now = now.plus(POLL);
        scanner.poll();
        List<Request> ofGateway = new ArrayList<>(registry.takeRequests());
        assertThat(ofGateway.removeFirst()).isEqualTo(new Request(Operation.GET, Layout.GENERATION)); // its poll
        assertThat(page())
                .contains(row("the publisher, with `--signing-key`", ofPublisher))
                .contains(row("each gateway where signatures are required", ofGateway));
    }

    private static Publisher.Request request(Path folder) throws IOException {
        Map<ArtifactPath, Path> files = new TreeMap<>();
        for (String name : List.of("model.onnx", "goldens.ndjson", "labels.txt")) {
            files.put(new ArtifactPath(name), Files.writeString(folder.resolve(name), name));
        }
        return new Publisher.Request(
                VersionId.parse("iris/1"),
                new TreeMap<>(files),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode(),
                "ana");
    }

    private static String row(String who, List<Request> requests) {
        return Stream.of(Operation.GET, Operation.LIST, Operation.PUT, Operation.DELETE)
                .map(operation -> String.valueOf(count(requests, operation)))
                .collect(Collectors.joining(" | ", "| " + who + " | ", " |\n"));
    }

    @Test
    void thePageShowsTheFormulaAtTheDefaultsAndListedHourly() throws IOException {
        assertThat(Files.readString(ROOT.resolve("config/application.yaml")))
                .contains("\n  poll-interval: 10s\n", "\n  full-scan-interval: 5m\n");
        assertThat(page()).contains(table(FULL), table(HOUR));
    }

    private static String table(Duration fullScan) {
        String rows = IntStream.of(1, 1_000, 100_000)
                .mapToObj(versions -> {
                    Usage usage = Usage.of(versions, fullScan, MONTH);
                    return String.format(
                            Locale.ROOT,
                            "| %,d | %,d | %,d | %,d | %.2f |\n",
                            versions,
                            objects(versions),
                            usage.gets(),
                            usage.lists(),
                            usage.usd());
                })
                .collect(Collectors.joining());
        return "| versions | objects | `GET` | `LIST` | USD a month |\n|---:|---:|---:|---:|---:|\n" + rows + "\n";
    }

    private static String page() throws IOException {
        return Files.readString(ROOT.resolve("docs/operations.md"));
    }
}
