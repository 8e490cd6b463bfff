package dev.serin.registry.store;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.VerificationException;
import dev.serin.registry.VersionId;
import dev.serin.registry.directory.DirectoryRegistry;
import dev.serin.registry.disk.Disk;
import dev.serin.registry.store.LocalStore.Progress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LocalStoreTest {
    private static final VersionId IRIS_2 = VersionId.parse("iris/2");
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

    @TempDir
    private Path root;

    private final InMemoryRegistry registry = new InMemoryRegistry(InstantSource.fixed(NOW));
    private Optional<LocalStore> opened = Optional.empty();

    @BeforeEach
    void openStore() {
        registry.put("iris/2/labels/en.txt", "setosa");
        registry.put("iris/2/model.onnx", "the model");
        opened = Optional.of(LocalStore.open(root));
    }

    @AfterEach
    void closeStore() {
        store().close();
    }

    private LocalStore store() {
        return opened.orElseThrow();
    }

    private static Digest digest(String content) {
        try {
            return Digests.of(new ByteArrayInputStream(content.getBytes(UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Artifact artifact(String path, String content) {
        return new Artifact(new ArtifactPath(path), content.length(), digest(content));
    }

    private static Manifest manifest(Artifact... files) {
        return new Manifest(
                IRIS_2,
                NOW,
                List.of(files),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode());
    }

    private static Manifest manifest() {
        return manifest(artifact("labels/en.txt", "setosa"), artifact("model.onnx", "the model"));
    }

    private HandDropped handDropped() {
        HandDropped version = new HandDropped(IRIS_2, NOW, registry.list("iris/2/"), true);
        registry.takeRequests();
        return version;
    }

    /** All but the marks of what is in use. */
    private List<String> files(String folder) throws IOException {
        try (Stream<Path> all = Files.walk(root.resolve(folder))) {
            return all.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .filter(file -> !file.startsWith("in-use/"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theFilesOfAVersionAreFetchedIntoTheFolderOfItsDigest() throws IOException {
        StoredVersion version = store().fetch(registry, manifest(), Progress.NONE);

        Digest digest = manifest().versionDigest();
        assertThat(version.digest()).isEqualTo(digest);
        assertThat(version.directory()).isEqualTo(root.resolve("versions/" + digest));
        assertThat(version.files()).isEqualTo(manifest().files());
        assertThat(version.downloadTook()).isPositive();
        assertThat(version.verifyTook()).isZero();
        assertThat(version.directory().resolve("model.onnx")).hasContent("the model");
        assertThat(version.directory().resolve("labels/en.txt")).hasContent("setosa");
        assertThat(root.resolve("tmp")).isEmptyDirectory();
    }

    @Test
    void aVersionIsFetchedOnce() {
        StoredVersion first = store().fetch(registry, manifest(), Progress.NONE);
        registry.takeRequests();

        StoredVersion second = store().fetch(registry, manifest(), Progress.NONE);

        assertThat(registry.takeRequests()).isEmpty();
        assertThat(second.directory()).isEqualTo(first.directory());
        assertThat(second.downloadTook()).isZero();
        assertThat(second.verifyTook()).isZero();
    }

    @Test
    void progressEndsWithAllBytes() {
        List<String> progress = new ArrayList<>();

        store().fetch(registry, manifest(), (done, total) -> progress.add(done + " of " + total));

        assertThat(progress).containsExactly("6 of 15", "15 of 15");
    }

    @Test
    void bytesOfAnotherDigestAreRefused() throws IOException {
        registry.put("iris/2/model.onnx", "the m0del");

        assertThatExceptionOfType(VerificationException.class)
                .isThrownBy(() -> store().fetch(registry, manifest(), Progress.NONE))
                .withMessage("model.onnx does not match its manifest: sha256 is %s…, the manifest says %s…"
                        .formatted(
                                digest("the m0del").abbreviated(),
                                digest("the model").abbreviated()));
        assertThat(files("")).isEmpty();
    }

    @Test
    void fewerBytesThanPromisedAreRefused() throws IOException {
        registry.put("iris/2/model.onnx", "the mod");

        assertThatExceptionOfType(VerificationException.class)
                .isThrownBy(() -> store().fetch(registry, manifest(), Progress.NONE))
                .withMessage("model.onnx does not match its manifest: it has 7 bytes, the manifest says 9");
        assertThat(files("")).isEmpty();
    }

    @Test
    void moreBytesThanPromisedAreNotEvenRead() throws IOException {
        registry.put("iris/2/model.onnx", new byte[10 << 20]);
        List<Long> progress = new ArrayList<>();

        assertThatExceptionOfType(VerificationException.class)
                .isThrownBy(() -> store().fetch(registry, manifest(), (done, _) -> progress.add(done)))
                .withMessage("model.onnx does not match its manifest: it has more than the 9 bytes the manifest says");
        assertThat(progress).hasSize(2);
        assertThat(files("")).isEmpty();
    }

    @Test
    void aMissingFileIsAFailureThatMayMendItself() throws IOException {
        registry.delete("iris/2/model.onnx");

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> store().fetch(registry, manifest(), Progress.NONE))
                .isNotInstanceOf(VerificationException.class)
                .withMessageContaining("iris/2/model.onnx");
        assertThat(files("")).isEmpty();

        registry.put("iris/2/model.onnx", "the model");
        assertThat(store().fetch(registry, manifest(), Progress.NONE).directory())
                .isDirectory();
    }

    @Test
    void aStoreThatCannotBeWrittenSaysWhereAndWhy() throws IOException {
        Files.delete(root.resolve("tmp"));
        Files.createFile(root.resolve("tmp"));

        assertThatExceptionOfType(LocalStoreException.class)
                .isThrownBy(() -> store().fetch(registry, manifest(), Progress.NONE))
                .withMessageContaining(root.resolve("tmp").toString())
                .withCauseInstanceOf(IOException.class)
                .extracting(LocalStoreException::reason)
                .isEqualTo("the local store cannot be written: a file is in the way of a folder");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aStoreThatIsThereAndCannotBeWrittenIsOpenedAndSaysSo() {
        List<String> told = new ArrayList<>();
        StoreListener listener = new StoreListener() {
            @Override
            public void unwritable(LocalStoreException cause) {
                told.add(cause.getMessage());
            }
        };

        try (LocalStore store = LocalStore.open(Path.of("/proc/self"), 1 << 20, listener, InstantSource.system())) {
            assertThat(told).singleElement().asString().startsWith("Cannot write to the store /proc/self: ");
            assertThatExceptionOfType(LocalStoreException.class)
                    .isThrownBy(() -> store.fetch(registry, manifest(), Progress.NONE));
        }
    }

    @Test
    void copiesInAStoreThatCannotBeWrittenAreUsed() throws IOException {
        store().fetch(registry, manifest(), Progress.NONE);
        registry.takeRequests();
        Files.delete(root.resolve("tmp"));
        Files.createFile(root.resolve("tmp"));

        assertThat(store().fetch(registry, manifest(), Progress.NONE).directory())
                .isDirectory();

        assertThat(registry.takeRequests()).isEmpty();
    }

    @Test
    void aCopyIsGoodEvenIfItCannotBeRememberedWhatItIsACopyOf() throws IOException {
        Files.createFile(root.resolve("copied-in"));

        StoredVersion version = store().fetch(registry, handDropped(), Progress.NONE);

        assertThat(version.directory().resolve("model.onnx")).hasContent("the model");
        assertThat(root.resolve("tmp")).isEmptyDirectory();
    }

    @Test
    void aStoreWhereAFileIsInTheWayIsNotOpened() throws IOException {
        Path file = Files.createFile(root.resolve("file"));

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> LocalStore.open(file))
                .withMessage("Cannot open the store " + file + ": Not a directory");
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> LocalStore.open(file.resolve("store")))
                .withMessageStartingWith("Cannot open the store " + file);
    }

    @Test
    void afterARestartTheBytesAreDigestedAgainButNotFetched() {
        store().fetch(registry, manifest(), Progress.NONE);
        registry.takeRequests();

        StoredVersion version = LocalStore.open(root).fetch(registry, manifest(), Progress.NONE);

        assertThat(registry.takeRequests()).isEmpty();
        assertThat(version.downloadTook()).isZero();
        assertThat(version.verifyTook()).isPositive();
    }

    @Test
    void afterARestartTheRegistryNeedNotBeThere() {
        store().fetch(registry, manifest(), Progress.NONE);
        registry.failWith((_, _) -> {
            throw new RegistryException("out of reach");
        });

        assertThat(LocalStore.open(root)
                        .fetch(registry, manifest(), Progress.NONE)
                        .directory())
                .isDirectory();
    }

    private void tamper(Path file, Consumer<Path> how) throws IOException {
        FileTime modified = Files.getLastModifiedTime(file);
        how.accept(file);
        if (Files.exists(file)) {
            Files.setLastModifiedTime(file, modified);
        }
    }

    private void assertThatItIsMended(LocalStore store) {
        registry.takeRequests();

        StoredVersion version = store.fetch(registry, manifest(), Progress.NONE);

        assertThat(registry.takeRequests()).isNotEmpty();
        assertThat(version.directory().resolve("model.onnx")).hasContent("the model");
        assertThat(version.directory()).isDirectoryNotContaining("glob:**/extra");
        assertThat(root.resolve("tmp")).isEmptyDirectory();
    }

    private static Consumer<Path> write(String content) {
        return file -> {
            try {
                Files.writeString(file, content);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    @Test
    void bytesThatWereChangedOnTheDiskAreFetchedAnewEvenIfSizeAndTimeAreTheSame() throws IOException {
        StoredVersion version = store().fetch(registry, manifest(), Progress.NONE);

        tamper(version.directory().resolve("model.onnx"), write("the m0del"));
        assertThatItIsMended(store());

        tamper(version.directory().resolve("model.onnx"), write("the m0del"));
        assertThatItIsMended(LocalStore.open(root));
    }

    @Test
    void aDamagedCopyThatCannotBeFetchedAnewSaysSoUntilItIs() throws IOException {
        StoredVersion version = store().fetch(registry, manifest(), Progress.NONE);
        tamper(version.directory().resolve("model.onnx"), write("the m0del"));
        registry.failWith((_, _) -> {
            throw new RegistryException("nobody answers at 10.0.0.7");
        });

        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatExceptionOfType(LocalStoreException.class)
                    .isThrownBy(() -> store().fetch(registry, manifest(), Progress.NONE))
                    .withMessageEndingWith("was damaged and is gone. nobody answers at 10.0.0.7")
                    .extracting(LocalStoreException::reason)
                    .isEqualTo(
                            "its copy in the local store was damaged, and it cannot be fetched anew just now; the log"
                                    + " of the gateway says why");
        }

        registry.failWith((_, _) -> {});
        assertThatItIsMended(store());
    }

    @Test
    void aDamagedCopyThatCannotBeDeletedSaysSo() throws IOException {
        StoredVersion version = store().fetch(registry, manifest(), Progress.NONE);
        tamper(version.directory().resolve("model.onnx"), write("the m0del"));
        Files.delete(root.resolve("tmp"));
        Files.createFile(root.resolve("tmp"));

        assertThatExceptionOfType(LocalStoreException.class)
                .isThrownBy(() -> store().fetch(registry, manifest(), Progress.NONE))
                .extracting(LocalStoreException::reason)
                .isEqualTo("its copy in the local store is damaged, and the local store cannot be written: a file is in"
                        + " the way of a folder");
    }

    @Test
    void aCopyThatAnotherProcessHasFetchedAnewMeanwhileIsNotDiscarded() throws IOException {
        StoredVersion version = store().fetch(registry, manifest(), Progress.NONE);
        VersionFolder folder = new VersionFolder(version.directory());
        tamper(version.directory().resolve("model.onnx"), write("the m0del"));
        List<String> found = folder.state();
        try (LocalStore other = LocalStore.open(root)) {
            assertThatItIsMended(other);

            assertThat(store().discard(folder, found)).isFalse();
        }

        assertThat(version.directory().resolve("model.onnx")).hasContent("the model");
        assertThat(store().discard(folder, folder.state())).isTrue();
        assertThat(version.directory()).doesNotExist();
    }

    @Test
    void aFileThatWasTruncatedIsFetchedAnew() throws IOException {
        StoredVersion version = store().fetch(registry, manifest(), Progress.NONE);

        tamper(version.directory().resolve("model.onnx"), write(""));

        assertThatItIsMended(store());
    }

    @Test
    void aFileThatWasDeletedIsFetchedAnew() throws IOException {
        StoredVersion version = store().fetch(registry, manifest(), Progress.NONE);

        Files.delete(version.directory().resolve("model.onnx"));

        assertThatItIsMended(store());
    }

    @Test
    void aFileThatWasAddedIsRemoved() throws IOException {
        StoredVersion version = store().fetch(registry, manifest(), Progress.NONE);

        Files.writeString(version.directory().resolve("extra"), "x");

        assertThatItIsMended(store());
    }

    @Test
    void aLinkIsNoFileEvenToTheSameBytes() throws IOException {
        StoredVersion version = store().fetch(registry, manifest(), Progress.NONE);
        Path file = version.directory().resolve("model.onnx");
        Path elsewhere = Files.move(file, root.resolve("elsewhere"));
        Files.createSymbolicLink(file, elsewhere);

        assertThatItIsMended(store());

        assertThat(Files.isSymbolicLink(file)).isFalse();
    }

    @Test
    void aFolderThatIsNoneIsReplaced() throws IOException {
        Path folder = root.resolve("versions/" + manifest().versionDigest());
        Files.writeString(folder, "x");

        assertThatItIsMended(store());
    }

    @Test
    void aStoreThatWasDeletedUnderARunningProcessIsMadeAnew() throws IOException {
        store().fetch(registry, manifest(), Progress.NONE);
        Disk.deleteTree(root.resolve("versions"));
        Disk.deleteTree(root.resolve("tmp"));

        assertThatItIsMended(store());
    }

    @Test
    void whatADeadProcessLeftHalfDoneIsClearedAtTheNextStart() throws IOException {
        Files.createFile(root.resolve("tmp/dead.lock"));
        Files.writeString(Files.createDirectory(root.resolve("tmp/dead")).resolve("model.onnx"), "the m");

        LocalStore.open(root);

        assertThat(root.resolve("tmp")).isEmptyDirectory();
    }

    @Test
    void aDownloadInProgressSurvivesTheStartOfAnotherProcess() {
        List<Long> progress = new ArrayList<>();

        StoredVersion version = store().fetch(registry, manifest(), (done, _) -> {
            LocalStore.open(root);
            progress.add(done);
        });

        assertThat(progress).hasSize(2);
        assertThat(version.directory().resolve("model.onnx")).hasContent("the model");
    }

    @RepeatedTest(20)
    void ofManyDownloadsAtOnceAllEndWithTheSameFolder() throws Exception {
        List<LocalStore> stores = List.of(store(), LocalStore.open(root), LocalStore.open(root));

        List<Path> folders = Concurrently.call(
                6,
                i -> () -> stores.get(i % 3)
                        .fetch(registry, manifest(), Progress.NONE)
                        .directory());

        assertThat(folders).containsOnly(root.resolve("versions/" + manifest().versionDigest()));
        assertThat(files("versions")).hasSize(2);
        assertThat(files("tmp")).isEmpty();
    }

    @Test
    void theLoserOfARaceDiscardsItsOwnAndUsesTheWinners() throws IOException {
        LocalStore other = LocalStore.open(root);

        StoredVersion version = store().fetch(registry, manifest(), (done, total) -> {
            if (done == total) {
                other.fetch(registry, manifest(), Progress.NONE);
            }
        });

        assertThat(version.directory().resolve("model.onnx")).hasContent("the model");
        assertThat(files("tmp")).isEmpty();
    }

    @Test
    void twoVersionsWithTheSameFilesShareOneFolder() throws IOException {
        registry.put("iris/3/labels/en.txt", "setosa");
        registry.put("iris/3/model.onnx", "the model");
        Manifest other = new Manifest(
                VersionId.parse("iris/3"),
                NOW,
                manifest().files(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode());

        Path first = store().fetch(registry, manifest(), Progress.NONE).directory();
        Path second = store().fetch(registry, other, Progress.NONE).directory();

        assertThat(second).isEqualTo(first);
        assertThat(files("versions")).hasSize(2);
    }

    @Test
    void aVersionCopiedInByHandHasTheDigestOfItsFiles() {
        StoredVersion version = store().fetch(registry, handDropped(), Progress.NONE);

        assertThat(version.digest()).isEqualTo(manifest().versionDigest());
        assertThat(version.files()).isEqualTo(manifest().files());
        assertThat(version.directory().resolve("labels/en.txt")).hasContent("setosa");
    }

    @Test
    void aVersionCopiedInByHandIsFetchedOnceAsLongAsItDoesNotChange() {
        store().fetch(registry, handDropped(), Progress.NONE);
        HandDropped same = handDropped();

        StoredVersion again = store().fetch(registry, same, Progress.NONE);

        assertThat(registry.takeRequests()).isEmpty();
        assertThat(again.downloadTook()).isZero();

        registry.put("iris/2/model.onnx", "the other");
        StoredVersion changed = store().fetch(registry, handDropped(), Progress.NONE);
        assertThat(changed.digest()).isNotEqualTo(again.digest());
        assertThat(changed.directory().resolve("model.onnx")).hasContent("the other");
    }

    @Test
    void whatLiesInADirectoryOfTheSameRelativeNameElsewhereIsNotTakenForKnown(@TempDir Path projects)
            throws IOException {
        HandDroppedFiles known = new HandDroppedFiles(root.resolve("copied-in"), root.resolve("tmp"));
        try (DirectoryRegistry one = directory(projects.resolve("one/models"));
                DirectoryRegistry two = directory(projects.resolve("two/models"))) {
            known.keep(one, handDropped(), manifest().files());

            assertThat(known.find(one, handDropped())).contains(manifest().files());
            assertThat(known.find(two, handDropped())).isEmpty();
        }
    }

    private static DirectoryRegistry directory(Path path) throws IOException {
        return DirectoryRegistry.open(Files.createDirectories(path), "models", RegistryListener.NONE);
    }

    @Test
    void aVersionCopiedInByHandIsThereForALaterProcessWithoutTheRegistry() {
        HandDropped version = handDropped();
        StoredVersion first = store().fetch(registry, version, Progress.NONE);
        registry.failWith((_, _) -> {
            throw new RegistryException("nobody answers");
        });

        StoredVersion second = LocalStore.open(root).fetch(registry, version, Progress.NONE);

        assertThat(second.digest()).isEqualTo(first.digest());
        assertThat(second.files()).isEqualTo(first.files());
    }

    @Test
    void aFileThatChangedSinceItWasSeenIsNotTaken() throws IOException {
        HandDropped seen = handDropped();
        registry.put("iris/2/model.onnx", "the m0del");

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> store().fetch(registry, seen, Progress.NONE))
                .isNotInstanceOf(VerificationException.class)
                .withMessageContaining("iris/2 in memory (test) changed while it was being copied");
        assertThat(files("")).isEmpty();
    }

    @Test
    void aFileThatChangesWhileItIsCopiedIsNotTaken() throws IOException {
        HandDropped seen = handDropped();
        registry.failWith((operation, _) -> {
            if (operation == Operation.LIST) { // the look after the copy
                registry.put("iris/2/labels/en.txt", "SETOSA");
            }
        });

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> store().fetch(registry, seen, Progress.NONE))
                .withMessageContaining("changed while it was being copied");
        assertThat(files("")).isEmpty();
    }

    @Test
    void aListingOfMoreBytesThanCanBeCountedIsRefusedAndNothingIsAskedFor() {
        List<RegistryObject> files = handDropped().files().stream()
                .map(file -> new RegistryObject(file.key(), 1L << 62, file.tag(), NOW))
                .toList();

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> store().fetch(registry, new HandDropped(IRIS_2, NOW, files, true), Progress.NONE))
                .withMessage("Cannot fetch iris/2: the files that memory (test) lists have more than"
                        + " 9223372036854775807 bytes together");
        assertThat(registry.takeRequests()).isEmpty();
    }

    @Test
    void aFileThatGrewSinceItWasSeenIsNotTaken() {
        HandDropped seen = handDropped();
        registry.put("iris/2/model.onnx", "the model and more");

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> store().fetch(registry, seen, Progress.NONE))
                .withMessageContaining("changed while it was being copied");
    }
}
