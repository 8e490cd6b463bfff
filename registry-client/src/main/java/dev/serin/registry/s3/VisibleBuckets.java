package dev.serin.registry.s3;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Bucket;

/**
 * The buckets that our key may see, for the text of a failure. They are asked for once, so that a gateway that polls a
 * bucket that is not there makes no second request each time. Empty when the key may not list them. Thread-safe.
 */
final class VisibleBuckets implements Supplier<Optional<List<String>>> {
    private final S3Client client;
    private boolean asked; // guarded by this, as what follows
    private Optional<List<String>> seen = Optional.empty();

    VisibleBuckets(S3Client client) {
        this.client = client;
    }

    @Override
    public synchronized Optional<List<String>> get() {
        if (!asked) {
            asked = true;
            seen = ask();
        }
        return seen;
    }

    private Optional<List<String>> ask() {
        try {
            return Optional.of(names(client));
        } catch (SdkException | NotS3Exception | UncheckedIOException _) {
            return Optional.empty();
        }
    }

    static List<String> names(S3Client client) {
        return client.listBuckets().buckets().stream().map(Bucket::name).toList();
    }
}
