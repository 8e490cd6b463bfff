package dev.serin.registry.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.AliasName;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import dev.serin.registry.Generations;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.InMemoryRegistry.Request;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.RegisteredVersion.BeingPublished;
import dev.serin.registry.RegisteredVersion.HandDropped;
import dev.serin.registry.RegisteredVersion.Published;
import dev.serin.registry.RegisteredVersion.Unusable;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.Manifests;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryScannerTest {
    private static final Duration POLL = Duration.ofSeconds(10);
    private static final Duration FULL = Duration.ofMinutes(5);
    private static final ModelName IRIS = new ModelName("iris");
    private static final ModelName FRAUD = new ModelName("fraud");

    private Instant now = Instant.parse("2026-11-22T10:00:00Z");
    private final InMemoryRegistry registry = new InMemoryRegistry(() -> now);
    private final RegistryScanner scanner = scanner(false);

    private RegistryScanner scanner(boolean requireManifest) {
        return new RegistryScanner(registry, new RegistryScanner.Options(POLL, FULL, requireManifest), () -> now);
    }

    private RegistrySnapshot pollAfter(Duration time) {
        now = now.plus(time);
        return scanner.poll();
    }

    private static Manifest manifest(String id) {
        return new Manifest(
                VersionId.parse(id),
                Instant.parse("2026-11-20T10:00:00Z"),
                List.of(new Artifact(ArtifactPath.MODEL, 9, new Digest("1".repeat(64)))),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode());
    }

    /** As our publisher leaves it, but for the generation. */
    private void publish(String id) {
        registry.put(id + "/model.onnx", "the model");
        registry.put(id + "/manifest.json", Manifests.write(manifest(id)));
    }

    private static List<String> versions(RegistrySnapshot snapshot, ModelName model) {
        return Optional.ofNullable(snapshot.models().get(model)).stream()
                .flatMap(found -> found.versions().stream())
                .map(version ->
                        version.id().version() + " " + version.getClass().getSimpleName())
                .toList();
    }

    private static RegisteredVersion only(RegistrySnapshot snapshot) {
        assertThat(snapshot.models()).hasSize(1);
        List<RegisteredVersion> versions =
                snapshot.models().firstEntry().getValue().versions();
        assertThat(versions).hasSize(1);
        return versions.getFirst();
    }

    private static RegisteredModel model(RegistrySnapshot snapshot, ModelName name) {
        return Optional.ofNullable(snapshot.models().get(name)).orElseThrow();
    }

    @Test
    void anEmptyRegistryHasNoModels() {
        RegistrySnapshot snapshot = scanner.poll();

        assertThat(snapshot.models()).isEmpty();
        assertThat(snapshot.ignored()).isEmpty();
        assertThat(snapshot.takenAt()).isEqualTo(now);
    }

    @Nested
    class PublishedVersions {
        @Test
        void aManifestPublishesAVersion() {
            publish("iris/2");

            assertThat(only(scanner.poll())).isEqualTo(new Published(manifest("iris/2")));
        }

        @Test
        void versionsAreInTheirOrder() {
            for (String version : List.of("10", "9", "1.4.0", "1.4.0-rc1", "v1")) {
                publish("iris/" + version);
            }

            assertThat(model(scanner.poll(), IRIS).versions()).hasSize(5).isSortedAccordingTo(RegisteredVersion.ORDER);
        }

        @Test
        void aManifestBeforeItsFilesIsAPublishedVersionAllTheSame() {
            registry.put("iris/2/manifest.json", Manifests.write(manifest("iris/2")));

            assertThat(only(scanner.poll())).isInstanceOf(Published.class);
        }

        @Test
        void aManifestThatCannotBeReadMakesTheVersionUnusable() {
            publish("iris/2");
            registry.put("iris/2/manifest.json", "{ \"format\": 2 }");

            assertThat(only(scanner.poll()))
                    .isEqualTo(new Unusable(
                            VersionId.parse("iris/2"),
                            now,
                            "iris/2/manifest.json: format must be 1, which this build reads, got 2"));
        }

        @Test
        void aManifestOfAnotherFolderMakesTheVersionUnusable() {
            registry.put("iris/3/manifest.json", Manifests.write(manifest("iris/2")));

            assertThat(only(scanner.poll()))
                    .isInstanceOfSatisfying(
                            Unusable.class,
                            version -> assertThat(version.reason())
                                    .endsWith("version must be '3', as the folder it lies in, got '2'"));
        }

        @Test
        void aManifestThatIsTooLargeMakesTheVersionUnusable() {
            registry.put("iris/2/manifest.json", new byte[(1 << 20) + 1]);

            assertThat(only(scanner.poll())).isInstanceOf(Unusable.class);
        }

        @Test
        void aManifestIsReadOnceThroughAllListings() {
            publish("iris/2");
            registry.put("iris/3/manifest.json", "broken");
            scanner.poll();
            registry.takeRequests();

            pollAfter(FULL);
            pollAfter(FULL);

            assertThat(registry.takeRequests())
                    .containsOnly(new Request(Operation.GET, Layout.GENERATION), new Request(Operation.LIST, ""));
        }

        @Test
        void aManifestThatWasMendedIsReadAgain() {
            registry.put("iris/2/manifest.json", "broken");
            assertThat(only(scanner.poll())).isInstanceOf(Unusable.class);

            publish("iris/2");

            assertThat(only(pollAfter(FULL))).isInstanceOf(Published.class);
        }
    }

    @Nested
    class ArtifactsOfPublishedVersions {
        private Map<ModelVersion, String> damagedAfter(Duration time) {
            return model(pollAfter(time), IRIS).damaged();
        }

        @BeforeEach
        void firstLook() {
            publish("iris/2");
            assertThat(damagedAfter(POLL)).isEmpty();
        }

        @Test
        void oneThatIsWrittenOverIsNoticedAlsoWhenItsSizeIsTheSame() {
            registry.put("iris/2/model.onnx", "the_model");
            assertThat(damagedAfter(FULL))
                    .containsExactly(
                            Map.entry(new ModelVersion("2"), "model.onnx was written again after it was published"));

            registry.put("iris/2/model.onnx", "something else");
            assertThat(damagedAfter(FULL)).containsValue("model.onnx has 14 bytes, its manifest says 9");
        }

        @Test
        void oneThatIsMissingIsNoticedAndSoIsItsReturn() {
            registry.delete("iris/2/model.onnx");
            RegistrySnapshot without = pollAfter(FULL);
            assertThat(model(without, IRIS).damaged()).containsValue("model.onnx is not there");
            assertThat(pollAfter(FULL)).isSameAs(without);

            registry.put("iris/3/manifest.json", Manifests.write(manifest("iris/3"))); // before its files
            assertThat(damagedAfter(FULL)).containsOnlyKeys(new ModelVersion("2"), new ModelVersion("3"));

            registry.put("iris/3/model.onnx", "the model");
            assertThat(damagedAfter(FULL)).containsOnlyKeys(new ModelVersion("2"));
        }

        @Test
        void anOldListingThatLacksTheManifestTooSaysNothingOfThem() {
            registry.listOnly(key -> !key.startsWith("iris/2/"));

            assertThat(damagedAfter(FULL)).isEmpty();
        }

        @Test
        void aVersionThatIsPublishedAgainBeginsAnew() {
            registry.put("iris/2/model.onnx", "other one");
            registry.put(
                    "iris/2/manifest.json",
                    Manifests.write(new Manifest(
                            VersionId.parse("iris/2"),
                            Instant.parse("2026-11-21T10:00:00Z"),
                            List.of(new Artifact(ArtifactPath.MODEL, 9, new Digest("2".repeat(64)))),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            JsonNodeFactory.instance.objectNode())));

            assertThat(damagedAfter(FULL)).isEmpty();
        }
    }

    @Nested
    class VersionsCopiedInByHand {
        @Test
        void twoEqualLooksAPollApartSettleAVersion() {
            registry.put("iris/2/labels.txt", "setosa");
            registry.put("iris/2/model.onnx", "the model");

            assertThat(only(scanner.poll())).isInstanceOfSatisfying(HandDropped.class, version -> {
                assertThat(version.settled()).isFalse();
                assertThat(version.createdAt()).isEqualTo(now);
                assertThat(version.files())
                        .map(RegistryObject::key)
                        .containsExactly("iris/2/labels.txt", "iris/2/model.onnx");
            });
            assertThat(only(pollAfter(POLL)))
                    .isInstanceOfSatisfying(
                            HandDropped.class,
                            version -> assertThat(version.settled()).isTrue());
        }

        @Test
        void twoLooksAtOnceDoNot() {
            registry.put("iris/2/model.onnx", "the model");
            scanner.poll();

            assertThat(only(pollAfter(POLL.minusMillis(1))))
                    .isInstanceOfSatisfying(
                            HandDropped.class,
                            version -> assertThat(version.settled()).isFalse());
        }

        @ParameterizedTest
        @ValueSource(strings = {"iris/2/model.onnx", "iris/2/weights.bin", "iris/2/.model.onnx.part"})
        void aCopyThatGoesOnKeepsItUnsettled(String key) {
            registry.put("iris/2/model.onnx", "the");
            scanner.poll();
            registry.put(key, "the model");

            assertThat(only(pollAfter(POLL)))
                    .isInstanceOfSatisfying(
                            HandDropped.class,
                            version -> assertThat(version.settled()).isFalse());
            assertThat(only(pollAfter(POLL)))
                    .isInstanceOfSatisfying(
                            HandDropped.class,
                            version -> assertThat(version.settled()).isTrue());
        }

        @Test
        void onlyTheModelOfACandidateIsListedAgain() {
            publish("fraud/1");
            registry.put("iris/2/model.onnx", "the model");
            scanner.poll();
            registry.takeRequests();

            pollAfter(POLL);
            assertThat(registry.takeRequests())
                    .containsExactly(
                            new Request(Operation.GET, Layout.GENERATION), new Request(Operation.LIST, "iris/"));

            pollAfter(POLL);
            assertThat(registry.takeRequests()).containsExactly(new Request(Operation.GET, Layout.GENERATION));
        }

        @Test
        void aManifestThatComesLaterDecides() {
            registry.put("iris/2/model.onnx", "the model");
            scanner.poll();
            pollAfter(POLL);

            publish("iris/2");

            assertThat(only(pollAfter(FULL))).isInstanceOf(Published.class);
        }

        @Test
        void aVersionThatIsOverwrittenIsUnsettledAgain() {
            registry.put("iris/2/model.onnx", "the model");
            scanner.poll();
            pollAfter(POLL);

            registry.put("iris/2/model.onnx", "the other");

            assertThat(only(pollAfter(FULL)))
                    .isInstanceOfSatisfying(
                            HandDropped.class,
                            version -> assertThat(version.settled()).isFalse());
        }

        @Test
        void itsAgeIsThatOfItsNewestFile() {
            registry.put("iris/main/model.onnx", "the model");
            now = now.plusSeconds(60);
            registry.put("iris/main/labels.txt", "setosa");

            assertThat(only(scanner.poll()).createdAt()).isEqualTo(now);
        }

        @Test
        void hiddenFilesAndMarkersOfFoldersAreNoArtifacts() {
            for (String name : List.of("model.onnx", ".DS_Store", "labels/.x", "", "labels/", "manifest.json.sig/")) {
                registry.put("iris/2/" + name, "x");
            }

            RegistrySnapshot snapshot = scanner.poll();

            assertThat(only(snapshot))
                    .isInstanceOfSatisfying(
                            HandDropped.class,
                            version -> assertThat(version.files())
                                    .map(RegistryObject::key)
                                    .containsExactly("iris/2/model.onnx"));
            assertThat(snapshot.ignored()).isEmpty();
        }

        @Test
        void filesThatCannotBeArtifactsAreIgnoredAndNamed() {
            registry.put("iris/2/model.onnx", "x");
            registry.put("iris/2/my notes.txt", "x");

            RegistrySnapshot snapshot = scanner.poll();

            assertThat(only(snapshot)).isInstanceOf(HandDropped.class);
            assertThat(snapshot.ignored()).singleElement().asString().contains("iris/2", "'my notes.txt'");
        }

        @Test
        void aFolderWithoutModelIsNoVersion() {
            registry.put("iris/2/weights.bin", "x");
            registry.put("iris/train.py", "x");
            registry.put("iris/src/deep/model.onnx", "x");
            registry.put("README.md", "x");
            registry.put("docs/guide/index.md", "x");

            RegistrySnapshot snapshot = scanner.poll();

            assertThat(snapshot.models()).isEmpty();
            assertThat(snapshot.ignored()).isEmpty();
        }

        @Test
        void aFolderWithTooManyFilesIsUnusable() {
            registry.put("iris/2/model.onnx", "x");
            for (int i = 0; i < 1_000; i++) {
                registry.put("iris/2/w" + i, "x");
            }

            assertThat(only(scanner.poll()))
                    .isEqualTo(new Unusable(
                            VersionId.parse("iris/2"), now, "it has 1001 files, more than the 1000 allowed"));
        }

        @Test
        void whereManifestsAreRequiredItIsLeftOutAndNamed() {
            publish("iris/1");
            registry.put("iris/2/model.onnx", "x");

            RegistrySnapshot snapshot = scanner(true).poll();

            assertThat(versions(snapshot, IRIS)).containsExactly("1 Published");
            assertThat(snapshot.ignored())
                    .containsExactly("iris/2 is ignored: it has no manifest, which every version must have here");
        }
    }

    @Nested
    class VersionsBeingPublished {
        @Test
        void aMarkWithoutManifestIsNeverServedHoweverLongItLiesThere() {
            registry.put("iris/2/.publishing", "{}");
            registry.put("iris/2/model.onnx", "the model");
            BeingPublished expected = new BeingPublished(VersionId.parse("iris/2"), now);

            assertThat(only(scanner.poll())).isEqualTo(expected);
            for (int i = 0; i < 10; i++) {
                assertThat(only(pollAfter(FULL))).isEqualTo(expected);
            }
        }

        @Test
        void aMarkBesideAManifestSaysNothing() {
            registry.put("iris/2/.publishing", "{}");
            publish("iris/2");

            assertThat(only(scanner.poll())).isInstanceOf(Published.class);
        }
    }

    @Nested
    class Policies {
        @Test
        void thePolicyComesWithItsModel() {
            publish("iris/1");
            registry.put("iris/model.json", "{\"aliases\": {\"stable\": \"1\"}}");

            RegisteredModel model = model(scanner.poll(), IRIS);

            assertThat(model.policy().aliases()).containsEntry(new AliasName("stable"), new ModelVersion("1"));
            assertThat(model.policyProblem()).isEmpty();
        }

        @Test
        void aBrokenPolicyLeavesTheLastGoodOneInForce() {
            publish("iris/1");
            registry.put("iris/model.json", "{\"aliases\": {\"stable\": \"1\"}}");
            scanner.poll();

            registry.put("iris/model.json", "{\"aliases\": {\"stable\": 2}}");
            RegisteredModel model = model(pollAfter(FULL), IRIS);

            assertThat(model.policy().aliases()).containsEntry(new AliasName("stable"), new ModelVersion("1"));
            assertThat(model.policyProblem()).hasValue("iris/model.json: aliases.stable must be a string, got 2");

            registry.put("iris/model.json", "{\"aliases\": {\"stable\": \"2\"}}");
            RegisteredModel mended = model(pollAfter(FULL), IRIS);

            assertThat(mended.policy().aliases()).containsEntry(new AliasName("stable"), new ModelVersion("2"));
            assertThat(mended.policyProblem()).isEmpty();
        }

        @Test
        void aPolicyThatWasBrokenFromTheStartIsNone() {
            publish("iris/1");
            registry.put("iris/model.json", new byte[(1 << 20) + 1]);

            RegisteredModel model = model(scanner.poll(), IRIS);

            assertThat(model.policy()).isEqualTo(ModelPolicy.NONE);
            assertThat(model.policyProblem()).isPresent();
        }

        @Test
        void aPolicyThatWasDeletedIsNone() {
            publish("iris/1");
            registry.put("iris/model.json", "{\"aliases\": {\"stable\": \"1\"}}");
            scanner.poll();

            registry.delete("iris/model.json");

            assertThat(model(pollAfter(FULL), IRIS).policy()).isEqualTo(ModelPolicy.NONE);
        }

        @Test
        void aPolicyIsReadOnceWhileItDoesNotChange() {
            publish("iris/1");
            registry.put("iris/model.json", "{}");
            scanner.poll();
            registry.takeRequests();

            pollAfter(FULL);

            assertThat(registry.takeRequests()).doesNotContain(new Request(Operation.GET, "iris/model.json"));
        }

        @Test
        void aModelMayHaveAPolicyBeforeItsFirstVersion() {
            registry.put("iris/model.json", "{}");

            assertThat(model(scanner.poll(), IRIS).versions()).isEmpty();
        }

        @Test
        void aVersionWithTheNameOfAnAliasIsUnusable() {
            publish("iris/1");
            publish("iris/best");
            registry.put("iris/model.json", "{\"aliases\": {\"best\": \"1\"}}");

            RegisteredModel model = model(scanner.poll(), IRIS);

            assertThat(model.versions().getFirst())
                    .isEqualTo(new Unusable(
                            VersionId.parse("iris/best"),
                            manifest("iris/best").createdAt(),
                            "its name is an alias of iris"));
            assertThat(model.versions().getLast()).isInstanceOf(Published.class);
        }
    }

    @Nested
    class Junk {
        @Test
        void namesThatAreNoneAreIgnoredAndNamed() {
            publish("iris/1");
            for (String key : List.of(
                    "my model/1/model.onnx",
                    "iris/predict/model.onnx",
                    "iris/a b/manifest.json",
                    "a//model.onnx",
                    "-x/1/.publishing")) {
                registry.put(key, "x");
            }

            RegistrySnapshot snapshot = scanner.poll();

            assertThat(versions(snapshot, IRIS)).containsExactly("1 Published");
            assertThat(snapshot.models()).hasSize(1);
            assertThat(snapshot.ignored().stream().sorted().collect(Collectors.joining("\n")))
                    .contains("'my model' is not a model name")
                    .contains("'predict' cannot be a version")
                    .contains("'a b' is not a version")
                    .contains("A version of a is ignored: '' is not a version")
                    .contains("'-x' is not a model name");
            assertThat(snapshot.ignored()).hasSize(5);
        }

        @Test
        void keysThatOnlyAnAttackerMakesDoNoHarm() {
            publish("iris/1");
            for (String key : List.of(
                    "../../etc/cron.d/x",
                    "../1/model.onnx",
                    "/1/model.onnx",
                    "iris/../../model.onnx",
                    "iris/./model.onnx",
                    "//",
                    "/",
                    "iris/",
                    "iris/1/",
                    "\u0000/1/model.onnx",
                    "x".repeat(1_024))) {
                registry.put(key, "x");
            }

            assertThat(versions(scanner.poll(), IRIS)).containsExactly("1 Published");
        }

        @Test
        void sentencesOnJunkAreFewHoweverMuchOfItThereIs() {
            for (int i = 0; i < 250; i++) {
                registry.put("no model %d/1/model.onnx".formatted(i), "x");
            }

            assertThat(scanner.poll().ignored()).hasSize(101).last().isEqualTo("150 more are ignored");
        }

        @Test
        void ofModelsWhoseNamesDifferOnlyByCaseTheFirstIsServed() {
            publish("Iris/1");
            publish("iris/1");
            publish("iriS/1");

            RegistrySnapshot snapshot = scanner.poll();

            assertThat(snapshot.models()).containsOnlyKeys(new ModelName("Iris"));
            assertThat(snapshot.ignored())
                    .containsExactly(
                            "iriS is ignored: its name differs from that of Iris only by case",
                            "iris is ignored: its name differs from that of Iris only by case");
        }
    }

    @Nested
    class Polling {
        @BeforeEach
        void firstLook() {
            publish("iris/1");
            publish("fraud/1");
            Generations.touch(registry, IRIS);
            scanner.poll();
            registry.takeRequests();
        }

        @Test
        void whileNothingChangesAPollIsOneRequest() {
            RegistrySnapshot before = scanner.poll();
            registry.takeRequests();

            RegistrySnapshot after = pollAfter(POLL);

            assertThat(after).isSameAs(before);
            assertThat(registry.takeRequests()).containsExactly(new Request(Operation.GET, Layout.GENERATION));
        }

        @Test
        void aChangeThroughOurToolsListsThatModelOnly() {
            RegistrySnapshot before = scanner.poll();
            publish("iris/2");
            Generations.touch(registry, IRIS);
            registry.takeRequests();

            RegistrySnapshot after = pollAfter(POLL);

            assertThat(registry.takeRequests())
                    .containsExactly(
                            new Request(Operation.GET, Layout.GENERATION),
                            new Request(Operation.LIST, "iris/"),
                            new Request(Operation.GET, "iris/2/manifest.json"));
            assertThat(versions(after, IRIS)).containsExactly("1 Published", "2 Published");
            assertThat(after.takenAt()).isEqualTo(now);
            assertThat(model(after, FRAUD)).isSameAs(model(before, FRAUD));
        }

        @Test
        void changesThatWereMissedAreSeenTogether() {
            publish("iris/2");
            Generations.touch(registry, IRIS);
            publish("fraud/2");
            Generations.touch(registry, FRAUD);

            RegistrySnapshot after = pollAfter(POLL);

            assertThat(versions(after, IRIS)).hasSize(2);
            assertThat(versions(after, FRAUD)).hasSize(2);
        }

        @Test
        void moreChangesThanAreRememberedListEverything() {
            publish("fraud/2");
            for (int i = 0; i < 101; i++) {
                Generations.touch(registry, IRIS);
            }
            registry.takeRequests();

            assertThat(versions(pollAfter(POLL), FRAUD)).hasSize(2);
            assertThat(registry.takeRequests()).contains(new Request(Operation.LIST, ""));
        }

        @ParameterizedTest
        @ValueSource(strings = {"{\"id\": \"another registry's\", \"recent\": []}", "not JSON at all"})
        void aGenerationThatSaysNothingOfOursListsEverything(String generation) {
            publish("fraud/2");
            registry.put(Layout.GENERATION, generation);

            assertThat(versions(pollAfter(POLL), FRAUD)).hasSize(2);
        }

        @Test
        void aGenerationThatCannotBeReadIsNamedAndCostsOneListing() {
            registry.put(Layout.GENERATION, "not JSON at all");

            assertThat(pollAfter(POLL).ignored()).singleElement().asString().startsWith(".serin/generation cannot");
            registry.takeRequests();
            pollAfter(POLL);
            assertThat(registry.takeRequests()).containsExactly(new Request(Operation.GET, Layout.GENERATION));

            Generations.touch(registry, IRIS);
            assertThat(pollAfter(POLL).ignored()).isEmpty();
        }

        @Test
        void aGenerationThatIsTooLargeIsNoReasonToStop() {
            publish("fraud/2");
            registry.put(Layout.GENERATION, new byte[(1 << 20) + 1]);

            assertThat(pollAfter(POLL).ignored()).hasSize(1);
            assertThat(versions(pollAfter(FULL), FRAUD)).hasSize(2);
        }

        @Test
        void aGenerationThatVanishedListsEverything() {
            publish("fraud/2");
            registry.delete(Layout.GENERATION);

            assertThat(versions(pollAfter(POLL), FRAUD)).hasSize(2);
        }

        @Test
        void whatNobodyToldIsFoundByTheNextFullListing() {
            publish("fraud/2");

            assertThat(versions(pollAfter(FULL.minus(POLL).minusMillis(1)), FRAUD))
                    .hasSize(1);
            assertThat(versions(pollAfter(POLL.plusMillis(1)), FRAUD)).hasSize(2);
        }

        @Test
        void aFullListingThatFindsNothingNewChangesNothing() {
            RegistrySnapshot before = scanner.poll();

            assertThat(pollAfter(FULL)).isSameAs(before);
        }

        @Test
        void aClockThatGoesBackDoesNotDelayTheFullListing() {
            publish("fraud/2");

            assertThat(versions(pollAfter(Duration.ofHours(-1)), FRAUD)).hasSize(2);
        }

        @Test
        void aVersionThatIsGoneIsGone() {
            registry.delete("fraud/1/model.onnx");
            registry.delete("fraud/1/manifest.json");
            Generations.touch(registry, FRAUD);

            assertThat(pollAfter(POLL).models()).containsOnlyKeys(IRIS);
        }

        @Test
        void whatIsMissingFromAnOldListingIsAskedForAndStays() {
            registry.put("iris/model.json", "{\"traffic\": {\"primary\": \"1\"}}");
            RegistrySnapshot before = pollAfter(FULL);
            registry.listOnly(key -> !key.startsWith("iris/"));
            registry.takeRequests();

            assertThat(pollAfter(FULL)).isSameAs(before);
            assertThat(registry.takeRequests())
                    .containsExactlyInAnyOrder(
                            new Request(Operation.GET, Layout.GENERATION),
                            new Request(Operation.LIST, ""),
                            new Request(Operation.GET, "iris/model.json"),
                            new Request(Operation.GET, "iris/1/manifest.json"));

            Generations.touch(registry, IRIS);
            assertThat(pollAfter(POLL)).isSameAs(before);

            registry.listOnly(_ -> true);
            registry.takeRequests();
            assertThat(pollAfter(FULL)).isSameAs(before);
            assertThat(registry.takeRequests())
                    .containsExactly(new Request(Operation.GET, Layout.GENERATION), new Request(Operation.LIST, ""));
        }

        @Test
        void aManifestThatAloneIsMissingFromAnOldListingStillPublishes() {
            registry.listOnly(key -> !key.equals("iris/1/manifest.json"));

            assertThat(versions(pollAfter(FULL), IRIS)).containsExactly("1 Published");
        }

        @Test
        void whatAReadDoesNotFindEitherIsGoneAndNotAskedForAgain() {
            registry.put("iris/model.json", "{\"traffic\": {\"primary\": \"1\"}}");
            pollAfter(FULL);
            registry.delete("iris/model.json");
            registry.delete("iris/1/manifest.json");
            registry.delete("iris/1/model.onnx");

            assertThat(pollAfter(FULL).models()).containsOnlyKeys(FRAUD);

            registry.takeRequests();
            pollAfter(FULL);
            assertThat(registry.takeRequests())
                    .containsExactly(new Request(Operation.GET, Layout.GENERATION), new Request(Operation.LIST, ""));
        }

        @Test
        void whatIsMissingAndCannotBeAskedForStays() {
            RegistrySnapshot before = pollAfter(FULL);
            registry.listOnly(key -> !key.equals("iris/1/manifest.json"));
            registry.failWith((_, key) -> {
                if (key.equals("iris/1/manifest.json")) {
                    throw new RegistryException("permission denied");
                }
            });

            assertThat(pollAfter(FULL).models()).isEqualTo(before.models());
        }

        @Test
        void aPolicyThatAnOldListingShowsOlderThanItIsStaysAsNewAsItWasRead() {
            registry.put("iris/model.json", "{\"traffic\": {\"primary\": \"1\"}}");
            pollAfter(FULL);
            String oldTag = registry.list("iris/model.json").getFirst().tag();
            registry.put("iris/model.json", "{\"traffic\": {\"primary\": \"2\"}}");
            assertThat(model(pollAfter(FULL), IRIS).policy().primary()).contains("2");

            registry.listWithTag("iris/model.json", oldTag);

            assertThat(model(pollAfter(FULL), IRIS).policy().primary()).contains("2");
        }

        @Test
        void aChangeThatAFailedPollSawIsSeenByTheNext() {
            publish("iris/2");
            Generations.touch(registry, IRIS);
            outOfReachFrom("iris/2/manifest.json");
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> pollAfter(POLL))
                    .withMessage("out of reach");

            registry.failWith((_, _) -> {});

            assertThat(versions(pollAfter(POLL), IRIS)).hasSize(2);
        }

        @Test
        void oneObjectThatCannotBeReadHidesNothingButItsModel() {
            publish("fraud/1");
            publish("iris/2");
            registry.failWith((_, key) -> {
                if (key.equals("iris/2/manifest.json")) {
                    throw new RegistryException("permission denied");
                }
            });

            RegistrySnapshot during = pollAfter(FULL);

            assertThat(versions(during, IRIS)).hasSize(1);
            assertThat(versions(during, FRAUD)).hasSize(1);
            assertThat(during.ignored()).containsExactly("iris is as it was seen before: permission denied");

            registry.failWith((_, _) -> {});
            RegistrySnapshot after = pollAfter(POLL);
            assertThat(versions(after, IRIS)).hasSize(2);
            assertThat(after.ignored()).isEmpty();
        }

        /** As a registry does that goes away in the middle of a poll. */
        private void outOfReachFrom(String firstKey) {
            AtomicBoolean away = new AtomicBoolean();
            registry.failWith((_, key) -> {
                if (key.equals(firstKey)) {
                    away.set(true);
                }
                if (key.equals(firstKey) || (away.get() && key.equals(Layout.GENERATION))) {
                    throw new RegistryException("out of reach");
                }
            });
        }

        @Test
        void manifestsThatAFailedPollReadAreNotReadAgain() {
            for (int i = 2; i < 10; i++) {
                publish("iris/" + i);
            }
            outOfReachFrom("iris/9/manifest.json");
            assertThatExceptionOfType(RegistryException.class).isThrownBy(() -> pollAfter(FULL));
            registry.takeRequests();
            registry.failWith((_, _) -> {});

            assertThat(versions(pollAfter(POLL), IRIS)).hasSize(9);
            assertThat(registry.takeRequests())
                    .containsExactly(
                            new Request(Operation.GET, Layout.GENERATION),
                            new Request(Operation.LIST, ""),
                            new Request(Operation.GET, "iris/9/manifest.json"));
        }

        @Test
        void aChangeDuringAListingIsSeenByTheNextPoll() {
            registry.failWith((operation, key) -> {
                if (operation == Operation.LIST) {
                    registry.failWith((_, _) -> {});
                    Generations.touch(registry, IRIS);
                    publish("iris/3");
                }
            });
            publish("iris/2");
            Generations.touch(registry, IRIS);
            scanner.poll();

            assertThat(versions(pollAfter(POLL), IRIS)).containsExactly("1 Published", "2 Published", "3 Published");
        }
    }

    @Test
    void aManifestThatVanishedSinceTheListingIsNoFailure() {
        registry.put("iris/2/manifest.json", Manifests.write(manifest("iris/2")));
        registry.failWith((operation, key) -> {
            if (operation == Operation.GET && key.endsWith("manifest.json")) {
                registry.failWith((_, _) -> {});
                registry.delete(key);
            }
        });

        assertThat(scanner.poll().models()).isEmpty();
    }

    @Test
    void textIsUtf8() {
        registry.put("iris/model.json", "{\"history\": [], \"ü\": 1}".getBytes(UTF_8));

        assertThat(model(scanner.poll(), IRIS).policy().unknown()).containsExactly("ü");
    }
}
