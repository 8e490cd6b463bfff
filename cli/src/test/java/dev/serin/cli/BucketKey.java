package dev.serin.cli;

import dev.serin.registry.s3.S3ProxyStore;
import java.util.Optional;

/** The credentials of commands that run in this process, found as system properties; taken away when closed. */
final class BucketKey implements AutoCloseable {
    private static final String ID = "aws.accessKeyId";
    private static final String SECRET = "aws.secretAccessKey";

    private final Optional<String> idBefore = Optional.ofNullable(System.getProperty(ID));
    private final Optional<String> secretBefore = Optional.ofNullable(System.getProperty(SECRET));

    BucketKey(String id, String secret) {
        System.setProperty(ID, id);
        System.setProperty(SECRET, secret);
    }

    static BucketKey ofStore() {
        return new BucketKey(S3ProxyStore.KEY_ID, S3ProxyStore.SECRET);
    }

    @Override
    public void close() {
        restore(ID, idBefore);
        restore(SECRET, secretBefore);
    }

    private static void restore(String property, Optional<String> before) {
        before.ifPresentOrElse(value -> System.setProperty(property, value), () -> System.clearProperty(property));
    }
}
