package dev.serin.registry.s3;

import dev.serin.registry.KeyOrder;
import dev.serin.registry.Registry.RegistryObject;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * One listing, page by page. What is not certainly the whole of it is a failure: whoever takes half a listing for the
 * whole believes that models are gone. Used by one thread.
 */
final class S3Listing {
    private static final int MAX_OBJECTS = 1_000_000;

    private final S3Client client;
    private final S3Location location;
    private final String prefix;
    private final SortedMap<String, RegistryObject> objects = new TreeMap<>(KeyOrder::compare);
    private final Set<String> tokens = new HashSet<>();

    S3Listing(S3Client client, S3Location location, String prefix) {
        this.client = client;
        this.location = location;
        this.prefix = location.root() + prefix;
    }

    /** {@return where the next page begins, once the one that begins here is added} */
    Optional<String> addPage(Optional<String> token) {
        ListObjectsV2Request.Builder request = ListObjectsV2Request.builder()
                .bucket(location.bucket())
                .prefix(prefix)
                .encodingType(EncodingType.URL); // XML holds no control characters: one would hide all the others
        ListObjectsV2Response page = client.listObjectsV2(
                request.continuationToken(token.orElse(null)).build());
        check(page);
        page.contents().forEach(this::add);
        return nextToken(page);
    }

    /** {@return what the pages have shown} */
    List<RegistryObject> objects() {
        return List.copyOf(objects.values());
    }

    private void check(ListObjectsV2Response page) {
        if (!location.bucket().equals(page.name())) {
            throw new NotS3Exception("it answered with a listing of another bucket");
        }
    }

    private void add(S3Object object) {
        String root = location.root();
        if (object.key() == null || object.eTag() == null || object.size() == null || object.lastModified() == null) {
            throw new NotS3Exception("its listing lacks keys, sizes, times or tags");
        }
        boolean below = object.key().startsWith(prefix) && object.key().length() > root.length();
        if (below && !object.key().endsWith("/")) { // which is how consoles make folders
            String key = object.key().substring(root.length());
            objects.put(key, new RegistryObject(key, object.size(), Tags.of(object.eTag()), object.lastModified()));
        }
        if (objects.size() > MAX_OBJECTS) {
            throw new NotS3Exception("it lists more than %d objects".formatted(MAX_OBJECTS));
        }
    }

    private Optional<String> nextToken(ListObjectsV2Response page) {
        if (!Boolean.TRUE.equals(page.isTruncated())) {
            return Optional.empty();
        }
        String next = page.nextContinuationToken();
        if (next == null || next.isEmpty() || !tokens.add(next)) {
            throw new NotS3Exception("its listing goes round in circles");
        }
        return Optional.of(next);
    }
}
