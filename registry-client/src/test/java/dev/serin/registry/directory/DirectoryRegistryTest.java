package dev.serin.registry.directory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.serin.registry.Concurrently;
import dev.serin.registry.ConflictException;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryContractTest;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.RegistryWriter.Condition;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryRegistryTest extends RegistryContractTest {
    @TempDir
    private Path folder;

    private final List<String> heard = new CopyOnWriteArrayList<>();
    private Path root = Path.of("unset");
    private Optional<DirectoryRegistry> registry = Optional.empty();

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectory(folder.resolve("models"));
        registry = Optional.of(open(root));
    }

    private DirectoryRegistry open(Path directory) {
        RegistryListener listener = (operation, reached, took) -> {
            assertThat(took).isPositive();
            heard.add(operation + (reached ? "" : " failed"));
        };
        return DirectoryRegistry.open(directory, "models/", listener);
    }

    @Override
    protected RegistryWriter registry() {
        return registry.orElseThrow();
    }

    @Override
    protected void putByHand(String key, byte[] content) throws IOException {
        Path file = root.resolve(key);
        Files.createDirectories(file.resolve("..").normalize());
        Files.write(file, content);
    }

    @Override
    protected List<String> junkKeys() {
        Charset names = Charset.forName(System.getProperty("sun.jnu.encoding"));
        return super.junkKeys().stream()
                .filter(key -> names.newEncoder().canEncode(key))
                .toList();
    }

    @Test
    void itSaysWhereItIsInTheUsersWords() {
        assertThat(registry().location()).isEqualTo("models/ (directory)");
    }

    @Test
    void aMissingDirectoryIsNamedAsTheUserNamedIt() {
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> DirectoryRegistry.open(folder.resolve("nowhere"), "./nowhere", RegistryListener.NONE))
                .withMessage("Cannot open the registry ./nowhere: there is no such file or directory");
    }

    @Test
    void aFileIsNoRegistry() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> DirectoryRegistry.open(file, "./file", RegistryListener.NONE))
                .withMessage("Cannot open the registry ./file: it is not a directory");
    }

    @Test
    void aRootThatVanishedIsAFailureNotAnEmptyRegistry() throws IOException {
        write("iris/1/model.onnx", "x");
        Files.move(root, folder.resolve("elsewhere"));

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> registry().list(""));
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> registry().folders());
        assertThatExceptionOfType(RegistryException.class).isThrownBy(() -> read("iris/1/model.onnx"));
    }

    @Test
    void theRootMayBeALinkThatIsSwitched() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("current"), root);
        write("iris/1/model.onnx", "old");
        try (DirectoryRegistry linked = open(link)) {
            assertThat(linked.list("")).hasSize(1);

            Path other = Files.createDirectories(folder.resolve("release-2"));
            Files.delete(link);
            Files.createSymbolicLink(link, other);

            assertThat(linked.list("")).isEmpty();
        }
    }

    @Test
    void readingWritesNothing() throws IOException {
        putByHand("iris/1/model.onnx", new byte[] {1});

        registry().list("");
        read("iris/1/model.onnx");
        registry().refresh(".serin/generation", MAX, "tag");
        registry().close();

        assertThat(root).isDirectoryNotContaining("glob:**/.serin");
    }

    @Test
    void nothingButTheObjectsIsListedAfterWriting() {
        write("iris/1/model.onnx", "x");
        write(".serin/generation", "x");

        assertThat(registry().list(""))
                .map(RegistryObject::key)
                .containsExactly(".serin/generation", "iris/1/model.onnx");
    }

    @Test
    void linksAreNeitherObjectsNorFollowed() throws IOException {
        Path secret = Files.createDirectory(folder.resolve("secret"));
        Files.writeString(secret.resolve("canary"), "secret");
        write("iris/1/model.onnx", "x");
        Files.createSymbolicLink(root.resolve("iris/2"), secret);
        Files.createSymbolicLink(root.resolve("iris/1/canary"), secret.resolve("canary"));
        Files.createSymbolicLink(root.resolve("iris/latest"), root.resolve("iris/1"));

        assertThat(registry().list("")).map(RegistryObject::key).containsExactly("iris/1/model.onnx");
        Files.createSymbolicLink(root.resolve("other"), secret);
        assertThat(registry().folders()).containsExactly("iris");
        assertThat(registry().list("iris/2/")).isEmpty();
        assertThat(registry().list("iris/latest/")).isEmpty();
        for (String key : List.of("iris/2/canary", "iris/1/canary", "iris/latest/model.onnx")) {
            assertThat(read(key)).isEmpty();
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> registry().open(key));
        }
    }

    @Test
    void nothingIsWrittenThroughALink() throws IOException {
        Path secret = Files.createDirectory(folder.resolve("secret"));
        Path canary = Files.writeString(secret.resolve("canary"), "secret");
        Files.createSymbolicLink(root.resolve("link"), secret);
        Files.createSymbolicLink(root.resolve("file"), canary);

        for (String key : List.of("link/canary", "link/new", "file")) {
            assertThatExceptionOfType(RegistryException.class).isThrownBy(() -> write(key, "changed"));
            registry().delete(key);
        }

        assertThat(secret).isDirectoryContaining(canary::equals).isDirectoryNotContaining("glob:**/new");
        assertThat(canary).hasContent("secret");
    }

    @Test
    void aFileThatIsNotRegularIsNoObject() throws Exception {
        write("iris/1/model.onnx", "x");
        Process mkfifo =
                new ProcessBuilder("mkfifo", root.resolve("iris/1/pipe").toString()).start();
        assertThat(mkfifo.waitFor()).isZero();

        assertThat(registry().list("")).map(RegistryObject::key).containsExactly("iris/1/model.onnx");
        assertThat(read("iris/1/pipe")).isEmpty();
    }

    @Test
    void filesThatVanishDuringAListingAreNoFailure() throws Exception {
        for (int i = 0; i < 200; i++) {
            putByHand("iris/%d/model.onnx".formatted(i), new byte[] {1});
        }

        Concurrently.call(2, thread -> () -> {
            if (thread == 0) {
                for (int i = 0; i < 200; i++) {
                    Files.delete(root.resolve("iris/%d/model.onnx".formatted(i)));
                    Files.delete(root.resolve("iris/%d".formatted(i)));
                }
            } else {
                for (int i = 0; i < 20; i++) {
                    registry().list("");
                }
            }
            return true;
        });

        assertThat(registry().list("")).isEmpty();
    }

    @Test
    void aFolderThatMayNotBeReadIsAFailureUnlessNoModelCouldLieThere() throws IOException {
        DirectoryListing listing = new DirectoryListing(root, "");

        for (String key : List.of("iris", "iris/1", "iris/1/labels/en")) {
            assertThatExceptionOfType(AccessDeniedException.class)
                    .isThrownBy(() -> listing.visitFileFailed(root.resolve(key), new AccessDeniedException(key)));
        }
        assertThat(listing.visitFileFailed(root.resolve("lost+found"), new AccessDeniedException("lost+found")))
                .isEqualTo(FileVisitResult.CONTINUE);
    }

    @Test
    void aTagChangesWithEveryChangeByHand() throws IOException {
        Set<String> tags = Stream.of("one", "two", "three", "four")
                .map(content -> {
                    try {
                        putByHand("iris/1/model.onnx", content.getBytes(UTF_8));
                        Files.setLastModifiedTime(
                                root.resolve("iris/1/model.onnx"), FileTime.fromMillis(content.hashCode()));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return registry().list("iris/").getFirst().tag();
                })
                .collect(Collectors.toSet());

        assertThat(tags).hasSize(4);
    }

    @Test
    void noTagComesTwiceHoweverFastTheWrites() {
        List<String> tags = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            tags.add(write("iris/model.json", "same"));
        }

        assertThat(tags).doesNotHaveDuplicates();
    }

    @Test
    void aWriteIsYoungerThanWhatItReplacesWhateverTheClockSays() throws IOException {
        FileTime future = FileTime.from(Instant.parse("2100-01-01T00:00:00Z"));
        write("iris/model.json", "same");
        Files.setLastModifiedTime(root.resolve("iris/model.json"), future);

        write("iris/model.json", "same");

        assertThat(Files.getLastModifiedTime(root.resolve("iris/model.json"))).isGreaterThan(future);
    }

    @Test
    void everyOperationIsHeardOf() throws IOException {
        write("iris/1/model.onnx", "x");
        registry().upload("iris/1/labels.txt", Files.writeString(folder.resolve("labels.txt"), "a"));
        registry().list("iris/");
        read("iris/1/model.onnx");
        registry().refresh("iris/1/model.onnx", MAX, "tag");
        try (InputStream _ = registry().open("iris/1/model.onnx")) {
            registry().delete("iris/1/model.onnx");
        }
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> registry().open("iris/1/model.onnx"));

        assertThat(heard)
                .containsExactly("PUT", "PUT", "LIST", "GET", "GET", "GET", "DELETE", Operation.GET + " failed");
    }

    @Test
    void whatADeadWriterLeftIsClearedByTheNextWrite() throws IOException {
        Path temporary = Files.createDirectories(root.resolve(".serin/tmp"));
        Files.createFile(temporary.resolve("dead.lock"));
        Files.writeString(Files.createDirectory(temporary.resolve("dead")).resolve("object"), "half");

        write("iris/1/model.onnx", "x");

        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void aFailedWriteLeavesNothingBehind() throws IOException {
        putByHand("iris", new byte[] {1});

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> write("iris/1/model.onnx", "x"))
                .withMessageContaining("Cannot write iris/1/model.onnx in models/ (directory)");

        assertThat(registry().list("")).hasSize(1);
        assertThat(root.resolve(".serin/tmp")).isEmptyDirectory();
    }

    @Test
    void writersInSeveralProcessesLoseNoUpdate() throws Exception {
        write("counter", "1000");

        List<Process> others = List.of(startIncrements(), startIncrements());
        for (int i = 0; i < 30; i++) {
            while (!IncrementingProcess.tryIncrement(registry())) {
                Thread.onSpinWait();
            }
        }

        for (Process other : others) {
            assertThat(other.waitFor()).isZero();
        }
        assertThat(read("counter")).hasValue("1090");
    }

    private Process startIncrements() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        IncrementingProcess.class.getName(),
                        root.toString())
                .inheritIO()
                .start();
    }

    /** Another process that increments the counter. */
    static final class IncrementingProcess {
        private IncrementingProcess() {}

        static void main(String[] args) {
            try (DirectoryRegistry registry =
                    DirectoryRegistry.open(Path.of(args[0]), args[0], RegistryListener.NONE)) {
                for (int i = 0; i < 30; i++) {
                    while (!tryIncrement(registry)) {
                        Thread.onSpinWait();
                    }
                }
            }
        }

        static boolean tryIncrement(RegistryWriter registry) {
            var content = registry.read("counter", MAX).orElseThrow();
            int next = Integer.parseInt(new String(content.bytes(), UTF_8)) + 1;
            try {
                registry.write("counter", Integer.toString(next).getBytes(UTF_8), new Condition.IfTag(content.tag()));
                return true;
            } catch (ConflictException _) {
                return false;
            }
        }
    }
}
