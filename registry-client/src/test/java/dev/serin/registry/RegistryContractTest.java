package dev.serin.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.Refreshed;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every registry promises; each implementation is tested by a subclass that brings an empty one. */
public abstract class RegistryContractTest {
    protected static final int MAX = 1 << 20;

    /** {@return the registry under test, empty at first and the same during one test} */
    protected abstract RegistryWriter registry();

    /** Puts an object where the registry keeps its own, past the registry, as people and other tools do. */
    protected abstract void putByHand(String key, byte[] content) throws IOException;

    /** {@return keys that are none by our grammar, and that people can make here all the same} */
    protected List<String> junkKeys() {
        return List.of("a b/c d/über.onnx", "zebra/\uFFFD/x", "zebra/\uD83E\uDD93/x", "zebra/\t/x", "%2e%2e/x", "~/x");
    }

    protected final String write(String key, String content) {
        return registry().write(key, content.getBytes(UTF_8), new Condition.Always());
    }

    protected final Optional<String> read(String key) {
        return registry().read(key, MAX).map(content -> new String(content.bytes(), UTF_8));
    }

    private List<String> keys(String prefix) {
        return registry().list(prefix).stream().map(RegistryObject::key).toList();
    }

    @Test
    void itSaysWhereItIs() {
        assertThat(registry().location()).isNotBlank();
    }

    @Test
    void ofTwoPublishersOfOneVersionExactlyOnePublishesAndAllOfItIsItsOwn(@TempDir Path folder) throws Exception {
        for (int round = 0; round < Integer.getInteger("serin.rounds", 5); round++) {
            VersionId id = VersionId.parse("iris/" + (round + 1));
            List<Path> models = List.of(file(folder, "a"), file(folder, "bb"));

            List<Optional<Manifest>> published = Concurrently.call(2, i -> () -> publish(id, models.get(i)));

            assertThat(published).filteredOn(Optional::isPresent).hasSize(1);
            Manifest manifest =
                    published.stream().flatMap(Optional::stream).findFirst().orElseThrow();
            assertThat(keys(Layout.folder(id)))
                    .containsExactly(Layout.manifest(id), Layout.artifact(id, ArtifactPath.MODEL));
            assertThat(Manifests.parse(
                            id,
                            registry()
                                    .read(Layout.manifest(id), MAX)
                                    .orElseThrow()
                                    .bytes()))
                    .isEqualTo(manifest);
            byte[] model = registry()
                    .read(Layout.artifact(id, ArtifactPath.MODEL), MAX)
                    .orElseThrow()
                    .bytes();
            assertThat(new Artifact(ArtifactPath.MODEL, model.length, Digests.of(new ByteArrayInputStream(model))))
                    .isEqualTo(manifest.files().getFirst());
        }
    }

    private static Path file(Path folder, String letters) throws IOException {
        return Files.writeString(folder.resolve(letters), letters.repeat(100_000));
    }

