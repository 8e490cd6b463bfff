package dev.serin.registry.s3;

import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Asks the store behind a registry one question at a time, for whoever wants to know what is wrong on the way there and
 * what the store honours. Every method throws {@link StoreException} when the question is not answered. Thread-safe;
 * closed by whoever opened it.
 */
public final class S3Probe implements AutoCloseable {
    private static final String NOBODYS_TAG = "00000000000000000000000000000000";

    private final S3Config config;
    private final String region;
    private final S3Registry registry;
    private final S3Client unsigned;

    private S3Probe(S3Config config, S3Registry registry) {
        this.config = config;
        this.region = S3Clients.region(config);
        this.registry = registry;
        this.unsigned = S3Clients.client(config, region, AnonymousCredentialsProvider.create(), registry.http());
    }

    /** Asks nobody yet, as {@link S3Registry#open}. */
    public static S3Probe open(S3Config config, RegistryListener listener) {
        return new S3Probe(config, S3Registry.open(config, listener));
    }

    /**
     * Somebody answered.
     *
     * @param host and its port, if that was said
     * @param clockAhead the other clock less ours, about a second exact; empty when it does not tell its time
     */
    public record Reached(String host, Optional<Duration> clockAhead) {}

    /** {@return the registry, which is closed with this} */
    public RegistryWriter registry() {
        return registry;
    }

    /** {@return what requests are signed for} */
    public String region() {
        return region;
    }

    /** {@return whether the bucket is in the path of the URL rather than in its host name} */
    public boolean usesPathStyle() {
        return config.usesPathStyle();
    }

    /** {@return who answers to a request that is not signed and names no bucket, whatever the answer is} */
    public Reached reach() {
        Exchange exchange = new Exchange();
        try {
            registry.requests().ask("reach the store", exchange, unsigned::listBuckets);
        } catch (StoreException e) {
            if (exchange.answer().isEmpty()) {
                throw e;
            }
        }
        return new Reached(
                exchange.request()
                        .map(request -> request.getUri().getAuthority())
                        .orElse(""),
                exchange.answer().flatMap(Failures::ahead));
    }

    /** {@return the buckets that our key may see} */
    public List<String> buckets() {
        return registry.requests().ask("list the buckets", () -> VisibleBuckets.names(registry.client()));
    }

    /** {@return whether an object that is still the known one is answered by 304, without its bytes} */
    public boolean saysUnchanged(RegistryObject object) {
        GetObjectRequest request = registry.get(object.key())
                .ifNoneMatch(Tags.quoted(object.tag()))
                .build();
        return status(object, request) == 304;
    }

    /** {@return whether an object that is another one than expected is answered by 412} */
    public boolean refusesAnotherTag(RegistryObject object) {
        GetObjectRequest request =
                registry.get(object.key()).ifMatch(Tags.quoted(NOBODYS_TAG)).build();
        return status(object, request) == 412;
    }

    /** {@return whether the first byte of an object can be had alone, if it is still the known one} */
    public boolean sendsRanges(RegistryObject object) {
        GetObjectRequest request = registry.get(object.key())
                .ifMatch(Tags.quoted(object.tag()))
                .range("bytes=0-0")
                .build();
        return status(object, request) == 206;
    }

    /** The body is not read. */
    private int status(RegistryObject object, GetObjectRequest request) {
        return registry.requests().ask("read " + object.key(), () -> {
            try {
                ResponseInputStream<GetObjectResponse> body = registry.client().getObject(request);
                body.abort();
                return body.response().sdkHttpResponse().statusCode();
            } catch (S3Exception e) {
                if (e.statusCode() == 304 || e.statusCode() == 412) {
                    return e.statusCode();
                }
                throw e;
            }
        });
    }

    @Override
    public void close() {
        unsigned.close();
        registry.close();
    }
}
