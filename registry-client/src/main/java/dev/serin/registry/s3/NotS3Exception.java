package dev.serin.registry.s3;

/** Something answered that is no object store. Not retried by the SDK, and never leaves this package. */
final class NotS3Exception extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotS3Exception(String what) {
        super(what);
    }
}
