package dev.serin.registry.s3;

import java.io.IOException;

/** Bytes came more slowly than the minimum rate. */
final class SlowTransferException extends IOException {
    private static final long serialVersionUID = 1;

    SlowTransferException() {
        super("the bytes came too slowly");
    }
}
