package dev.serin.registry.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class LocalStoreExceptionTest {
    private static final String FILE = "/var/cache/serin/versions/0a1b/model.onnx";

    private static String reason(IOException cause) {
        return LocalStoreException.of("Cannot write " + FILE, cause).reason();
    }

    private static FileSystemException saying(String reason) {
        return new FileSystemException(FILE, null, reason);
    }

    @Test
    void whatTheSystemSaysIsAReasonForEverybody() {
        assertThat(reason(new IOException("No space left on device"))).isEqualTo("the disk of the local store is full");
        assertThat(reason(saying("No space left on device"))).isEqualTo("the disk of the local store is full");
        assertThat(reason(saying("Disk quota exceeded"))).isEqualTo("the quota of the local store's disk is used up");
        assertThat(reason(saying("Read-only file system")))
                .isEqualTo("the local store cannot be written: read-only file system");
        assertThat(reason(new IOException("Input/output error")))
                .isEqualTo("the disk of the local store fails: input/output error");
        assertThat(reason(new AccessDeniedException(FILE)))
                .isEqualTo("the local store cannot be used: permission denied");
        assertThat(reason(saying("Operation not permitted")))
                .isEqualTo("the local store cannot be used: operation not permitted");
        assertThat(reason(new NoSuchFileException(FILE)))
                .isEqualTo("the local store was changed by somebody else: a file is missing");
        assertThat(reason(new FileAlreadyExistsException(FILE)))
                .isEqualTo("the local store cannot be written: a file is in the way of a folder");
    }

    @Test
    void whatIsNotKnownIsNotRepeatedForItMayNameFiles() {
        String unknown = "the local store cannot be used just now; the log of the gateway says why";

        assertThat(reason(new IOException(FILE + " is odd"))).isEqualTo(unknown);
        assertThat(reason(saying("Auf dem Gerät ist kein Speicherplatz mehr verfügbar")))
                .isEqualTo(unknown);
        assertThat(reason(new IOException())).isEqualTo(unknown);
    }

    @Test
    void operatorsSeeTheFile() {
        assertThat(LocalStoreException.of("Cannot write " + FILE, saying("No space left on device")))
                .hasMessage("Cannot write " + FILE + ": No space left on device");
    }
}
