package dev.serin.registry.store;

import dev.serin.registry.RegistryException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The local store cannot take or give a version: its disk is full, cannot be written, or fails. The registry is not at
 * fault, and other versions are not concerned; trying again later may help. The message names files and is for operators;
 * {@link #reason} is for everybody.
 */
public class LocalStoreException extends RegistryException {
    private static final long serialVersionUID = 1;

    /** What the C library says, in English, and what that means here. It has other words in other locales. */
    private static final Map<String, String> REASONS = Map.of(
            "no space left on device", "the disk of the local store is full",
            "disk quota exceeded", "the quota of the local store's disk is used up",
            "read-only file system", "the local store cannot be written: read-only file system",
            "permission denied", "the local store cannot be used: permission denied",
            "operation not permitted", "the local store cannot be used: operation not permitted",
            "not a directory", "the local store cannot be written: a file is in the way of a folder",
            "too many open files", "the local store cannot be read: too many files are open",
            "input/output error", "the disk of the local store fails: input/output error");

    private final String reason;

    LocalStoreException(String message, String reason, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    LocalStoreException(String message, String reason) {
        super(message);
        this.reason = reason;
    }

    /**
     * {@return what failed, as a failure of the local store}
     *
     * @param whatFailed for operators: {@code Cannot write /var/cache/serin/tmp/…}
     */
    public static LocalStoreException of(String whatFailed, IOException cause) {
        return new LocalStoreException(
                RegistryException.because(whatFailed, cause).getMessage(), reason(cause), cause);
    }

    /** {@return what is wrong with the local store, without names of files} */
    public String reason() {
        return reason;
    }

    private static String reason(IOException cause) {
        return switch (cause) {
            case AccessDeniedException _ -> "the local store cannot be used: permission denied";
            case NoSuchFileException _ -> "the local store was changed by somebody else: a file is missing";
            case NotDirectoryException _, FileAlreadyExistsException _ ->
                "the local store cannot be written: a file is in the way of a folder";
            case FileSystemException e when e.getReason() != null -> known(e.getReason());
            default -> known(Objects.requireNonNullElse(cause.getMessage(), ""));
        };
    }

    private static String known(String text) {
        return REASONS.getOrDefault(
                text.toLowerCase(Locale.ROOT),
                "the local store cannot be used just now; the log of the gateway says why");
    }
}