    /** {@return what was published; empty when another was first} */
    private Optional<Manifest> publish(VersionId id, Path model) {
        Publisher.Request request = new Publisher.Request(
                id,
                new TreeMap<>(Map.of(ArtifactPath.MODEL, model)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode(),
                model.getFileName().toString());
        try {
            return Optional.of(new Publisher(registry(), InstantSource.system())
                    .publish(request)
                    .manifest());
        } catch (ConflictException _) {
            return Optional.empty();
        }
    }

    @Nested
    class Listing {
        @Test
        void anEmptyRegistryHasNoObjects() {
            assertThat(registry().list("")).isEmpty();
        }

        @Test
        void everyObjectIsListedWithItsSizeTagAndTime() {
            String tag = write("iris/1/model.onnx", "12345");

            assertThat(registry().list("")).singleElement().satisfies(object -> {
                assertThat(object.key()).isEqualTo("iris/1/model.onnx");
                assertThat(object.sizeBytes()).isEqualTo(5);
                assertThat(object.tag()).isEqualTo(tag);
                assertThat(object.modifiedAt()).isCloseTo(Instant.now(), within(5, ChronoUnit.MINUTES));
            });
        }

        @Test
        void objectsAreSortedByKeyWhateverTheFolder() {
            for (String key : List.of("b/1", "a/b/1", "a.b/1", "a/1", "a-b", "B/1", ".serin/generation")) {
                write(key, "x");
            }

            assertThat(keys("")).containsExactly(".serin/generation", "B/1", "a-b", "a.b/1", "a/1", "a/b/1", "b/1");
        }

        @Test
        void aPrefixIsTextNotAFolder() {
            for (String key : List.of("iris/1/model.onnx", "iris/10/model.onnx", "iris/2/model.onnx", "iris-2/1/x")) {
                write(key, "x");
            }

            assertThat(keys("iris")).hasSize(4);
            assertThat(keys("iris/")).hasSize(3);
            assertThat(keys("iris/1")).containsExactly("iris/1/model.onnx", "iris/10/model.onnx");
            assertThat(keys("iris/1/")).containsExactly("iris/1/model.onnx");
            assertThat(keys("iris/1/mod")).containsExactly("iris/1/model.onnx");
            assertThat(keys("iris/1/model.onnx")).containsExactly("iris/1/model.onnx");
            assertThat(keys("iris/1/model.onnx/")).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(strings = {"nobody/", "iris/9/", "iris/1/model.onnx/x/", "/", "../", "./iris/", "iris//", "~"})
        void aPrefixThatNoKeyHasGivesAnEmptyList(String prefix) {
            write("iris/1/model.onnx", "x");

            assertThat(registry().list(prefix)).isEmpty();
        }

        @Test
        void manyObjectsAreListedWhole() throws IOException {
            List<String> keys = IntStream.range(0, 2_500)
                    .mapToObj(i -> "model-%d/%04d/model.onnx".formatted(i % 7, i))
                    .sorted()
                    .toList();
            for (String key : keys) {
                putByHand(key, new byte[] {1});
            }

            assertThat(keys("")).isEqualTo(keys);
            assertThat(keys("model-3/")).hasSize(357).allMatch(key -> key.startsWith("model-3/"));
        }

        @Test
        void keysThatAreNoneOfOursAreListedInTheOrderOfTheirUtf8Bytes() throws IOException {
            for (String key : junkKeys()) {
                putByHand(key, new byte[] {1});
            }
            write("iris/1/model.onnx", "x");

            List<String> keys = keys("");

            assertThat(keys).contains("iris/1/model.onnx").containsAll(junkKeys());
            assertThat(keys)
                    .isSortedAccordingTo((a, b) -> Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8)));
        }
    }

    @Nested
    class Folders {
        @Test
        void anEmptyRegistryHasNone() {
            assertThat(registry().folders()).isEmpty();
        }

        @Test
        void theyAreTheFirstSegmentsOfTheKeysEachOnceInTheirOrder() {
            for (String key : List.of("b/1", "a/b/1", "a/b/2", "a.b/1", "a/1", "a-b", "B/1", ".serin/generation")) {
                write(key, "x");
            }

            assertThat(registry().folders()).containsExactly("B", "a", "a.b", "b");
        }

        @Test
        void manyAreListedWhole() throws IOException {
            List<String> names =
                    IntStream.range(0, 1_200).mapToObj("model-%04d"::formatted).toList();
            for (String name : names) {
                putByHand(name + "/1/model.onnx", new byte[] {1});
            }

            assertThat(registry().folders()).isEqualTo(names);
        }

        @Test
        void thoseWhoseNamesAreNoneOfOursAreThereToo() throws IOException {
            for (String key : junkKeys()) {
                putByHand(key, new byte[] {1});
            }
            write("iris/1/model.onnx", "x");

            assertThat(registry().folders())
                    .contains("iris")
                    .containsAll(junkKeys().stream()
                            .map(key -> key.substring(0, key.indexOf('/')))
                            .toList());
        }
    }

