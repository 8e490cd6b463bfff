package dev.serin.registry.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.serin.registry.DoubtfulListingException;
import dev.serin.registry.Generations;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.InMemoryRegistry.Request;
import dev.serin.registry.ModelName;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.Refreshed;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.directory.DirectoryRegistry;
import dev.serin.registry.watch.RegistryScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RememberingRegistryTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final int MAX = 1 << 20;

    @TempDir
    private Path store;

    private Instant now = NOW;

    private final InMemoryRegistry origin = new InMemoryRegistry(() -> NOW);

    @BeforeEach
    void fill() {
        origin.put("iris/1/model.onnx", "the model");
        origin.put("iris/1/manifest.json", "{}");
        origin.put("iris/model.json", "{\"format\": 1}");
    }

    /** As a process does that starts, looks, and ends. */
    private RememberingRegistry look() {
        RememberingRegistry registry = restarted();
        registry.list("");
        registry.read("iris/1/manifest.json", MAX);
        registry.read("iris/model.json", MAX);
        registry.save();
        origin.takeRequests();
        return registry;
    }

    private RememberingRegistry restarted() {
        return new RememberingRegistry(origin, store, () -> now);
    }

    private void unreachable() {
        origin.failWith((_, _) -> {
            throw new RegistryException("nobody answers");
        });
    }

    @Test
    void aStartWithoutTheOriginSeesWhatTheLastProcessSaw() {
        look();
        unreachable();

        RememberingRegistry registry = restarted();

        assertThat(registry.list(""))
                .extracting(object -> object.key())
                .containsExactly("iris/1/manifest.json", "iris/1/model.onnx", "iris/model.json");
        assertThat(registry.list("iris/1/")).hasSize(2);
        assertThat(registry.read("iris/1/manifest.json", MAX).map(Content::bytes))
                .contains("{}".getBytes(UTF_8));
        assertThat(registry.unreachable()).map(RegistryException::getMessage).contains("nobody answers");
    }

    @Test
    void aStartWithoutTheOriginAndWithoutMemoryFails() {
        unreachable();

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> restarted().list(""));
        assertThat(restarted().unreachable()).isEmpty();
    }

    @Test
    void onceTheOriginHasAnsweredItsFailuresAreToldAgain() {
        RememberingRegistry registry = look();
        unreachable();

        assertThatExceptionOfType(RegistryException.class).isThrownBy(() -> registry.list(""));
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> registry.refresh("iris/model.json", MAX, "tag"));
        assertThat(registry.unreachable()).isEmpty();
    }

    @Test
    void theOriginsReturnEndsTheMemorysTime() {
        look();
        unreachable();
        RememberingRegistry registry = restarted();
        registry.list("");
        origin.failWith((_, _) -> {});
        origin.put("iris/2/model.onnx", "another");

        assertThat(registry.list("")).hasSize(4);
        assertThat(registry.unreachable()).isEmpty();
    }

    @Test
    void smallObjectsThatDidNotChangeAreNotReadAgainByALaterProcess() {
        look();
        RememberingRegistry registry = restarted();
        registry.list("");
        origin.takeRequests();

        registry.read("iris/1/manifest.json", MAX);

        assertThat(origin.takeRequests()).isEmpty();
    }

    @Test
    void aSmallObjectThatChangedIsReadAgain() {
        look();
        origin.put("iris/model.json", "{\"format\": 1, \"traffic\": {}}");
        RememberingRegistry registry = restarted();
        registry.list("");

        assertThat(registry.read("iris/model.json", MAX).map(Content::bytes))
                .contains("{\"format\": 1, \"traffic\": {}}".getBytes(UTF_8));
    }

    @Test
    void theGenerationIsNeverAnsweredFromMemoryWhileTheOriginIsThere() {
        Generations.touch(origin, new ModelName("iris"));
        RememberingRegistry registry = look();
        Content first = registry.read(".serin/generation", MAX).orElseThrow();
        registry.list("");
        Generations.touch(origin, new ModelName("iris"));

        assertThat(registry.refresh(".serin/generation", MAX, first.tag())).isInstanceOf(Refreshed.Changed.class);
        assertThat(registry.read(".serin/generation", MAX).map(Content::tag)).isNotEqualTo(first.tag());
    }

    @Test
    void aListingOfOneModelReplacesWhatWasKnownOfItAlone() {
        origin.put("wine/1/model.onnx", "the model");
        RememberingRegistry registry = look();
        origin.delete("iris/1/manifest.json");
        registry.list("iris/");
        registry.save();
        unreachable();

        assertThat(restarted().list(""))
                .extracting(object -> object.key())
                .containsExactly("iris/1/model.onnx", "iris/model.json", "wine/1/model.onnx");
    }

    @Test
    void nothingIsWrittenWhenNothingChanged() throws IOException {
        RememberingRegistry registry = look();
        Path file = file();
        Files.delete(file);

        registry.list("");
        registry.save();

        assertThat(file).doesNotExist();
    }

    private static void assertDoubted(RememberingRegistry registry, String shows) {
        assertThatExceptionOfType(DoubtfulListingException.class)
                .isThrownBy(() -> registry.list(""))
                .withMessageStartingWith("Cannot believe memory (test): the listing shows " + shows);
    }

    @Test
    void anEmptyListingIsNotBelievedBeforeAMinuteOfThem() {
        RememberingRegistry registry = look();
        origin.listOnly(_ -> false);

        for (int i = 0; i < 6; i++) {
            assertDoubted(registry, "0 of 1 models and 0 of 1 versions that were there before;");
            now = now.plusSeconds(10);
        }

        assertThat(registry.list("")).isEmpty();
    }

    @Test
    void twoEmptyListingsAreNotEnoughHoweverLongTheyAreApart() {
        RememberingRegistry registry = look();
        origin.listOnly(_ -> false);

        assertDoubted(registry, "0 of 1 models");
        now = now.plusSeconds(3600);
        assertDoubted(registry, "0 of 1 models");
        assertThat(registry.list("")).isEmpty();
    }

    @Test
    void nothingOfADoubtfulListingIsRemembered() {
        RememberingRegistry registry = look();
        origin.listOnly(_ -> false);
        assertDoubted(registry, "0 of 1 models");
        registry.save();
        unreachable();

        assertThat(restarted().list("")).hasSize(3);
        assertThat(restarted().read("iris/model.json", MAX)).isPresent();
    }

    @Test
    void aListingThatIsWholeInBetweenOrLacksSomethingElseStartsTheMinuteOver() {
        for (int i = 0; i < 6; i++) {
            origin.put("m" + i + "/1/model.onnx", "the model");
        }
        RememberingRegistry registry = look();
        origin.listOnly(key -> key.startsWith("m0"));
        assertDoubted(registry, "1 of 7 models");
        now = now.plusSeconds(50);
        assertDoubted(registry, "1 of 7 models");
        now = now.plusSeconds(50);

        origin.listOnly(key -> key.startsWith("m1"));
        assertDoubted(registry, "1 of 7 models");
        now = now.plusSeconds(50);
        assertDoubted(registry, "1 of 7 models");
        origin.listOnly(_ -> true);
        assertThat(registry.list("")).hasSize(9);
        now = now.plusSeconds(50);

        origin.listOnly(key -> key.startsWith("m1"));
        assertDoubted(registry, "1 of 7 models");
    }

    @Test
    void aDeletionInASmallRegistryIsBelievedAtOnce() {
        origin.put("wine/1/model.onnx", "the model");
        RememberingRegistry registry = look();

        origin.delete("wine/1/model.onnx");

        assertThat(registry.list("")).hasSize(3);
    }

    @Test
    void aStartThatSeesAnEmptyListingGoesByWhatTheLastProcessSaw() {
        look();
        origin.listOnly(_ -> false);
        RememberingRegistry registry = restarted();
        registry.read(".serin/generation", MAX);

        assertThat(registry.list("")).hasSize(3);
        assertThat(registry.unreachable()).containsInstanceOf(DoubtfulListingException.class);
        assertThat(registry.isListingDue()).isFalse();

        registry.read(".serin/generation", MAX);
        assertThat(registry.unreachable()).containsInstanceOf(DoubtfulListingException.class);
        assertThat(registry.isListingDue()).isTrue();

        origin.listOnly(_ -> true);
        assertThat(registry.list("")).hasSize(3);
        assertThat(registry.unreachable()).isEmpty();
        assertThat(registry.isListingDue()).isFalse();
    }

    @Test
    void whatALaterProcessFindsToBeMuchLessMayHaveBeenDeletedMeanwhile() {
        for (int i = 0; i < 6; i++) {
            origin.put("m" + i + "/1/model.onnx", "the model");
        }
        look();
        for (int i = 0; i < 6; i++) {
            origin.delete("m" + i + "/1/model.onnx");
        }

        assertThat(restarted().list("")).hasSize(3);
    }

    @Test
    void aFirstListingOfMuchLessIsNotRememberedBeforeASecondOneIsBelieved() {
        for (int i = 0; i < 6; i++) {
            origin.put("m" + i + "/1/model.onnx", "the model");
        }
        look();
        origin.listOnly(key -> key.startsWith("m0"));
        RememberingRegistry registry = restarted();
        assertThat(registry.list("")).hasSize(1);
        registry.save();
        unreachable();
        assertThat(restarted().list("")).hasSize(9);

        origin.failWith((_, _) -> {});
        assertThat(registry.list("")).hasSize(1);
        registry.save();
        unreachable();
        assertThat(restarted().list("")).hasSize(1);
    }

    @Test
    void whatIsThereIsRememberedThoughAnOldListingLacksIt() {
        RememberingRegistry registry = look();
        origin.listOnly(key -> !key.equals("iris/model.json"));
        registry.list("");
        registry.read("iris/model.json", MAX);
        registry.save();
        unreachable();

        RememberingRegistry later = restarted();
        assertThat(later.list("")).extracting(object -> object.key()).contains("iris/model.json");
        assertThat(later.read("iris/model.json", MAX)).isPresent();
    }

    @Test
    void aDamagedMemoryIsNone() throws IOException {
        look();
        byte[] content = Files.readAllBytes(file());
        content[content.length - 6] ^= 1; // in the checksum of all that goes before
        Files.write(file(), content);
        unreachable();

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> restarted().list(""));
    }

    @Test
    void aMemoryThatWasCutShortIsNone() throws IOException {
        look();
        byte[] content = Files.readAllBytes(file());
        unreachable();
        for (int length = 0; length < content.length; length += 7) {
            Files.write(file(), java.util.Arrays.copyOf(content, length));

            assertThatExceptionOfType(RegistryException.class)
                    .as("%d of %d bytes", length, content.length)
                    .isThrownBy(() -> restarted().list(""));
        }
    }

    @Test
    void aScannerStartsFromMemoryAndGoesOnWithTheOrigin() {
        RegistryScanner.Options options =
                new RegistryScanner.Options(Duration.ofSeconds(10), Duration.ofMinutes(5), false);
        RememberingRegistry before = restarted();
        RegistrySnapshot seen = new RegistryScanner(before, options, () -> NOW).poll();
        before.save();
        unreachable();
        RegistryScanner scanner = new RegistryScanner(restarted(), options, () -> NOW);

        RegistrySnapshot remembered = scanner.poll();

        assertThat(remembered.models()).isEqualTo(seen.models()).hasSize(1);
        origin.failWith((_, _) -> {});
        origin.takeRequests();
        scanner.poll();
        assertThat(origin.takeRequests()).containsExactly(new Request(Operation.GET, ".serin/generation"));
    }

    @Test
    void twoDirectoriesOfTheSameRelativeNameAreRememberedApart(@TempDir Path projects) throws IOException {
        Path full = Files.createDirectories(projects.resolve("one/models/iris/1"));
        Files.writeString(full.resolve("model.onnx"), "the model");
        Path empty = Files.createDirectories(projects.resolve("two/models"));
        try (RememberingRegistry one = remembered(projects.resolve("one/models"));
                RememberingRegistry same = remembered(projects.resolve("two/../one/./models"))) {
            assertThat(one.list("")).hasSize(1);
            assertThat(one.identity()).isEqualTo(same.identity());
            one.save();
        }

        try (RememberingRegistry two = remembered(empty)) {
            assertThat(two.list("")).isEmpty();
            assertThat(two.unreachable()).isEmpty();
        }
    }

    /** As two processes name it that were started in different directories. */
    private RememberingRegistry remembered(Path directory) {
        return new RememberingRegistry(
                DirectoryRegistry.open(directory, "models", RegistryListener.NONE), store, () -> now);
    }

    private Path file() throws IOException {
        try (Stream<Path> files = Files.list(store.resolve("registries"))) {
            return files.findFirst().orElseThrow();
        }
    }
}
