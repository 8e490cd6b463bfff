package dev.serin.registry.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Concurrently;
import dev.serin.registry.Digest;
import dev.serin.registry.Digests;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.Manifest;
import dev.serin.registry.RegisteredVersion.HandDropped;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.disk.Disk;
import dev.serin.registry.store.LocalStore.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store with room for three versions of 10 bytes. A second one on the same folder stands for a second process. */
class BoundedStoreTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final long ROOM = 30;

    @TempDir
    private Path root;

    private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);
    private final InMemoryRegistry registry = new InMemoryRegistry(clock::get);
    private final List<Digest> evicted = new ArrayList<>();
    private final AtomicLong holds = new AtomicLong();
    private final List<LocalStore> stores = new ArrayList<>();
    private final StoreListener listener = new StoreListener() {
        @Override
        public void holds(long bytes) {
            holds.set(bytes);
        }

        @Override
        public void evicted(Digest digest, long bytes, Instant lastUse) {
            evicted.add(digest);
        }
    };

    @AfterEach
    void close() {
        stores.forEach(LocalStore::close);
    }

    private LocalStore open() {
        return open(ROOM);
    }

    private LocalStore open(long maxBytes) {
        LocalStore store = LocalStore.open(root, maxBytes, listener, clock::get);
        stores.add(store);
        return store;
    }

    private static String content(String name, int bytes) {
        return (name + "-".repeat(bytes)).substring(0, bytes);
    }

    /** A version of so many bytes in the registry. */
    private static Manifest manifest(InMemoryRegistry registry, String name, int bytes) {
        String content = content(name, bytes);
        registry.put(name + "/1/model.onnx", content);
        return new Manifest(
                VersionId.parse(name + "/1"),
                NOW,
                List.of(new Artifact(ArtifactPath.MODEL, bytes, Digests.of(content))),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode());
    }

    private Manifest manifest(String name) {
        return manifest(registry, name, 10);
    }

    /** A second later, so that the order of uses is clear. */
    private StoredVersion fetch(LocalStore store, String name) {
        clock.updateAndGet(now -> now.plusSeconds(1));
        return store.fetch(registry, manifest(name), Progress.NONE);
    }

    private void use(LocalStore store, String... names) {
        for (String name : names) {
            fetch(store, name).close();
        }
    }

    private List<String> present() throws IOException {
        try (Stream<Path> all = Files.list(root.resolve("versions"))) {
            return all.map(folder -> folder.resolve("model.onnx"))
                    .map(BoundedStoreTest::nameIn)
                    .sorted()
                    .toList();
        }
    }

    private static String nameIn(Path file) {
        try {
            String content = Files.readString(file);
            return content.substring(0, content.indexOf('-'));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatAVersionWeighsIsKnownToTheNextProcessAndGoesWithTheCopy() {
        try (StoredVersion a = fetch(open(), "a")) {
            assertThat(a.footprint()).isEmpty();
            a.rememberFootprint(123);
        }
        LocalStore next = open();
        try (StoredVersion a = fetch(next, "a")) {
            assertThat(a.footprint()).hasValue(123);
        }

        use(next, "b", "c", "d"); // for which a goes

        try (StoredVersion again = fetch(next, "a")) {
            assertThat(again.footprint()).isEmpty();
        }
    }

    @Test
    void aWeightThatIsNewsIsKept() {
        try (StoredVersion a = fetch(open(), "a")) {
            a.rememberFootprint(1_000);

            a.rememberFootprint(995);
            assertThat(a.footprint()).as("as good as the same").hasValue(1_000);

            a.rememberFootprint(1_001);
            assertThat(a.footprint()).as("more, however little").hasValue(1_001);

            a.rememberFootprint(900);
            assertThat(a.footprint()).as("much less").hasValue(900);
        }
    }

    @Test
    void aWeightThatCannotBeReadIsNotKnown() throws IOException {
        LocalStore store = open();
        for (String written : List.of("", "heavy", "-5", "0", "1.5", "99999999999999999999")) {
            try (StoredVersion a = fetch(store, "a")) {
                a.rememberFootprint(123);
                Files.writeString(root.resolve("footprints/" + a.digest().hex()), written);

                assertThat(a.footprint()).as(written).isEmpty();
            }
        }
    }

    @Test
    void theLongestUnusedGoesForANewOne() throws IOException {
        LocalStore store = open();
        use(store, "a", "b", "c", "a");
        assertThat(holds).hasValue(30);

        use(store, "d");

        assertThat(present()).containsExactly("a", "c", "d");
        assertThat(evicted).containsExactly(manifest("b").versionDigest());
        assertThat(holds).hasValue(30);
        assertThat(root.resolve("tmp")).isEmptyDirectory();
    }

    @Test
    void whenEachWasLastUsedOutlivesTheProcess() throws IOException {
        LocalStore first = open();
        use(first, "a", "b", "c", "a");
        first.close();

        LocalStore second = open();
        assertThat(holds).hasValue(30);
        use(second, "d");

        assertThat(present()).containsExactly("a", "c", "d");
    }

    @Test
    void lettingGoIsAUseToo() throws IOException {
        LocalStore store = open();
        StoredVersion a = fetch(store, "a");
        use(store, "b", "c");
        clock.updateAndGet(now -> now.plusSeconds(1));
        a.close();

        use(store, "d");

        assertThat(present()).containsExactly("a", "c", "d");
    }

    @Test
    void whatIsInUseIsSparedAsLongAsAnybodyHasAShareOfIt() throws IOException {
        LocalStore store = open();
        StoredVersion a = fetch(store, "a");
        StoredVersion share = a.share();
        a.close();
        a.close();
        use(store, "b", "c");

        use(store, "d", "e", "f");
        assertThat(present()).containsExactly("a", "e", "f");

        share.close();
        use(store, "e", "f", "g");
        assertThat(present()).containsExactly("e", "f", "g");
    }

    @Test
    void whatAnotherProcessUsesIsSparedUntilItLetsGoOrEnds() throws IOException {
        LocalStore store = open();
        LocalStore other = open();
        StoredVersion a = fetch(other, "a");
        fetch(other, "b");
        use(store, "c", "d");
        assertThat(present()).containsExactly("a", "b", "d");

        a.close();
        use(store, "d", "e");
        assertThat(present()).containsExactly("b", "d", "e");

        other.close();
        use(store, "d", "e", "f");
        assertThat(present()).containsExactly("d", "e", "f");
    }

    @Test
    void theMarksOfTheDeadSpareNothing() throws IOException {
        LocalStore store = open();
        use(store, "a", "b", "c");
        Files.createFile(root.resolve("in-use/dead.lock"));
        Path dead = Files.createDirectory(root.resolve("in-use/dead"));
        Files.createFile(dead.resolve(manifest("a").versionDigest().hex()));
        Files.createFile(dead.resolve("reserved-1-30"));

        use(store, "d");

        assertThat(present()).containsExactly("b", "c", "d");
        assertThat(dead).doesNotExist();
    }

    @Test
    void aProcessThatIsKilledUsesNothingAnyMore() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherProcess.class.getName(),
                        root.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        LocalStore store = open();
        try {
            assertThat(other.inputReader().readLine()).isEqualTo("a is in use");
            use(store, "b", "c", "d");
            assertThat(present()).containsExactly("a", "c", "d");
        } finally {
            other.destroyForcibly().waitFor();
        }

        use(store, "c", "d", "e");
        assertThat(present()).containsExactly("c", "d", "e");
    }

    /** Uses {@code a} until it is killed. */
    static final class OtherProcess {
        private OtherProcess() {}

        static void main(String[] args) throws IOException {
            InMemoryRegistry registry = new InMemoryRegistry(() -> NOW);
            try (LocalStore store = LocalStore.open(Path.of(args[0]), ROOM, StoreListener.NONE, () -> NOW);
                    StoredVersion _ = store.fetch(registry, manifest(registry, "a", 10), Progress.NONE)) {
                System.out.println("a is in use");
                int _ = System.in.read();
            }
        }
    }

    @Test
    void whatAnotherProcessHasFetchedCounts() throws IOException {
        LocalStore store = open();
        use(store, "a");
        use(open(), "b", "c");

        use(store, "d");

        assertThat(present()).containsExactly("b", "c", "d");
    }

    @Test
    void withoutRoomAVersionIsRefusedWithFiguresAndNotAskedFor() {
        LocalStore store = open(3 << 20);
        store.fetch(registry, manifest(registry, "a", 2 << 20), Progress.NONE);
        Manifest b = manifest(registry, "b", (1 << 20) + (1 << 19));
        Manifest huge = manifest(registry, "huge", 5 << 20);
        registry.takeRequests();

        assertThatExceptionOfType(NoRoomException.class)
                .isThrownBy(() -> store.fetch(registry, b, Progress.NONE))
                .withMessage("the local store has no room: b/1 needs 1.5 MiB; 2.0 of 3.0 MiB are of versions in use")
                .extracting(LocalStoreException::reason)
                .isEqualTo("the local store has no room: b/1 needs 1.5 MiB; 2.0 of 3.0 MiB are of versions in use");
        assertThatExceptionOfType(NoRoomException.class)
                .isThrownBy(() -> store.fetch(registry, huge, Progress.NONE))
                .withMessage("the local store has no room: huge/1 needs 5.0 MiB, more than all of its 3.0 MiB");
        assertThat(registry.takeRequests()).isEmpty();
        assertThat(evicted).isEmpty();
    }

    @Test
    void whatIsOnItsWayCountsInEveryProcess() throws IOException {
        LocalStore store = open(25);
        LocalStore other = open(25);
        List<String> refused = new ArrayList<>();

        StoredVersion a = store.fetch(registry, manifest("a"), (_, _) -> {
            for (LocalStore each : List.of(store, other)) {
                try (StoredVersion _ = each.fetch(registry, manifest("b"), Progress.NONE)) {
                    each.fetch(registry, manifest("c"), Progress.NONE).close();
                } catch (NoRoomException e) {
                    refused.add(e.getMessage());
                }
            }
        });
        assertThat(present()).containsExactly("a", "b");
        assertThat(refused)
                .hasSize(2)
                .containsOnly("the local store has no room: c/1 needs 10 bytes; 20 of 25 bytes are of versions in use");

        use(other, "c"); // neither is on its way any more, and b not in use
        assertThat(present()).containsExactly("a", "c");
        a.close();
    }

    @Test
    void aDownloadThatFailedGivesItsRoomBack() throws IOException {
        LocalStore store = open();
        Manifest a = manifest("a");
        registry.delete("a/1/model.onnx");
        for (int attempt = 0; attempt < 4; attempt++) {
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> store.fetch(registry, a, Progress.NONE));
        }

        try (StoredVersion _ = fetch(store, "b");
                StoredVersion _ = fetch(store, "c");
                StoredVersion _ = fetch(store, "d")) {
            assertThat(present()).containsExactly("b", "c", "d");
        }
    }

    @Test
    void aVersionCopiedInByHandIsBoundedAndSparedTheSameWay() throws IOException {
        LocalStore store = open();
        manifest("a");
        HandDropped byHand = new HandDropped(VersionId.parse("a/1"), NOW, registry.list("a/1/"), true);
        StoredVersion a = store.fetch(registry, byHand, Progress.NONE);
        use(store, "b", "c", "d");
        assertThat(present()).containsExactly("a", "c", "d");

        a.close();
        store.fetch(registry, byHand, Progress.NONE).close();
        use(store, "d", "e", "f");
        assertThat(present()).containsExactly("d", "e", "f");
        assertThat(store.fetch(registry, byHand, Progress.NONE).downloadTook()).isPositive();
    }

    @Test
    void whatIsInUseIsMarkedAnewInAStoreThatWasDeleted() throws IOException {
        LocalStore store = open();
        fetch(store, "a");
        Disk.deleteTree(root);

        fetch(store, "b");
        use(store, "a");
        use(open(), "c", "d", "e");

        assertThat(present()).containsExactly("a", "b", "e");
    }

    @Test
    void whatCouldNotBeMarkedIsMarkedAsSoonAsAnythingCan() throws IOException {
        use(open(), "a");
        LocalStore store = open();
        Disk.deleteTree(root.resolve("in-use"));
        Files.createFile(root.resolve("in-use"));
        StoredVersion a = fetch(store, "a");
        Files.delete(root.resolve("in-use"));

        use(store, "b");
        use(open(), "c", "d", "e");

        assertThat(present()).containsExactly("a", "d", "e");
        a.close();
    }

    @RepeatedTest(20)
    void whateverComesTogetherTheBoundHoldsAndWhatIsInUseIsThere() throws Exception {
        List<LocalStore> both = List.of(open(), open());
        List<Manifest> versions =
                Stream.of("a", "b", "c", "d", "e").map(this::manifest).toList();

        List<Integer> fetched = Concurrently.call(4, thread -> () -> {
            Random random = new Random(thread);
            int served = 0;
            for (int round = 0; round < 15; round++) {
                Manifest version = versions.get(random.nextInt(versions.size()));
                try (StoredVersion stored = both.get(thread % 2).fetch(registry, version, Progress.NONE)) {
                    assertThat(nameIn(stored.directory().resolve("model.onnx")))
                            .isEqualTo(version.id().model().value());
                    assertThat(root.resolve("versions").toFile().list()).hasSizeLessThanOrEqualTo(3);
                    served++;
                } catch (NoRoomException e) {
                    // three others are in use just now
                }
            }
            return served;
        });

        assertThat(fetched).allSatisfy(served -> assertThat(served).isPositive());
    }
}