    @Nested
    class Reading {
        @Test
        void anObjectIsReadWhole() {
            String tag = write("iris/model.json", "{}");

            Content content = registry().read("iris/model.json", MAX).orElseThrow();

            assertThat(content.bytes()).asString().isEqualTo("{}");
            assertThat(content.tag()).isEqualTo(tag);
        }

        @ParameterizedTest
        @ValueSource(strings = {"iris/model.json", "iris", "iris/1", "iris/1/model.onnx/x"})
        void whatIsNoObjectIsEmpty(String key) {
            write("iris/1/model.onnx", "x");

            assertThat(registry().read(key, MAX)).isEmpty();
        }

        @Test
        void anObjectLargerThanAllowedIsRefusedByName() {
            write("iris/model.json", "12345");

            assertThat(registry().read("iris/model.json", 5)).isPresent();
            assertThatExceptionOfType(MalformedContentException.class)
                    .isThrownBy(() -> registry().read("iris/model.json", 4))
                    .withMessageContaining("iris/model.json")
                    .withMessageContaining("4");
        }

        @Test
        void anEmptyObjectIsAnObject() {
            write("iris/1/labels.txt", "");

            assertThat(read("iris/1/labels.txt")).hasValue("");
            assertThat(registry().list("")).singleElement().matches(object -> object.sizeBytes() == 0);
        }

        @Test
        void anObjectIsStreamed() throws IOException {
            write("iris/1/model.onnx", "12345");

            try (InputStream in = registry().open("iris/1/model.onnx")) {
                assertThat(in.readAllBytes()).asString().isEqualTo("12345");
            }
        }

        @Test
        void aStreamMayBeClosedEarly() throws IOException {
            registry().write("iris/1/model.onnx", new byte[MAX], new Condition.Always());

            try (InputStream in = registry().open("iris/1/model.onnx")) {
                assertThat(in.read()).isZero();
            }
        }

