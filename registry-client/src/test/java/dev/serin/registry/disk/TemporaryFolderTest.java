package dev.serin.registry.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.Concurrently;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
    @TempDir
    private Path parent;

    @Test
    void itIsDeletedWithAllItHoldsWhenItIsClosed() throws IOException {
        try (TemporaryFolder folder = TemporaryFolder.create(parent)) {
            Files.writeString(Files.createDirectory(folder.path().resolve("a")).resolve("b"), "x");
        }

        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void itMayHaveBeenMovedAway() throws IOException {
        Path target = parent.resolve("target");
        try (TemporaryFolder folder = TemporaryFolder.create(parent)) {
            Files.move(folder.path(), target);
        }

        assertThat(parent).isDirectoryContaining(target::equals);
        assertThat(target).isEmptyDirectory();
    }

    @Test
    void theFolderOfALivingOwnerIsLeftAlone() throws IOException {
        try (TemporaryFolder folder = TemporaryFolder.create(parent)) {
            TemporaryFolder.clearDead(parent);
            TemporaryFolder.clearDead(parent);

            assertThat(folder.path()).isDirectory();
        }
    }

    @Test
    void theFolderOfADeadOwnerIsDeletedHoweverYoung() throws IOException {
        Files.createFile(parent.resolve("dead.lock"));
        Files.writeString(Files.createDirectory(parent.resolve("dead")).resolve("half"), "x");

        TemporaryFolder.clearDead(parent);

        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void theFolderOfAnotherProcessIsLeftAloneUntilItIsKilled() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherProcess.class.getName(),
                        parent.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            Path folder = Path.of(other.inputReader().readLine());

            TemporaryFolder.clearDead(parent);

            assertThat(folder).isDirectory();
        } finally {
            other.destroyForcibly().waitFor();
        }

        TemporaryFolder.clearDead(parent);

        assertThat(parent).isEmptyDirectory();
    }

    /** Owns a folder until it is killed. */
    static final class OtherProcess {
        private OtherProcess() {}

        static void main(String[] args) throws IOException {
            try (TemporaryFolder folder = TemporaryFolder.create(Path.of(args[0]))) {
                System.out.println(folder.path());
                int _ = System.in.read();
            }
        }
    }

    @RepeatedTest(20)
    void nobodyClearsAwayWhatSomebodyIsJustCreating() throws Exception {
        List<Boolean> there = Concurrently.call(4, i -> () -> {
            if (i % 2 == 0) {
                for (int round = 0; round < 20; round++) {
                    TemporaryFolder.clearDead(parent);
                }
                return true;
            }
            boolean all = true;
            for (int round = 0; round < 20; round++) {
                try (TemporaryFolder folder = TemporaryFolder.create(parent)) {
                    all &= Files.isDirectory(folder.path());
                }
            }
            return all;
        });

        assertThat(there).containsOnly(true);
        assertThat(parent).isEmptyDirectory();
    }
}
