package dev.serin.registry.s3;

import dev.serin.registry.RegistryListener;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** An object store in this process and in memory, that checks signatures; every test takes buckets of its own. */
public final class S3ProxyStore implements AutoCloseable {
    public static final String KEY_ID = "AKIASERINTESTKEY27Q";
    public static final String SECRET = "a-secret-that-no-message-shows";

    /** So short that a test of them is quick, so long that a busy machine keeps them. */
    public static final S3Config.Timeouts TIMEOUTS = new S3Config.Timeouts(
            Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(1), 16 << 10);

    private final BlobStore blobs = new AtomicBlobs(new TransientNio2BlobStore());
    private final S3Proxy proxy;

    private S3ProxyStore(S3Proxy.Builder builder) throws Exception {
        proxy = builder.blobStore(blobs)
                .awsAuthentication(AuthenticationType.AWS_V4, KEY_ID, SECRET)
                .stopTimeout(0)
                .build();
        proxy.start();
    }

    /** {@return one that listens on a free port of this machine} */
    public static S3ProxyStore start() throws Exception {
        return new S3ProxyStore(S3Proxy.builder().endpoint(URI.create("http://127.0.0.1:0")));
    }

    /** {@return one that takes signatures of clocks that differ by so much} */
    public static S3ProxyStore startWithSkew(Duration skew) throws Exception {
        return new S3ProxyStore(
                S3Proxy.builder().endpoint(URI.create("http://127.0.0.1:0")).maximumTimeSkew((int) skew.toSeconds()));
    }

    /** {@return one that finds the bucket in the name of the host, below this one} */
    public static S3ProxyStore startBelow(String host) throws Exception {
        return new S3ProxyStore(
                S3Proxy.builder().endpoint(URI.create("http://127.0.0.1:0")).virtualHost(host));
    }

    /** {@return one that speaks TLS} */
    public static S3ProxyStore startSecure(Path keyStore, String password) throws Exception {
        return new S3ProxyStore(S3Proxy.builder()
                .secureEndpoint(URI.create("https://127.0.0.1:0"))
                .keyStore(keyStore.toString(), password));
    }

    /** {@return where it is, if it speaks TLS} */
    public URI secureEndpoint() {
        return URI.create("https://127.0.0.1:" + proxy.getSecurePort());
    }

    /** {@return where it is} */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + proxy.getPort());
    }

    /** {@return the name of a new bucket} */
    public String newBucket() {
        return newBucket("b-" + UUID.randomUUID());
    }

    /** {@return the name of a new bucket, which is this one, as another store may have one} */
    public String newBucket(String name) {
        blobs.createContainer(CreateBucketRequest.builder().bucket(name).build());
        return name;
    }

    /** {@return the name of a new bucket that keeps what is overwritten, and marks what is deleted} */
    public String newVersionedBucket() {
        String bucket = newBucket();
        blobs.putBucketVersioning(bucket, BucketVersioningStatus.ENABLED);
        return bucket;
    }

    /** Puts an object past all clients. */
    public void put(String bucket, String key, byte[] content) {
        blobs.putBlob(
                PutObjectRequest.builder()
                        .bucket(bucket)
                        .key(key)
                        .contentLength((long) content.length)
                        .build(),
                new ByteArrayInputStream(content));
    }

    /** Deletes an object past all clients. */
    public void delete(String bucket, String key) {
        blobs.removeBlob(bucket, key);
    }

    /** {@return what a process needs in its environment to ask with this secret, and with no other credentials} */
    public static Map<String, String> environment(String secret) {
        return Map.of(
                "AWS_ACCESS_KEY_ID",
                KEY_ID,
                "AWS_SECRET_ACCESS_KEY",
                secret,
                "AWS_REGION",
                "us-east-1",
                "AWS_EC2_METADATA_DISABLED",
                "true");
    }

    /** {@return how to reach a bucket at this address, which may be that of somebody in between} */
    public static S3Config config(URI endpoint, S3Location location) {
        return new S3Config(
                location,
                Optional.of(endpoint),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                S3Config.ONE_ATTEMPT,
                TIMEOUTS);
    }

    static Credentials credentials() {
        return credentials(KEY_ID, SECRET);
    }

    static Credentials credentials(String keyId, String secret) {
        return new Credentials(StaticCredentialsProvider.create(AwsBasicCredentials.create(keyId, secret)));
    }

    /** {@return the registry, asked with the key that the store knows} */
    public static S3Registry open(S3Config config, RegistryListener listener) {
        return S3Registry.open(config, Sizes.DEFAULT, listener, credentials());
    }

    @Override
    public void close() {
        try {
            proxy.stop();
        } catch (Exception e) {
            throw new IllegalStateException("S3Proxy does not stop", e);
        }
        blobs.close();
    }
}
