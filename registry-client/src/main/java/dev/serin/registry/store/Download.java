package dev.serin.registry.store;

import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digests;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VerificationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** The download of one version into a folder, each byte digested on its way to the disk. Used by one thread. */
final class Download {
    private static final int BUFFER = 1 << 17;

    private final Registry registry;
    private final Path folder;
    private final LocalStore.Progress progress;
    private final long totalBytes;
    private final byte[] buffer = new byte[BUFFER];
    private long doneBytes;

    Download(Registry registry, Path folder, LocalStore.Progress progress, long totalBytes) {
        this.registry = registry;
        this.folder = folder;
        this.progress = progress;
        this.totalBytes = totalBytes;
    }

    /**
     * Fetches one file that must be what the manifest promises.
     *
     * @throws VerificationException when it is not; it stops as soon as there is more than promised
     */
    void fetch(String key, Artifact promised) {
        Artifact got = fetch(key, promised.path(), promised.sizeBytes());
        if (got.sizeBytes() > promised.sizeBytes()) {
            throw mismatch(promised, "it has more than the %d bytes the manifest says".formatted(promised.sizeBytes()));
        }
        if (got.sizeBytes() < promised.sizeBytes()) {
            throw mismatch(
                    promised, "it has %d bytes, the manifest says %d".formatted(got.sizeBytes(), promised.sizeBytes()));
        }
        if (!got.sha256().equals(promised.sha256())) {
            throw mismatch(
                    promised,
                    "sha256 is %s…, the manifest says %s…"
                            .formatted(
                                    got.sha256().abbreviated(),
                                    promised.sha256().abbreviated()));
        }
    }

    /** {@return what came} Once that is more than {@code enough}, it stops. */
    Artifact fetch(String key, ArtifactPath path, long enough) {
        MessageDigest sha256 = Digests.sha256();
        try (InputStream in = registry.open(key)) {
            long size = store(in, key, folder.resolve(path.value()), sha256, enough);
            return new Artifact(path, size, Digests.digest(sha256));
        } catch (IOException e) {
            throw unreadable(key, e);
        }
    }

    private long store(InputStream in, String key, Path file, MessageDigest sha256, long enough) {
        try (FileChannel out = create(file)) {
            long size = 0;
            while (size <= enough) {
                int n = read(in, key);
                if (n < 0) {
                    break;
                }
                sha256.update(buffer, 0, n);
                write(out, n);
                size += n;
                doneBytes += n;
                progress.at(Math.min(doneBytes, totalBytes), totalBytes);
            }
            out.force(true);
            return size;
        } catch (IOException e) {
            throw LocalStoreException.of("Cannot write " + file, e);
        }
    }

    private static FileChannel create(Path file) throws IOException {
        Files.createDirectories(file.resolve("..").normalize());
        return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private int read(InputStream in, String key) {
        try {
            return in.read(buffer);
        } catch (IOException e) {
            throw unreadable(key, e);
        }
    }

    private void write(FileChannel out, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, length);
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    private RegistryException unreadable(String key, IOException e) {
        return RegistryException.because("Cannot read %s in %s".formatted(key, registry.location()), e);
    }

    private static VerificationException mismatch(Artifact artifact, String how) {
        return new VerificationException("%s does not match its manifest: %s".formatted(artifact.path(), how));
    }
}
