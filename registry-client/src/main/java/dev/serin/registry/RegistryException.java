package dev.serin.registry;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Objects;

/** A registry could not be read or written, or holds something unusable. The message can be shown to operators. */
public class RegistryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public RegistryException(String message) {
        super(message);
    }

    public RegistryException(String message, Throwable cause) {
        super(message, cause);
    }

    /** {@return the sentence this was made with} */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** {@return what failed, with the reason that the operating system or the store gave} */
    public static RegistryException because(String whatFailed, IOException cause) {
        return new RegistryException(whatFailed + ": " + reason(cause), cause);
    }

    private static String reason(IOException cause) {
        return switch (cause) {
            case NoSuchFileException _ -> "there is no such file or directory";
            case AccessDeniedException _ -> "permission denied";
            case NotDirectoryException _ -> "it is not a directory";
            case FileAlreadyExistsException _ -> "a file is in the way";
            case FileSystemException e when e.getReason() != null -> e.getReason();
            default -> cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        };
    }
}
