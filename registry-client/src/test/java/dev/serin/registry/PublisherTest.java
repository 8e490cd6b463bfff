package dev.serin.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.InMemoryRegistry.Request;
import dev.serin.registry.Publisher.Result;
import dev.serin.registry.RegisteredVersion.HandDropped;
import dev.serin.registry.RegisteredVersion.Published;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.format.Generation;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.format.PublishingMark;
import dev.serin.registry.signing.SigningKey;
import dev.serin.registry.signing.TestKey;
import dev.serin.registry.signing.TrustedKeys;
import dev.serin.registry.signing.Verdict;
import dev.serin.registry.store.LocalStore;
import dev.serin.registry.watch.RegistryScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublisherTest {
    private static final VersionId IRIS_3 = VersionId.parse("iris/3");
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-22T10:00:00.123456789Z"));

    @TempDir
    private Path folder;

    private final InMemoryRegistry registry = new InMemoryRegistry(CLOCK);
    private final Publisher publisher = new Publisher(registry, CLOCK);

    @BeforeEach
    void writeFiles() throws IOException {
        Files.writeString(folder.resolve("net.onnx"), "the model");
        Files.writeString(folder.resolve("labels.txt"), "setosa");
    }

    private Publisher.Request request(VersionId id) {
        return request(id, Map.of("model.onnx", "net.onnx", "labels/en.txt", "labels.txt"));
    }

    private Publisher.Request request(VersionId id, Map<String, String> files) {
        SortedMap<ArtifactPath, Path> paths = new TreeMap<>();
        files.forEach((path, file) -> paths.put(new ArtifactPath(path), folder.resolve(file)));
        return new Publisher.Request(
                id,
                paths,
                Optional.of(JsonNodeFactory.instance.objectNode().put("inputs", "opaque")),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode().put("author", "ana"),
                "ana@laptop");
    }

    private Result publish() {
        return publisher.publish(request(IRIS_3));
    }

    private void changeModel() {
        try {
            Files.writeString(folder.resolve("net.onnx"), "another model");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> keys() {
        return registry.list("").stream().map(RegistryObject::key).toList();
    }

    private Optional<String> read(String key) {
        return registry.read(key, 1 << 20).map(content -> new String(content.bytes(), UTF_8));
    }

    @Test
    void aVersionIsItsFilesAndAManifestOfThem() {
        Result result = publish();

        assertThat(result.alreadyThere()).isFalse();
        assertThat(keys())
                .containsExactly(
                        ".serin/generation", "iris/3/labels/en.txt", "iris/3/manifest.json", "iris/3/model.onnx");
        assertThat(read("iris/3/model.onnx")).hasValue("the model");
        assertThat(read("iris/3/labels/en.txt")).hasValue("setosa");
        Manifest manifest = Manifests.parse(
                IRIS_3,
                registry.read("iris/3/manifest.json", 1 << 20).orElseThrow().bytes());
        assertThat(manifest).isEqualTo(result.manifest());
        assertThat(manifest.createdAt()).isEqualTo(Instant.parse("2026-11-22T10:00:00.123Z"));
        assertThat(manifest.metadata().get("author").textValue()).isEqualTo("ana");
        assertThat(manifest.signature()).isPresent();
    }

    @Test
    void whatIsPublishedCanBeFetchedAndVerified() {
        Result result = publish();

        var stored =
                LocalStore.open(folder.resolve("store")).fetch(registry, result.manifest(), LocalStore.Progress.NONE);

        assertThat(stored.directory().resolve("model.onnx")).hasContent("the model");
    }

    @Test
    void theMarkIsFirstAndTheManifestLast() {
        publish();

        assertThat(registry.takeRequests().stream()
                        .filter(request ->
                                request.operation() != Operation.GET && request.operation() != Operation.LIST)
                        .toList())
                .containsExactly(
                        new Request(Operation.PUT, "iris/3/.publishing"),
                        new Request(Operation.PUT, "iris/3/labels/en.txt"),
                        new Request(Operation.PUT, "iris/3/model.onnx"),
                        new Request(Operation.PUT, "iris/3/manifest.json"),
                        new Request(Operation.DELETE, "iris/3/.publishing"),
                        new Request(Operation.PUT, ".serin/generation"));
    }

    @Test
    void theMarkSaysWhoPublishesWhatSinceWhen() {
        registry.failWith((operation, key) -> {
            if (operation == Operation.PUT && key.endsWith("model.onnx")) {
                throw new RegistryException("out of reach");
            }
        });
        assertThatExceptionOfType(RegistryException.class).isThrownBy(this::publish);
        registry.failWith((_, _) -> {});

        PublishingMark mark = PublishingMark.parse(
                IRIS_3,
                registry.read("iris/3/.publishing", 1 << 20).orElseThrow().bytes());
        assertThat(mark.by()).isEqualTo("ana@laptop");
        assertThat(mark.startedAt()).isEqualTo(Instant.parse("2026-11-22T10:00:00.123Z"));
        assertThat(mark.files())
                .map(Artifact::path)
                .map(ArtifactPath::value)
                .containsExactly("labels/en.txt", "model.onnx");
        assertThat(PublishingMark.parse(IRIS_3, mark.write())).isEqualTo(mark);
    }

    @Test
    void readersAreTold() {
        publish();
        publisher.publish(request(VersionId.parse("fraud/1")));

        Generation generation = Generation.parse(
                registry.read(Layout.GENERATION, 1 << 20).orElseThrow().bytes());
        assertThat(generation.recent())
                .map(Generation.Change::model)
                .containsExactly(new ModelName("fraud"), new ModelName("iris"));
        assertThat(generation.id()).isEqualTo(generation.recent().getFirst().id());
    }

    @Test
    void aVersionIsPublishedEvenIfReadersCannotBeTold() {
        registry.failWith((_, key) -> {
            if (key.equals(Layout.GENERATION)) {
                throw new RegistryException("out of reach");
            }
        });

        assertThat(publish().alreadyThere()).isFalse();
        assertThat(keys()).contains("iris/3/manifest.json").doesNotContain("iris/3/.publishing");
    }

    @Test
    void publishingTheSameFilesAgainWritesNothing() {
        Result first = publish();
        registry.takeRequests();

        Result second = publish();

        assertThat(second).isEqualTo(new Result(first.manifest(), true));
        assertThat(registry.takeRequests()).map(Request::operation).containsOnly(Operation.GET, Operation.LIST);
    }

    @Test
    void aVersionNeverChanges() {
        Result first = publish();
        publisher.publish(request(VersionId.parse("iris/4")));
        changeModel();

        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(this::publish)
                .withMessage(
                        "iris/3 exists already with other content (sha256 %s…); a version never changes: register"
                                + " iris/5",
                        first.manifest().versionDigest().abbreviated());
        assertThat(read("iris/3/model.onnx")).hasValue("the model");
        assertThat(keys()).doesNotContain("iris/3/.publishing");
    }

    @Test
    void aVersionThatIsNoNumberHasNoNext() {
        publisher.publish(request(VersionId.parse("iris/main")));
        changeModel();

        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> publisher.publish(request(VersionId.parse("iris/main"))))
                .withMessageEndingWith("a version never changes: register it as another version");
    }

    @Test
    void aManifestThatCannotBeReadIsNotOverwritten() {
        registry.put("iris/3/manifest.json", "{}");

        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(this::publish)
                .withMessage("iris/3 exists already, and cannot be read: iris/3/manifest.json: format is missing; "
                        + "register iris/4");
        assertThat(keys()).containsExactly("iris/3/manifest.json");
    }

    @Test
    void anAliasOfThatNameIsInTheWay() {
        registry.put("iris/model.json", "{\"aliases\": {\"main\": \"2\"}}");

        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> publisher.publish(request(VersionId.parse("iris/main"))))
                .withMessage("iris/main cannot be published: 'main' is an alias of iris, for version 2; "
                        + "take another name");
        assertThat(keys()).containsExactly("iris/model.json");
    }

    @Test
    void anotherPublisherOfOtherContentIsNamed() {
        registry.failWith((operation, key) -> {
            if (operation == Operation.PUT && key.endsWith("model.onnx")) {
                throw new RegistryException("out of reach");
            }
        });
        assertThatExceptionOfType(RegistryException.class).isThrownBy(this::publish);
        registry.failWith((_, _) -> {});
        registry.delete("iris/3/labels/en.txt");
        changeModel();

        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(this::publish)
                .withMessage("iris/3 is being published with other content by ana@laptop since "
                        + "2026-11-22T10:00:00.123Z; if that has died, delete iris/3/, or register iris/4");
    }

    @Test
    void aMarkThatNobodyCanReadIsRespected() {
        registry.put("iris/3/.publishing", "by hand");

        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(this::publish)
                .withMessageStartingWith("iris/3 is marked as being published, but iris/3/.publishing cannot be read")
                .withMessageEndingWith("; if nobody is, delete it, or register iris/4");
        assertThat(keys()).containsExactly("iris/3/.publishing");
    }

    @Test
    void filesThatWereUploadedAlreadyAreNotUploadedAgain() {
        registry.failWith((operation, key) -> {
            if (operation == Operation.PUT && key.endsWith("model.onnx")) {
                throw new RegistryException("out of reach");
            }
        });
        assertThatExceptionOfType(RegistryException.class).isThrownBy(this::publish);
        registry.failWith((_, _) -> {});
        registry.takeRequests();

        assertThat(publish().alreadyThere()).isFalse();

        assertThat(registry.takeRequests())
                .doesNotContain(new Request(Operation.PUT, "iris/3/labels/en.txt"))
                .contains(new Request(Operation.PUT, "iris/3/model.onnx"));
        assertThat(keys()).contains("iris/3/manifest.json").doesNotContain("iris/3/.publishing");
    }

    @Test
    void filesThatWereUploadedWrongAreUploadedAgain() {
        registry.failWith((operation, key) -> {
            if (operation == Operation.PUT && key.endsWith("model.onnx")) {
                throw new RegistryException("out of reach");
            }
        });
        assertThatExceptionOfType(RegistryException.class).isThrownBy(this::publish);
        registry.failWith((_, _) -> {});
        registry.put("iris/3/labels/en.txt", "SETOSA");

        publish();

        assertThat(read("iris/3/labels/en.txt")).hasValue("setosa");
    }

    @Test
    void filesCopiedInByHandArePublishedWhereTheyLie() {
        registry.put("iris/3/model.onnx", "the model");
        registry.put("iris/3/.DS_Store", "x");
        registry.takeRequests();

        assertThat(publish().alreadyThere()).isFalse();

        assertThat(registry.takeRequests()).doesNotContain(new Request(Operation.PUT, "iris/3/model.onnx"));
        assertThat(keys()).contains("iris/3/labels/en.txt", "iris/3/manifest.json");
    }

    @Test
    void filesCopiedInByHandAreNeitherOverwrittenNorAdopted() {
        registry.put("iris/3/model.onnx", "the m0del");
        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(this::publish)
                .withMessage("iris/3 holds another model.onnx already, which nobody published; remove it, or "
                        + "register iris/4");

        registry.put("iris/3/model.onnx", "the model");
        registry.put("iris/3/weights.bin", "x");
        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(this::publish)
                .withMessage("iris/3 holds a file weights.bin already, which nobody published; remove it, or "
                        + "register iris/4");
        assertThat(keys()).containsExactly("iris/3/model.onnx", "iris/3/weights.bin");
    }

    @Test
    void aLocalFileThatCannotBeReadIsNamed() {
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> publisher.publish(request(IRIS_3, Map.of("model.onnx", "missing.onnx"))))
                .withMessage("Cannot read %s: there is no such file or directory", folder.resolve("missing.onnx"));
        assertThat(keys()).isEmpty();
    }

    @Test
    void aVersionNeedsAModel() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> request(IRIS_3, Map.of("net.onnx", "net.onnx")))
                .withMessage("iris/3 needs a file for 'model.onnx', got [net.onnx]");
    }

    @Test
    void aManifestThatWouldBeTooLargeStopsBeforeAnythingIsWritten() {
        Publisher.Request request = request(IRIS_3);
        request.metadata().put("note", "x".repeat(1 << 20));

        assertThatIllegalArgumentException().isThrownBy(() -> publisher.publish(request));
        assertThat(keys()).isEmpty();
    }

    @Test
    void aFileThatChangesWhileItIsPublishedIsNotPublished() {
        registry.failWith((operation, key) -> {
            if (operation == Operation.PUT && key.endsWith("model.onnx")) {
                changeModel();
            }
        });

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(this::publish)
                .withMessageContaining("changed while it was being published");
        assertThat(keys()).doesNotContain("iris/3/manifest.json");
    }

    @Test
    void whoFindsThatTheSameWasPublishedMeanwhileIsContent() {
        Publisher faster = new Publisher(registry, CLOCK);
        registry.failWith((operation, key) -> {
            if (operation == Operation.PUT && key.endsWith("manifest.json")) {
                registry.failWith((_, _) -> {});
                faster.publish(request(IRIS_3));
            }
        });

        assertThat(publish().alreadyThere()).isTrue();
        assertThat(keys()).doesNotContain("iris/3/.publishing");
    }

    @Test
    void whoFindsThatAnotherWasPublishedMeanwhileLeavesNoMark() throws IOException {
        Publisher faster = new Publisher(registry, CLOCK);
        Files.writeString(folder.resolve("other.onnx"), "another model");
        registry.failWith((operation, key) -> {
            if (operation == Operation.PUT && key.endsWith(".publishing")) {
                registry.failWith((_, _) -> {});
                faster.publish(request(IRIS_3, Map.of("model.onnx", "other.onnx")));
            }
        });

        assertThatExceptionOfType(ConflictException.class).isThrownBy(this::publish);
        assertThat(keys()).containsExactly(".serin/generation", "iris/3/manifest.json", "iris/3/model.onnx");
        assertThat(read("iris/3/model.onnx")).hasValue("another model");
    }

    @RepeatedTest(20)
    void ofManyPublishersOfDifferentContentExactlyOneWins() throws Exception {
        for (int i = 0; i < 4; i++) {
            Files.writeString(folder.resolve("net-" + i), "model " + i);
        }

        List<Optional<Manifest>> published = Concurrently.call(4, i -> () -> {
            try {
                return Optional.of(publisher
                        .publish(request(IRIS_3, Map.of("model.onnx", "net-" + i)))
                        .manifest());
            } catch (ConflictException _) {
                return Optional.empty();
            }
        });

        assertThat(published).filteredOn(Optional::isPresent).hasSize(1);
        int winner = IntStream.range(0, 4)
                .filter(i -> published.get(i).isPresent())
                .findFirst()
                .orElseThrow();
        assertThat(read("iris/3/model.onnx")).hasValue("model " + winner);
        LocalStore.open(folder.resolve("store"))
                .fetch(registry, published.get(winner).orElseThrow(), LocalStore.Progress.NONE);
    }

    @Test
    void killedAtAnyMomentItLeavesNothingThatIsServedAndGoesOnWhereItWas() {
        int operations = operationsOfOnePublication(Optional.empty());
        assertThat(operations).isGreaterThan(8);

        for (int n = 0; n < operations; n++) {
            InMemoryRegistry crashed = new InMemoryRegistry(CLOCK);
            killAfter(crashed, n);
            boolean killed = publishUntilKilled(new Publisher(crashed, CLOCK));
            crashed.failWith((_, _) -> {});

            assertThat(killed).as("killed after %d operations", n).isTrue();
            assertThatNothingIsServedUnlessItIsWhole(crashed);
            assertThat(new Publisher(crashed, CLOCK)
                            .publish(request(IRIS_3))
                            .manifest()
                            .files())
                    .hasSize(2);
            assertThat(crashed.list("iris/"))
                    .map(RegistryObject::key)
                    .containsExactly("iris/3/labels/en.txt", "iris/3/manifest.json", "iris/3/model.onnx");
        }
    }

    private int operationsOfOnePublication(Optional<Publisher.Signer> signer) {
        InMemoryRegistry counting = new InMemoryRegistry(CLOCK);
        new Publisher(counting, CLOCK, signer).publish(request(IRIS_3));
        return counting.takeRequests().size();
    }

    /** To the registry, dying in the middle of a request is dying before it or before the next. */
    private static void killAfter(InMemoryRegistry registry, int operations) {
        int[] left = {operations};
        registry.failWith((_, _) -> {
            if (left[0]-- == 0) {
                throw new KillError();
            }
        });
    }

    private boolean publishUntilKilled(Publisher publishing) {
        try {
            publishing.publish(request(IRIS_3));
            return false;
        } catch (KillError _) {
            return true;
        }
    }

    @Nested
    class Signed {
        private static final TestKey ANA = TestKey.generate("ana");

        private final SigningKey signer;
        private final TrustedKeys keys;
        private final Publisher signing;

        Signed(@TempDir Path keyFolder) throws IOException {
            signer = ANA.signing(keyFolder);
            keys = ANA.trusted(keyFolder);
            signing = new Publisher(registry, CLOCK, Optional.of(signer));
        }

        private Verdict verdict(InMemoryRegistry of) {
            return keys.judge(
                    IRIS_3,
                    of.read("iris/3/manifest.json", 1 << 20).orElseThrow().bytes(),
                    of.read("iris/3/manifest.json.sig", 1 << 20).map(Registry.Content::bytes));
        }

        private void assertSigned(InMemoryRegistry in) {
            assertThat(verdict(in)).isEqualTo(new Verdict.Signed(new KeyName("ana")));
        }

        @Test
        void theSignatureIsWrittenJustBeforeTheManifest() {
            signing.publish(request(IRIS_3));

            assertThat(registry.takeRequests().stream()
                            .filter(request -> request.operation() == Operation.PUT)
                            .map(Request::key))
                    .containsSubsequence(
                            "iris/3/model.onnx",
                            "iris/3/manifest.json.sig",
                            "iris/3/manifest.json",
                            ".serin/generation");
            assertSigned(registry);
        }

        @Test
        void killedAtAnyMomentItIsCompletedByAnotherOneWithTheKey() {
            int operations = operationsOfOnePublication(Optional.of(signer));
            for (int n = 0; n < operations; n++) {
                InMemoryRegistry crashed = new InMemoryRegistry(CLOCK);
                killAfter(crashed, n);
                assertThat(publishUntilKilled(new Publisher(crashed, CLOCK, Optional.of(signer))))
                        .isTrue();
                crashed.failWith((_, _) -> {});
                assertThatNothingIsServedUnlessItIsWhole(crashed);
                InstantSource later = InstantSource.fixed(CLOCK.instant().plusSeconds(60));

                new Publisher(crashed, later, Optional.of(signer)).publish(request(IRIS_3));

                assertSigned(crashed);
                assertThat(crashed.list("iris/"))
                        .as("killed after %d operations", n)
                        .map(RegistryObject::key)
                        .containsExactly(
                                "iris/3/labels/en.txt",
                                "iris/3/manifest.json",
                                "iris/3/manifest.json.sig",
                                "iris/3/model.onnx");
            }
        }

        @Test
        void theSignatureOfAnotherPublisherOfTheSameIsPutRight() {
            registry.failWith((operation, key) -> {
                if (operation == Operation.PUT && key.equals("iris/3/manifest.json")) {
                    registry.failWith((_, _) -> {});
                    registry.put("iris/3/manifest.json.sig", signer.sign(new byte[] {1})); // over his own manifest
                }
            });

            signing.publish(request(IRIS_3));

            assertSigned(registry);
        }

        @Test
        void whoeverLosesTheRaceSignsTheManifestThatIsThere() {
            registry.failWith((operation, key) -> {
                if (operation == Operation.PUT && key.equals("iris/3/manifest.json")) {
                    registry.failWith((_, _) -> {});
                    InstantSource earlier = InstantSource.fixed(CLOCK.instant().minusSeconds(60));
                    new Publisher(registry, earlier).publish(request(IRIS_3)); // without a key
                }
            });

            Result result = signing.publish(request(IRIS_3));

            assertThat(result.alreadyThere()).isTrue();
            assertSigned(registry);
        }

        @Test
        void whatWasPublishedWithoutIsSignedWhenItIsPublishedAgainAndGatewaysAreTold() {
            publish();
            registry.takeRequests();

            assertThat(signing.publish(request(IRIS_3)).alreadyThere()).isTrue();
            assertSigned(registry);
            assertThat(registry.takeRequests().stream()
                            .filter(request -> request.operation() == Operation.PUT)
                            .map(Request::key))
                    .containsExactly("iris/3/manifest.json.sig", ".serin/generation");

            signing.publish(request(IRIS_3));
            assertThat(registry.takeRequests()).noneMatch(request -> request.operation() == Operation.PUT);
        }

        @Test
        void aManifestThatSaysOtherThingsOfTheSameFilesIsNotSigned() {
            Publisher.Request same = request(IRIS_3);
            publisher.publish(new Publisher.Request(
                    IRIS_3,
                    same.files(),
                    same.signature(),
                    Optional.of(JsonNodeFactory.instance.objectNode().put("label", "wrong.txt")),
                    Optional.empty(),
                    same.metadata(),
                    "eve"));

            assertThatExceptionOfType(ConflictException.class)
                    .isThrownBy(() -> signing.publish(same))
                    .withMessage("iris/3 exists already with the same files and another manifest (signature, labels or "
                            + "metadata), which 'ana' has not signed: register iris/4");
            assertThat(PublisherTest.this.keys()).doesNotContain("iris/3/manifest.json.sig");
        }

        @Test
        void aPublisherWithoutKeyLeavesNoSignatureOfAnotherManifest() {
            registry.put("iris/3/manifest.json.sig", signer.sign(new byte[] {1}));

            publish();

            assertThat(PublisherTest.this.keys()).doesNotContain("iris/3/manifest.json.sig");
        }
    }

    private void assertThatNothingIsServedUnlessItIsWhole(InMemoryRegistry crashed) {
        Instant[] now = {CLOCK.instant()};
        RegistryScanner scanner = new RegistryScanner(
                crashed,
                new RegistryScanner.Options(Duration.ofSeconds(10), Duration.ofSeconds(10), false),
                () -> now[0]);
        for (int look = 0; look < 3; look++) {
            now[0] = now[0].plusSeconds(10);
            for (RegisteredModel model : scanner.poll().models().values()) {
                for (RegisteredVersion version : model.versions()) {
                    assertThat(version).isNotInstanceOf(HandDropped.class);
                    if (version instanceof Published(Manifest manifest)) {
                        LocalStore.open(folder.resolve("store")).fetch(crashed, manifest, LocalStore.Progress.NONE);
                    }
                }
            }
        }
    }

    private static final class KillError extends Error {
        private static final long serialVersionUID = 1;
    }
}
