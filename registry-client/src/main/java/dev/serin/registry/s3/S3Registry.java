package dev.serin.registry.s3;

import dev.serin.registry.ConflictException;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * A registry in a bucket: a key is that of an object below the prefix. Tags are ETags. Conditions hold where the store
 * honours conditional writes; docs/registry.md says which do. Every failure of the store is an
 * {@link StoreException}, every wait is bounded, and what is no listing is never taken for an empty one.
 * Thread-safe; closed by whoever opened it.
 */
public final class S3Registry implements RegistryWriter {
    private final S3Config config;
    private final Sizes sizes;
    private final SdkHttpClient http;
    private final S3Client client;
    private final Credentials credentials;
    private final Requests requests;

    private S3Registry(S3Config config, Sizes sizes, RegistryListener listener, Credentials credentials) {
        String region = S3Clients.region(config);
        this.config = config;
        this.sizes = sizes;
        this.credentials = credentials;
        this.http = new WatchedHttp(S3Clients.http(config), listener, config.timeouts(), InstantSource.system());
        this.client = S3Clients.client(config, region, credentials, http);
        this.requests = new Requests(new Failures(config, region, credentials, new VisibleBuckets(client)));
    }

    /**
     * Makes a registry of a bucket. Asks nobody: whether it can be reached shows with the first request.
     *
     * @param listener hears of every attempt, those that are made again included
     * @throws RegistryException when the CA file cannot be read
     */
    public static S3Registry open(S3Config config, RegistryListener listener) {
        return new S3Registry(config, Sizes.DEFAULT, listener, Credentials.ofEnvironment());
    }

    static S3Registry open(S3Config config, Sizes sizes, RegistryListener listener, Credentials credentials) {
        return new S3Registry(config, sizes, listener, credentials);
    }

    @Override
    public String location() {
        return config.displayName();
    }

    @Override
    public List<RegistryObject> list(String prefix) {
        if (!mayBegin(prefix)) {
            return List.of();
        }
        return prefix.isEmpty() && config.isForTool()
                ? new WholeListing(client, config.location(), requests).objects()
                : S3Listing.of(client, config.location(), prefix)
                        .addAll(requests, Optional.empty())
                        .objects();
    }

    @Override
    public List<String> folders() {
        return S3Listing.ofFirstLevel(client, config.location()).addAll(requests, Optional.empty()).folders().stream()
                .filter(folder -> !folder.startsWith("."))
                .toList();
    }

    @Override
    public Optional<Content> read(String key, int maxBytes) {
        GetObjectRequest request = get(key).build();
        return requests.ask("read " + key, () -> content(request, maxBytes))
                .map(content -> checkSize(key, maxBytes, content));
    }

    @Override
    public Refreshed refresh(String key, int maxBytes, String knownTag) {
        GetObjectRequest request = get(key).ifNoneMatch(Tags.quoted(knownTag)).build();
        return requests.ask("read " + key, () -> {
            try {
                return content(request, maxBytes)
                        .<Refreshed>map(content -> new Refreshed.Changed(checkSize(key, maxBytes, content)))
                        .orElseGet(Refreshed.Missing::new);
            } catch (S3Exception e) {
                if (e.statusCode() == 304) {
                    return new Refreshed.Unchanged();
                }
                throw e;
            }
        });
    }

    @Override
    public InputStream open(String key) {
        ObjectStream whole = stream(key, get(key).build())
                .orElseThrow(() -> new RegistryException(
                        "Cannot read %s in %s: there is no such object".formatted(key, location())));
        long size = whole.length();
        String eTag = whole.eTag();
        return size <= sizes.whole()
                ? whole
                : new RangedStream(
                        whole,
                        (start, length) -> range(key, eTag, start, length),
                        size,
                        sizes.range(),
                        sizes.parallel());
    }

    @Override
    public String write(String key, byte[] content, Condition condition) {
        PutObjectRequest.Builder request = put(key, content.length);
        switch (condition) {
            case Condition.Always() -> {}
            case Condition.IfAbsent() -> request.ifNoneMatch("*");
            case Condition.IfTag(String tag) -> request.ifMatch(Tags.quoted(tag));
        }
        PutObjectRequest built = request.build();
        return requests.ask("write " + key, () -> {
            try {
                String eTag =
                        client.putObject(built, RequestBody.fromBytes(content)).eTag();
                return tag(eTag);
            } catch (S3Exception e) {
                if (isConflict(e, condition)) {
                    throw new ConflictException("Cannot write %s in %s: somebody else has written or deleted it"
                            .formatted(key, location()));
                }
                throw e;
            }
        });
    }

