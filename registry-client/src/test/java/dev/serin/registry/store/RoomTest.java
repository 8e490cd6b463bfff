package dev.serin.registry.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.serin.registry.Digest;
import dev.serin.registry.Digests;
import dev.serin.registry.VersionId;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Room for three copies of 10 bytes, among copies that are in the way. */
class RoomTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final VersionId IRIS_2 = VersionId.parse("iris/2");

    @TempDir
    private Path root;

    private final List<Digest> evicted = new ArrayList<>();
    private final AtomicLong holds = new AtomicLong();

    @BeforeEach
    void createFolders() throws IOException {
        Files.createDirectory(root.resolve("versions"));
        Files.createDirectory(root.resolve("trash"));
    }

    private InUse inUse() {
        return new InUse(root.resolve("in-use"), _ -> {});
    }

    private Room room(InUse inUse) {
        return new Room(
                root.resolve("versions"),
                new Footprints(root.resolve("footprints"), root.resolve("tmp")),
                inUse,
                30,
                new StoreListener() {
                    @Override
                    public void holds(long bytes) {
                        holds.set(bytes);
                    }

                    @Override
                    public void evicted(Digest digest, long bytes, Instant lastUse) {
                        evicted.add(digest);
                    }
                });
    }

    private Path folder(String name) {
        return root.resolve("versions/" + Digests.of(name).hex());
    }

    private Digest copy(String name, int second) throws IOException {
        Path folder = Files.createDirectory(folder(name));
        Files.writeString(folder.resolve("model.onnx"), "0123456789");
        new VersionFolder(folder).used(NOW.plusSeconds(second));
        return Digests.of(name);
    }

    /** So that it cannot be moved there, whoever asks. */
    private void block(Digest digest) throws IOException {
        Files.createFile(root.resolve("trash/" + digest.hex()));
    }

    @Test
    void anotherOneGoesInsteadOfOneThatCannotBeMoved() throws IOException {
        Digest a = copy("a", 1);
        Digest b = copy("b", 2);
        copy("c", 3);
        block(a);
        try (InUse inUse = inUse()) {
            room(inUse).make(IRIS_2, 10, root.resolve("trash")).close();
        }

        assertThat(evicted).containsExactly(b);
        assertThat(folder("a")).isDirectory();
        assertThat(folder("c")).isDirectory();
        assertThat(holds).hasValue(20);
    }

    @Test
    void withoutRoomBecauseNothingCanBeMovedTheFailureIsThatOfTheDisk() throws IOException {
        for (String name : List.of("a", "b", "c")) {
            block(copy(name, 1));
        }
        try (InUse inUse = inUse()) {
            Room room = room(inUse);

            assertThatExceptionOfType(FileSystemException.class)
                    .isThrownBy(() -> room.make(IRIS_2, 10, root.resolve("trash")));
        }

        assertThat(evicted).isEmpty();
        assertThat(holds).hasValue(30);
    }

    /** Folders so deep that no path reaches the innermost, not even root's. */
    private void tooDeep(String name) throws IOException {
        Path chain = Files.createDirectory(root.resolve("chain"));
        for (int i = 0; i < 25; i++) {
            Path outer = Files.createDirectory(root.resolve("outer"));
            Files.move(chain, outer.resolve("n".repeat(200)));
            Files.move(outer, chain);
        }
        Files.move(chain, folder(name));
    }

    @AfterEach
    void takeApartWhatIsTooDeep() throws IOException {
        Path chain = folder("deep");
        while (Files.exists(chain)) {
            Path inner = chain.resolve("n".repeat(200));
            Path out = root.resolve("out");
            if (Files.exists(inner)) {
                Files.move(inner, out);
            }
            Files.delete(chain);
            if (Files.exists(out)) {
                Files.move(out, chain);
            }
        }
    }

    @Test
    void aCopyWhoseSizeCannotBeFoundOutBlocksNoDownload() throws IOException {
        copy("a", 1);
        copy("b", 2);
        copy("c", 3);
        tooDeep("deep");
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> new VersionFolder(folder("deep")).bytes());
        try (InUse inUse = inUse()) {
            Room room = room(inUse);
            room.look();
            assertThat(holds).hasValue(30);

            room.make(IRIS_2, 10, root.resolve("trash")).close();
        }

        assertThat(evicted).containsExactly(Digests.of("a"));
        assertThat(folder("deep")).isDirectory();
    }
}
