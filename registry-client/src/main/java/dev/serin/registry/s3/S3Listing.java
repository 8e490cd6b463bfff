package dev.serin.registry.s3;

import dev.serin.registry.KeyOrder;
import dev.serin.registry.Registry.RegistryObject;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * One listing, page by page, of everything below a prefix or of the first level alone. What is not certainly the whole of it is a failure: whoever takes half a listing for the
 * whole believes that models are gone. Used by one thread.
 */
final class S3Listing {
    private static final int MAX_OBJECTS = 1_000_000;
    private static final String FOLDER_END = "/";

    private final S3Client client;
    private final S3Location location;
    private final String prefix;
    private final Optional<String> delimiter;
    private final SortedMap<String, RegistryObject> objects = new TreeMap<>(KeyOrder::compare);
    private final SortedSet<String> folders = new TreeSet<>(KeyOrder::compare);
    private final Set<String> tokens = new HashSet<>();

    private S3Listing(S3Client client, S3Location location, String prefix, Optional<String> delimiter) {
        this.client = client;
        this.location = location;
        this.prefix = location.root() + prefix;
        this.delimiter = delimiter;
    }

    /** {@return a listing of all objects whose keys begin with the prefix} */
    static S3Listing of(S3Client client, S3Location location, String prefix) {
        return new S3Listing(client, location, prefix, Optional.empty());
    }

    /** {@return a listing of the first segments of all keys, in which the store leaves out what comes behind them} */
    static S3Listing ofFirstLevel(S3Client client, S3Location location) {
        return new S3Listing(client, location, "", Optional.of(FOLDER_END));
    }

    /** {@return the same, once all pages are added that come from here on} */
    S3Listing addAll(Requests requests, Optional<String> token) {
        Optional<String> next = token;
        do {
            next = addPage(requests, next);
        } while (next.isPresent());
        return this;
    }

    /** {@return where the next page begins, once the one that begins here is added} */
    Optional<String> addPage(Requests requests, Optional<String> token) {
        String shown = prefix.substring(location.root().length());
        return requests.ask(delimiter.isPresent() ? "list the folders" : "list '" + shown + "'", () -> addPage(token));
    }

    private Optional<String> addPage(Optional<String> token) {
        ListObjectsV2Request.Builder request = ListObjectsV2Request.builder()
                .bucket(location.bucket())
                .prefix(prefix)
                .delimiter(delimiter.orElse(null))
                .encodingType(EncodingType.URL); // XML holds no control characters: one would hide all the others
        ListObjectsV2Response page = client.listObjectsV2(
                request.continuationToken(token.orElse(null)).build());
        check(page);
        page.contents().forEach(this::add);
        page.commonPrefixes().forEach(this::add);
        checkSize(objects.size() + folders.size());
        return nextToken(page);
    }

    /** {@return what the pages have shown} Of the first level, those that lie in no folder. */
    List<RegistryObject> objects() {
        return List.copyOf(objects.values());
    }

    /** {@return the first segments of the keys that the pages have shown, where there are more} */
    List<String> folders() {
        return List.copyOf(folders);
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
        if (!below) {
            return;
        }
        String key = object.key().substring(root.length());
        if (delimiter.isPresent() && key.contains(FOLDER_END)) { // of a store that knows no delimiter
            addFolder(key);
        } else if (!key.endsWith(FOLDER_END)) { // which is how consoles make folders
            objects.put(key, new RegistryObject(key, object.size(), Tags.of(object.eTag()), object.lastModified()));
        }
    }

    private void add(CommonPrefix folder) {
        if (folder.prefix() == null || !folder.prefix().endsWith(FOLDER_END)) {
            throw new NotS3Exception("its listing has folders without names");
        }
        if (folder.prefix().startsWith(prefix)) {
            addFolder(folder.prefix().substring(location.root().length()));
        }
    }

    private void addFolder(String key) {
        folders.add(key.substring(0, key.indexOf(FOLDER_END)));
    }

    /** Refuses more objects than a registry has. */
    static void checkSize(long count) {
        if (count > MAX_OBJECTS) {
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