        @Test
        void streamingWhatIsNotThereFailsByName() {
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> registry().open("iris/1/model.onnx"))
                    .withMessageContaining("iris/1/model.onnx")
                    .withMessageContaining(registry().location());
        }
    }

    @Nested
    class Refreshing {
        @Test
        void whatDidNotChangeIsNotReadAgain() {
            String tag = write(".serin/generation", "1");

            assertThat(registry().refresh(".serin/generation", MAX, tag)).isEqualTo(new Refreshed.Unchanged());
        }

        @Test
        void whatChangedIsReadEvenIfItHasTheSameSize() {
            String tag = write(".serin/generation", "1");
            String newTag = write(".serin/generation", "2");

            Refreshed refreshed = registry().refresh(".serin/generation", MAX, tag);

            assertThat(newTag).isNotEqualTo(tag);
            assertThat(refreshed).isInstanceOfSatisfying(Refreshed.Changed.class, changed -> {
                assertThat(changed.content().bytes()).asString().isEqualTo("2");
                assertThat(changed.content().tag()).isEqualTo(newTag);
            });
        }

        @Test
        void whatIsGoneIsMissing() {
            String tag = write(".serin/generation", "1");
            registry().delete(".serin/generation");

            assertThat(registry().refresh(".serin/generation", MAX, tag)).isEqualTo(new Refreshed.Missing());
        }

        @Test
        void whatIsTooLargeNowIsRefused() {
            String tag = write(".serin/generation", "1");
            write(".serin/generation", "12345");

            assertThatExceptionOfType(MalformedContentException.class)
                    .isThrownBy(() -> registry().refresh(".serin/generation", 4, tag));
        }
    }

    @Nested
    class Writing {
        @Test
        void anUnconditionalWriteReplaces() {
            write("iris/model.json", "old");
            write("iris/model.json", "new");

            assertThat(read("iris/model.json")).hasValue("new");
        }

        @Test
        void theTagOfAWriteIsThatOfItsObject() {
            String tag = write("iris/model.json", "{}");

            assertThat(registry().read("iris/model.json", MAX))
                    .map(Content::tag)
                    .hasValue(tag);
            assertThat(registry().list("iris/")).map(RegistryObject::tag).containsExactly(tag);
        }

        @Test
        void ifAbsentWritesOnceOnly() {
            registry().write("iris/1/manifest.json", "first".getBytes(UTF_8), new Condition.IfAbsent());

            assertThatExceptionOfType(ConflictException.class)
                    .isThrownBy(() -> registry()
                            .write("iris/1/manifest.json", "second".getBytes(UTF_8), new Condition.IfAbsent()))
                    .withMessageContaining("iris/1/manifest.json");
            assertThat(read("iris/1/manifest.json")).hasValue("first");
        }

        @Test
        void ifAbsentWritesAgainAfterADelete() {
            write("iris/1/.publishing", "first");
            registry().delete("iris/1/.publishing");

            registry().write("iris/1/.publishing", "second".getBytes(UTF_8), new Condition.IfAbsent());

            assertThat(read("iris/1/.publishing")).hasValue("second");
        }

        @Test
        void ifTagWritesOnlyWhatTheWriterHasSeen() {
            String seen = write("iris/model.json", "seen");
            String newer = registry().write("iris/model.json", "newer".getBytes(UTF_8), new Condition.IfTag(seen));

            assertThatExceptionOfType(ConflictException.class)
                    .isThrownBy(() ->
                            registry().write("iris/model.json", "lost".getBytes(UTF_8), new Condition.IfTag(seen)));
            assertThat(read("iris/model.json")).hasValue("newer");
            registry().write("iris/model.json", "newest".getBytes(UTF_8), new Condition.IfTag(newer));
            assertThat(read("iris/model.json")).hasValue("newest");
        }

        @Test
        void ifTagDoesNotBringBackWhatWasDeleted() {
            String tag = write("iris/model.json", "{}");
            registry().delete("iris/model.json");

            assertThatExceptionOfType(ConflictException.class)
                    .isThrownBy(
                            () -> registry().write("iris/model.json", "{}".getBytes(UTF_8), new Condition.IfTag(tag)));
            assertThat(read("iris/model.json")).isEmpty();
        }

        @Test
        void aFileIsUploadedWhole(@TempDir Path folder) throws IOException {
            byte[] content = new byte[3 << 20];
            Arrays.fill(content, (byte) 7);
            Path file = Files.write(folder.resolve("local.onnx"), content);

            registry().upload("iris/1/model.onnx", file);

            try (InputStream in = registry().open("iris/1/model.onnx")) {
                assertThat(in.readAllBytes()).isEqualTo(content);
            }
        }

        @Test
        void anUploadReplaces(@TempDir Path folder) throws IOException {
            write("iris/1/model.onnx", "old");

            registry().upload("iris/1/model.onnx", Files.writeString(folder.resolve("local.onnx"), "new"));

            assertThat(read("iris/1/model.onnx")).hasValue("new");
        }

        @Test
        void anUploadOfNoFileFailsAndWritesNothing(@TempDir Path folder) {
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> registry().upload("iris/1/model.onnx", folder.resolve("missing.onnx")));
            assertThat(registry().list("")).isEmpty();
        }

        @Test
        void aDeletedObjectIsGone() {
            write("iris/1/.publishing", "x");
            write("iris/1/model.onnx", "x");

            registry().delete("iris/1/.publishing");

            assertThat(keys("")).containsExactly("iris/1/model.onnx");
        }

        @ParameterizedTest
        @ValueSource(strings = {"iris/9/model.onnx", "iris/1", "iris", "nobody"})
        void deletingWhatIsNoObjectChangesNothing(String key) {
            write("iris/1/model.onnx", "x");

            registry().delete(key);

            assertThat(keys("")).containsExactly("iris/1/model.onnx");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "/", "/etc/passwd", "../x", "iris/../../x", "iris//x", "iris/", "./iris", "iris/."})
        void aKeyThatIsNoneIsRefusedEverywhere(String key, @TempDir Path folder) throws IOException {
            Path file = Files.writeString(folder.resolve("local"), "x");

            assertThatIllegalArgumentException().isThrownBy(() -> registry().read(key, MAX));
            assertThatIllegalArgumentException().isThrownBy(() -> registry().refresh(key, MAX, "tag"));
            assertThatIllegalArgumentException().isThrownBy(() -> registry().open(key));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> registry().write(key, new byte[1], new Condition.Always()));
            assertThatIllegalArgumentException().isThrownBy(() -> registry().upload(key, file));
            assertThatIllegalArgumentException().isThrownBy(() -> registry().delete(key));
        }
    }

    @Nested
    class Races {
        @RepeatedTest(20)
        void ofManyWritersOfSomethingNewExactlyOneWins() throws Exception {
            List<Boolean> won = Concurrently.call(8, i -> () -> {
                try {
                    byte[] content = Integer.toString(i).getBytes(UTF_8);
                    registry().write("iris/1/.publishing", content, new Condition.IfAbsent());
                    return true;
                } catch (ConflictException _) {
                    return false;
                }
            });

            assertThat(won).containsOnlyOnce(true);
            assertThat(read("iris/1/.publishing")).hasValue(Integer.toString(won.indexOf(true)));
        }

        @RepeatedTest(3)
        void noUpdateIsLostAmongWritersWhoCompareTags() throws Exception {
            write("counter", "1000"); // the same size all along

            Concurrently.call(8, _ -> () -> {
                for (int i = 0; i < 10; i++) {
                    while (!tryIncrement()) {
                        Thread.onSpinWait();
                    }
                }
                return true;
            });

            assertThat(read("counter")).hasValue("1080");
        }

        @Test
        void noChangeOfAPolicyIsLostAmongManyWriters() throws Exception {
            PolicyWriter writer = new PolicyWriter(registry(), InstantSource.system());
            ModelName iris = new ModelName("iris");

            Concurrently.call(4, thread -> () -> {
                for (int i = 1; i <= 4; i++) {
                    AliasName alias = new AliasName("of-%d-%d".formatted(thread, i));
                    PolicyChange change = new PolicyChange.SetAlias(alias, new ModelVersion("1"));
                    writer.draft(iris, change, new PolicyWriter.Author("t" + thread, Optional.empty()))
                            .commit();
                }
                return true;
            });

            ModelPolicy policy = ModelPolicies.parse(
                    iris,
                    registry().read(Layout.policy(iris), MAX).orElseThrow().bytes());
            assertThat(policy.aliases()).hasSize(16);
            assertThat(policy.history()).hasSize(16);
        }

        private boolean tryIncrement() {
            Content content = registry().read("counter", MAX).orElseThrow();
            int next = Integer.parseInt(new String(content.bytes(), UTF_8)) + 1;
            try {
                registry().write("counter", Integer.toString(next).getBytes(UTF_8), new Condition.IfTag(content.tag()));
                return true;
            } catch (ConflictException _) {
                return false;
            }
        }

        @RepeatedTest(3)
        void readersSeeOneWriteOrTheOtherAndEachUnderItsTag() throws Exception {
            ConcurrentMap<String, Byte> letters = new ConcurrentHashMap<>();
            letters.put(registry().write("iris/model.json", filled('a'), new Condition.Always()), (byte) 'a');

            Concurrently.call(4, i -> () -> {
                for (int round = 1; round < 26; round++) {
                    if (i == 0) {
                        char letter = (char) ('a' + round);
                        String tag = registry().write("iris/model.json", filled(letter), new Condition.Always());
                        assertThat(letters.computeIfAbsent(tag, _ -> (byte) letter))
                                .isEqualTo((byte) letter);
                    } else {
                        Content content =
                                registry().read("iris/model.json", MAX).orElseThrow();
                        byte[] bytes = content.bytes();
                        assertThat(bytes).isEqualTo(filled((char) bytes[0]));
                        assertThat(letters.computeIfAbsent(content.tag(), _ -> bytes[0]))
                                .isEqualTo(bytes[0]);
                    }
                }
                return true;
            });
        }

        /** Longer for later letters, so that a mixture could not even have the right length. */
        private static byte[] filled(char c) {
            byte[] content = new byte[100_000 + c];
            Arrays.fill(content, (byte) c);
            return content;
        }
    }
}