    @Override
    public void upload(String key, Path file) {
        String full = fullKey(key);
        long size = size(file);
        if (size <= sizes.whole()) {
            PutObjectRequest request = put(key, size).build();
            requests.ask("write " + key, () -> client.putObject(request, RequestBody.fromFile(file)));
        } else {
            MultipartUpload upload = new MultipartUpload(client, config, full, file, size, sizes.partOf(size));
            requests.ask("write " + key, () -> {
                upload.run();
                return size;
            });
        }
    }

    @Override
    public void delete(String key) {
        String full = fullKey(key);
        String bucket = config.location().bucket();
        requests.ask(
                "delete " + key,
                () -> client.deleteObject(request -> request.bucket(bucket).key(full)));
    }

    @Override
    public void close() {
        client.close();
        http.close();
        credentials.close();
    }

    /** Whether a key of ours can begin like this; what S3 would make of others, proxies on the way might change. */
    static boolean mayBegin(String prefix) {
        int slash = prefix.lastIndexOf('/');
        try {
            return slash < 0 || !Registry.checkKey(prefix.substring(0, slash)).isEmpty();
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private String fullKey(String key) {
        return config.location().root() + Registry.checkKey(key);
    }

    GetObjectRequest.Builder get(String key) {
        return GetObjectRequest.builder()
                .bucket(config.location().bucket())
                .key(fullKey(key))
                .checksumMode(ChecksumMode.ENABLED); // without it the SDK checks nothing
    }

    // For whoever looks at the store behind the registry

    S3Client client() {
        return client;
    }

    SdkHttpClient http() {
        return http;
    }

    Requests requests() {
        return requests;
    }

    private PutObjectRequest.Builder put(String key, long size) {
        return PutObjectRequest.builder()
                .bucket(config.location().bucket())
                .key(fullKey(key))
                .contentLength(size)
                .overrideConfiguration(override ->
                        override.apiCallAttemptTimeout(config.timeouts().upload(size)));
    }

    private Optional<Content> content(GetObjectRequest request, int maxBytes) {
        return ifPresent(() -> client.getObject(request, (response, in) -> {
            byte[] bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                in.abort();
            }
            return new Content(bytes, tag(response.eTag()));
        }));
    }

    private Content checkSize(String key, int maxBytes, Content content) {
        if (content.bytes().length > maxBytes) {
            throw new MalformedContentException(
                    "%s in %s has more than the %d bytes allowed".formatted(key, location(), maxBytes));
        }
        return content;
    }

    private Optional<ObjectStream> stream(String key, GetObjectRequest request) {
        Exchange exchange = new Exchange();
        return requests.ask(
                "read " + key,
                exchange,
                () -> ifPresent(() -> {
                    ResponseInputStream<GetObjectResponse> body = client.getObject(request);
                    ObjectStream stream = new ObjectStream(body, exchange, requests.failures());
                    try {
                        tag(body.response().eTag());
                        return stream;
                    } catch (NotS3Exception e) {
                        stream.close();
                        throw e;
                    }
                }));
    }

    /** The same object all along: once it is another one, there is nothing of it. */
    private byte[] range(String key, String eTag, long start, int length) throws IOException {
        GetObjectRequest request = get(key).range("bytes=%d-%d".formatted(start, start + length - 1))
                .ifMatch(eTag)
                .build();
        try (ObjectStream in = stream(key, request).orElseThrow(() -> new IOException("it was deleted meanwhile"))) {
            byte[] bytes = new byte[length];
            if (in.length() != length || in.readNBytes(bytes, 0, length) != length) {
                throw new IOException("the store did not answer with the range it was asked for");
            }
            return bytes;
        } catch (StoreException e) {
            throw new IOException(e.reason(), e);
        }
    }

    /** {@return what was asked for; empty when the store says that there is no such object} */
    private static <T> Optional<T> ifPresent(Supplier<T> call) {
        try {
            return Optional.of(call.get());
        } catch (S3Exception e) {
            if (isNoSuchKey(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** By its code: a 404 of whatever else may answer here tells nothing about an object. */
    private static boolean isNoSuchKey(S3Exception e) {
        return e.statusCode() == 404
                && e.awsErrorDetails() != null
                && "NoSuchKey".equals(e.awsErrorDetails().errorCode());
    }

    private static boolean isConflict(S3Exception e, Condition condition) {
        return switch (condition) {
            case Condition.Always() -> false;
            case Condition.IfAbsent() -> e.statusCode() == 412 || e.statusCode() == 409;
            case Condition.IfTag _ -> e.statusCode() == 412 || e.statusCode() == 409 || isNoSuchKey(e);
        };
    }

    private static String tag(@Nullable String eTag) {
        if (eTag == null || eTag.isEmpty()) {
            throw new NotS3Exception("it answered without an ETag");
        }
        return Tags.of(eTag);
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw RegistryException.because("Cannot read " + file, e);
        }
    }
}
