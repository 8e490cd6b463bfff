package dev.serin.registry.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.InMemoryRegistry.Request;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RegistryLookTest {
    private static final RegistryScanner.Options OPTIONS =
            new RegistryScanner.Options(Duration.ofSeconds(10), Duration.ofMinutes(5), false);
    private static final Instant PUBLISHED = Instant.parse("2026-11-20T10:00:00Z");
    private static final ModelName IRIS = new ModelName("iris");

    /** More than are read without need. */
    private static final int MANY = 1_001;

    private Instant now = Instant.parse("2026-11-22T10:00:00Z");
    private final InMemoryRegistry registry = new InMemoryRegistry(() -> now);

    private RegistryLook look() {
        registry.takeRequests();
        return new RegistryLook(registry, OPTIONS, () -> now);
    }

    private RegistrySnapshot scan() {
        return new RegistryScanner(registry, OPTIONS, () -> now).poll();
    }

    private void publish(String id) {
        publish(id, PUBLISHED);
    }

    private void publish(String id, Instant createdAt) {
        registry.put(id + "/model.onnx", "the model");
        registry.put(
                id + "/manifest.json",
                Manifests.write(new Manifest(
                        VersionId.parse(id),
                        createdAt,
                        List.of(new Artifact(ArtifactPath.MODEL, 9, new Digest("1".repeat(64)))),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        JsonNodeFactory.instance.objectNode())));
    }

    private void publishMany(String model) {
        IntStream.rangeClosed(1, MANY).forEach(version -> publish(model + "/" + version));
    }

    private List<String> read() {
        return registry.takeRequests().stream()
                .filter(request -> request.operation() == Operation.GET)
                .map(Request::key)
                .filter(key -> !key.equals(Layout.GENERATION))
                .toList();
    }

    private static RegisteredModel model(RegistryOverview overview, ModelName name) {
        return Optional.ofNullable(overview.snapshot().models().get(name)).orElseThrow();
    }

    private static Optional<String> newest(RegistryOverview overview) {
        return model(overview, IRIS)
                .newest()
                .map(version -> version.id().version().value());
    }

    /** Odd names, models that differ by case only, policies that are none, versions of every kind. */
    private void putAllKinds() {
        publish("iris/1");
        publish("iris/2");
        publish("Iris/1");
        registry.put("Iris/1/manifest.json", "no manifest");
        registry.put("iris/model.json", "{\"format\": 1, \"aliases\": {\"stable\": \"1\"}}");
        registry.put("iris/predict/model.onnx", "a word of our URLs");
        registry.put("fraud/model.json", "no policy");
        registry.put("fraud/1/model.onnx", "copied in by hand");
        registry.put("fraud/2/.publishing", "{}");
        registry.put("a b/1/model.onnx", "of no model");
        registry.put("docs/readme.txt", "of no model either");
        registry.put(Layout.GENERATION, "no generation");
    }

    @Nested
    class AtOneModel {
        @Test
        void nothingIsListedOrReadButWhatIsItsOwn() {
            putAllKinds();
            publish("irises/1");

            RegistrySnapshot seen = look().at(new ModelName("fraud"));

            assertThat(seen.models().keySet()).containsExactly(new ModelName("fraud"));
            assertThat(registry.takeRequests())
                    .containsExactly(
                            new Request(Operation.LIST, InMemoryRegistry.FOLDERS),
                            new Request(Operation.LIST, "fraud/"),
                            new Request(Operation.GET, "fraud/model.json"));
        }

        @Test
        void itIsWhatAScannerSees() {
            putAllKinds();
            RegistrySnapshot all = scan();

            all.models()
                    .forEach((name, model) ->
                            assertThat(look().at(name).models()).containsExactly(Map.entry(name, model)));
        }

        @Test
        void oneThatAnotherSpellingHidesIsNotServedAndBothAreNamed() {
            putAllKinds();

            RegistrySnapshot hidden = look().at(IRIS);

            assertThat(hidden.models()).isEmpty();
            assertThat(hidden.ignored()).contains("iris is ignored: its name differs from that of Iris only by case");
        }

        @Test
        void aSpellingWithoutVersionsHidesNothing() {
            publish("iris/1");
            registry.put("Iris/notes.txt", "no model");

            assertThat(look().at(IRIS).models()).containsOnlyKeys(IRIS);
        }

        @Test
        void oneThatIsNotThereCostsTheListingOfTheFolders() {
            putAllKinds();

            assertThat(look().at(new ModelName("frau")).models()).isEmpty();
            assertThat(registry.takeRequests()).containsExactly(new Request(Operation.LIST, InMemoryRegistry.FOLDERS));
        }

        @Test
        void whatCannotBeReadIsAFailureNotAModelThatIsNotThere() {
            publish("iris/1");
            registry.failWith((operation, key) -> {
                if (operation == Operation.GET && key.equals("iris/1/manifest.json")) {
                    throw new RegistryException("iris/1/manifest.json is not for you");
                }
            });

            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> look().at(IRIS))
                    .withMessage("iris/1/manifest.json is not for you");
        }

        @Test
        void namesAreThoseOfFoldersThatCouldBeModels() {
            putAllKinds();

            assertThat(look().names()).map(ModelName::value).containsExactly("Iris", "docs", "fraud", "iris");
        }
    }

    @Nested
    class Overview {
        @Test
        void ofASmallRegistryItIsWhatAScannerSees() {
            putAllKinds();
            RegistrySnapshot all = scan();

            RegistryOverview overview = look().overview(_ -> false);

            assertThat(overview.snapshot()).isEqualTo(all);
            assertThat(overview.unreadCount()).isZero();
        }

        @Test
        void ofALargeOneTheNewestVersionsAreReadAndThoseWithTheTraffic() {
            publishMany("iris");
            publish("fraud/1");
            publish("fraud/2");
            registry.put("iris/model.json", """
                {"format": 1, "aliases": {"stable": "7"}, "traffic": {"primary": "stable"}}\
                """);

            RegistryOverview overview = look().overview(_ -> false);

            assertThat(read())
                    .containsExactlyInAnyOrder(
                            "iris/model.json",
                            "iris/7/manifest.json",
                            "iris/1001/manifest.json",
                            "fraud/2/manifest.json");
            assertThat(newest(overview)).hasValue("1001");
            assertThat(model(overview, IRIS).versions())
                    .map(version -> version.id().toString())
                    .containsExactly("iris/7", "iris/1001");
            assertThat(overview.unread(IRIS)).hasSize(MANY - 2).contains(new ModelVersion("8"));
            assertThat(overview.unreadCount()).isEqualTo(MANY - 2 + 1);
        }

        @Test
        void upToAThousandManifestsAreReadAll() {
            IntStream.rangeClosed(1, MANY - 1).forEach(version -> publish("iris/" + version));

            RegistryOverview overview = look().overview(_ -> false);

            assertThat(read()).hasSize(MANY - 1);
            assertThat(overview.unreadCount()).isZero();
        }

        @Test
        void whatIsAtHandIsReadAndLeavesTheOthersFewEnough() {
            publishMany("iris");

            RegistryOverview overview = look().overview(key -> key.equals("iris/3/manifest.json"));

            assertThat(overview.unreadCount()).isZero();
            assertThat(overview.snapshot()).isEqualTo(scan());
        }

        @Test
        void versionsThatCannotBeServedAreNotTheNewest() {
            publishMany("iris");
            for (int version = MANY - 5; version <= MANY; version++) {
                registry.put("iris/" + version + "/manifest.json", "no manifest");
            }

            RegistryOverview overview = look().overview(_ -> false);

            assertThat(newest(overview)).hasValue("995");
            assertThat(read()).hasSizeLessThan(20);
        }

        @Test
        void aNewerVersionCopiedInByHandLeavesTheManifestsUnread() {
            publishMany("iris");
            registry.put("iris/2000/model.onnx", "copied in by hand");

            RegistryOverview overview = look().overview(_ -> false);

            assertThat(newest(overview)).hasValue("2000");
            assertThat(read()).isEmpty();
        }

        @Test
        void ofVersionsThatAreOrderedByAgeTheNewestIsTheLastPublishedNotTheLastCopied() {
            for (int version = 1; version <= MANY; version++) {
                publish("iris/g" + version, PUBLISHED.minusSeconds(version));
                now = now.plusSeconds(1); // as a copy of all takes its time
            }

            RegistryOverview overview = look().overview(_ -> false);

            assertThat(newest(overview)).hasValue("g1");
        }

        @Test
        void ofVersionsThatAreOrderedByAgeOneIsReadWhereTheyLieAsTheyWerePublished() {
            for (int version = 1; version <= MANY; version++) {
                now = now.plusSeconds(10);
                publish("iris/g" + version, now.minusSeconds(1));
            }

            RegistryOverview overview = look().overview(_ -> false);

            assertThat(newest(overview)).hasValue("g" + MANY);
            assertThat(read()).containsExactly("iris/g" + MANY + "/manifest.json");
        }

        @Test
        void aModelOfWhichSomethingCannotBeReadIsLeftOutAndNamed() {
            publish("fraud/1");
            publish("iris/1");
            registry.put("iris/model.json", "{\"format\": 1}");
            registry.failWith((operation, key) -> {
                if (operation == Operation.GET && key.equals("iris/model.json")) {
                    throw new RegistryException("iris/model.json is not for you");
                }
            });

            RegistryOverview overview = look().overview(_ -> false);

            assertThat(overview.snapshot().models()).containsOnlyKeys(new ModelName("fraud"));
            assertThat(overview.snapshot().ignored())
                    .containsExactly("iris is left out: iris/model.json is not for you");
        }

        @Test
        void aRegistryThatGoesAwayIsAFailure() {
            publish("fraud/1");
            publish("iris/1");
            registry.failWith((operation, key) -> {
                if (operation == Operation.LIST && key.isEmpty()) {
                    registry.failWith((_, _) -> {
                        throw new RegistryException("out of reach");
                    });
                }
            });

            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> look().overview(_ -> false))
                    .withMessage("out of reach");
        }

        @Test
        void ofModelsThatDifferByCaseTheUnreadOnesOfTheFirstAreCounted() {
            publishMany("iris");
            publish("Iris/1");
            publish("Iris/2");

            RegistryOverview overview = look().overview(_ -> false);

            assertThat(overview.snapshot().models()).containsOnlyKeys(new ModelName("Iris"));
            assertThat(overview.unread()).containsOnlyKeys(new ModelName("Iris"));
            assertThat(overview.snapshot().ignored())
                    .containsExactly("iris is ignored: its name differs from that of Iris only by case");
        }

        @Test
        void versionsThatAreNeverServedAreSeenWithoutARead() {
            publishMany("iris");
            registry.put("iris/9999/.publishing", "{}");

            assertThat(model(look().overview(_ -> false), IRIS).versions())
                    .anyMatch(RegisteredVersion.BeingPublished.class::isInstance);
        }
    }
}
